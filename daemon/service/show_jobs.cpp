// `status`: what a running daemon says of its jobs.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstdio>
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "buildwatch/base/print.hpp"
#include "buildwatch/base/version.hpp"
#include "buildwatch/notify/format.hpp"
#include "buildwatch/service/commands.hpp"
#include "service/jobs_page.hpp"
#include "service/jobs_table.hpp"
#include "service/task.hpp"
#include "service/terminal.hpp"

namespace buildwatch::service {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;

constexpr auto patience = 10s;  // with a page
constexpr std::size_t page_size = 500;
constexpr std::size_t most_jobs = 1'000'000;  // of a table: it is sorted as a whole

/// Every address is asked at the one of this machine.
net::url origin_of(web::listen_address const& listen) {
  net::url origin;
  origin.tls = false;
  origin.host = listen.host;
  origin.port = listen.port;
  boost::system::error_code fault;
  auto const address = boost::asio::ip::make_address(listen.host, fault);
  if (!fault && address.is_unspecified()) origin.host = address.is_v6() ? "::1" : "127.0.0.1";
  return origin;
}

std::string headers_of(web::options const& http) {
  std::string all = fmt::format("User-Agent: buildwatchd/{}\r\n", base::version());
  if (!http.token.empty()) all += fmt::format("Authorization: Bearer {}\r\n", http.token.reveal());
  return all;
}

std::string why(net::failure const& f) {
  switch (f.code) {
    case net::errc::no_connection: return f.text + "; is the daemon running, and does it listen there?";
    case net::errc::timed_out: return f.text + "; the daemon's log may say why";
    case net::errc::too_large: return f.text + "; is that buildwatchd?";
    case net::errc::broken: return f.text + "; is that buildwatchd?";
    case net::errc::stopped: break;
  }
  return f.text;
}

std::string why(net::response const& answer, bool with_token) {
  constexpr std::size_t longest = 200;
  if (answer.status == 401) {
    return with_token
               ? "401: the token is refused: the daemon runs with another `http.token` than this configuration has"
               : "401: the daemon asks for a token, and this configuration has no `http.token`";
  }
  std::string const message = notify::clean_line(error_message(answer.body), longest);
  if (message.empty()) return fmt::format("{} is no answer of buildwatchd; what listens there?", answer.status);
  return fmt::format("{}: {}", answer.status, message);
}

struct asking {
  service::house& house;
  net::client& client;
  std::string headers;
  bool with_token = false;
  std::function<bool(jobs_page)> use;  ///< false: that is enough
  std::string trouble;                 ///< empty: all went well
};

/// Page by page. Pages that hold more than one answer can are halved.
awaitable<void> ask_all(asking& a) {
  net::response answer;
  std::string after;
  for (std::size_t limit = page_size;;) {
    std::string const target = fmt::format("/api/v1/jobs?limit={}{}{}", limit, after.empty() ? "" : "&after=", after);
    net::request what;
    what.target = target;
    what.headers = a.headers;
    what.deadline = a.house.clock.now().mono + patience;
    auto const failed = co_await a.client.send(what, answer);
    if (failed && failed->code == net::errc::too_large && limit > 1) {
      limit /= 2;
      continue;
    }
    if (failed) a.trouble = why(*failed);
    if (!failed && answer.status != 200) a.trouble = why(answer, a.with_token);
    if (!a.trouble.empty()) co_return;
    auto page = read_jobs_page(answer.body, after);
    if (!page) a.trouble = page.error().text + "; is that buildwatchd?";
    if (!page) co_return;
    bool const last = !page->next.has_value();
    after = page->next.value_or("");
    if (!a.use(std::move(*page)) || last) co_return;
  }
}

awaitable<void> ask_then_close(asking& a) {
  co_await ask_all(a);
  a.client.close();
}

/// What went wrong; empty: nothing did.
std::string ask(web::options const& http, std::function<bool(jobs_page)> use) {
  service::house house;
  net::client_options options;
  options.origin = origin_of(http.listen);
  std::string const where = options.origin.shown();
  auto client = net::make_client(house.net, std::move(options));
  if (!client) return client.error().text;
  asking a{house, **client, headers_of(http), !http.token.empty(), std::move(use), {}};
  run_to_end(house, ask_then_close(a));
  return a.trouble.empty() ? a.trouble : where + ": " + a.trouble;
}

bool print_objects(jobs_page const& page) {
  for (std::string const& text : page.texts) base::print_line(stdout, text);
  return std::fflush(stdout) == 0;
}

void print_table(std::vector<listed_job> jobs) {
  if (jobs.empty()) return base::print_line(stderr, "the daemon watches no jobs");
  display const out = look_at(STDOUT_FILENO);
  for (auto const& line : jobs_table(std::move(jobs), system_clock().now().wall, {out.columns, out.colour})) {
    base::print_line(stdout, line);
  }
}

}  // namespace

bool show_jobs(web::options const& http, bool json) {
  std::string trouble;
  std::vector<listed_job> jobs;
  if (http.listen.port == 0) {
    trouble = "`http.listen` has port 0, which is any: nobody knows which one the daemon has; name a port";
  } else if (json) {
    trouble = ask(http, print_objects);
  } else {
    trouble = ask(http, [&](jobs_page page) {
      std::ranges::move(page.jobs, std::back_inserter(jobs));
      return jobs.size() <= most_jobs;
    });
    if (jobs.size() > most_jobs) trouble = fmt::format("there are more than {} jobs; --json lists them", most_jobs);
  }
  if (!trouble.empty()) {
    base::print_line(stderr, "buildwatchd status: " + trouble);
    return false;
  }
  if (!json) print_table(std::move(jobs));
  return true;
}

}  // namespace buildwatch::service
