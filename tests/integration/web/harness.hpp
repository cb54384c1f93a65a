// The server on a thread with its ports faked, and clients that speak through plain sockets.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "buildwatch/web/server.hpp"
#include "unit/web/views.hpp"

namespace buildwatch::web::testing {

using namespace std::chrono_literals;

/// Real time, and a push ahead for what would take long to see otherwise. Loop thread only.
struct pushed_clock final : base::clock {
  [[nodiscard]] base::instant now() const override {
    auto const wall = std::chrono::system_clock::now();
    return {base::time_point(std::chrono::steady_clock::now().time_since_epoch() + ahead),
            std::chrono::floor<std::chrono::milliseconds>(wall)};
  }
  base::duration ahead{0};
};

struct fake_records final : records {
  boost::asio::awaitable<base::result<std::vector<model::build>>> builds(std::string, std::string,
                                                                         std::size_t limit) override {
    if (broken) co_return base::error{"the store cannot be read"};
    std::vector<model::build> made;
    for (std::uint32_t n = 50; n > 0 && made.size() < limit; --n)
      made.push_back(finished_build(n, model::outcome::success));
    co_return made;
  }
  boost::asio::awaitable<base::result<event_page>> events(std::uint64_t after, std::size_t limit) override {
    ++asked;
    if (broken) co_return base::error{"the store cannot be read"};
    event_page page;
    page.oldest = oldest;
    page.newest = newest;
    for (auto s = std::max(after + 1, oldest); after < newest && s <= newest && page.events.size() < limit; ++s) {
      page.events.push_back(event_of(s));
    }
    co_return page;
  }
  std::uint64_t oldest = 1, newest = 0;
  unsigned asked = 0;
  bool broken = false;
};

struct fake_condition final : condition {
  boost::asio::awaitable<base::result<std::vector<sink_view>>> sinks() override {
    std::vector<sink_view> one(1);
    co_return one;
  }
  boost::asio::awaitable<web::health> health() override {
    if (broken) throw std::runtime_error("a bug");
    co_return now;
  }
  boost::asio::awaitable<metric_values> metrics(std::size_t most_jobs) override {
    if (values) co_return *values;
    metric_values v;
    v.version = "1.2.3";
    v.each_job.resize(std::min<std::size_t>(most_jobs, 3000));
    co_return v;
  }
  web::health now;
  std::optional<metric_values> values;  ///< told instead of thousands of jobs that say nothing
  bool broken = false;
};

struct fake_log final : base::log {
  [[nodiscard]] bool wants(base::log_level) const override { return true; }
  void write(base::log_event const& e) override { ids.emplace_back(e.id); }
  std::vector<std::string> ids;
};

class harness final : base::waker {
 public:
  explicit harness(options what = {}, int jobs = 3);
  ~harness() override;

  /// Runs `work` on the loop's thread and waits for it.
  void on_loop(std::function<void()> work);
  /// Lets time go by, all at once.
  void push(base::duration by);
  void commit(std::uint64_t events = 1);
  /// Waits until `holds` on the loop's thread; false after 10 s.
  bool until(std::function<bool()> holds);
  server_metrics statistics();
  /// Ends the server in order; true: `done` was called.
  bool stop();

  boost::asio::io_context loop{1};
  pushed_clock clock;
  base::alarms alarms{*this};
  fake_log log;
  fake_jobs jobs;
  fake_records records;
  fake_condition condition;
  std::unique_ptr<server> made;
  std::uint16_t port = 0;

 private:
  void wake_at(base::time_point when) override;

  boost::asio::steady_timer timer_{loop};
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
  std::thread thread_;
  bool stopped_ = false;
};

/// One answer as a client read it.
struct reply {
  unsigned status = 0;
  std::string head;
  std::string body;
  [[nodiscard]] std::string header(std::string_view name) const;
};

/// A blocking socket; reads give up after 10 s.
class client {
 public:
  explicit client(std::uint16_t port, int receive_buffer = 0);
  ~client();
  client(client const&) = delete;
  client& operator=(client const&) = delete;

  bool send(std::string_view bytes);
  /// No more comes from here.
  void half_close();
  /// Reads one answer; `head_only`: to HEAD. Status 0: the other side ended first.
  reply read(bool head_only = false);
  /// Reads until `text` has come; false: the other side ended first.
  bool read_until(std::string_view text);
  /// Reads until the other side ends; false: it did not within 10 s, or it reset the connection.
  bool read_to_end();
  /// All that has come and was not taken by read().
  std::string seen;

 private:
  bool more();
  int fd_ = -1;
  bool failed_ = false;
};

inline std::string get(std::string const& path, std::string const& more = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
}

}  // namespace buildwatch::web::testing
