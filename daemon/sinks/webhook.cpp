// `type: webhook`: events by HTTP POST, signed as Standard Webhooks says.
#include <fmt/format.h>

#include "buildwatch/notify/format.hpp"
#include "buildwatch/sinks/sinks.hpp"
#include "sinks/answers.hpp"

namespace buildwatch::sinks {
namespace {

// The header lines that are the same in every request.
base::secret fixed_headers(std::string_view version, webhook_options const& options) {
  std::string lines = fmt::format("content-type: application/json\r\nuser-agent: buildwatchd/{}\r\n", version);
  for (auto const& [name, value] : options.headers)
    lines.append(name).append(": ").append(value.reveal()).append("\r\n");
  return base::secret(std::move(lines));
}

class webhook_sink final : public notify::sink {
 public:
  webhook_sink(parts const& shared, webhook_options const& options, std::unique_ptr<net::client> client)
      : clock_(shared.net.clock),
        target_(options.url.target),
        fixed_(fixed_headers(shared.version, options)),
        keys_(options.secrets),
        timeout_(options.timeout),
        client_(std::move(client)) {}

  boost::asio::awaitable<notify::attempt> deliver(notify::delivery const& what) override {
    std::string const body = notify::standard_json(what.event);
    base::secret const headers = headers_for(what, body);
    net::request request;
    request.method = net::method::post;
    request.target = target_.reveal();
    request.headers = headers.reveal();
    request.body = body;
    request.deadline = what.now.mono + timeout_;
    net::response answer;
    auto const failure = co_await client_->send(request, answer);
    notify::attempt result = failure ? judge(*failure) : judge(answer, clock_.now().wall);
    co_return result;
  }

  void stop() override { client_->close(); }

 private:
  [[nodiscard]] base::secret headers_for(notify::delivery const& what, std::string const& body) const {
    auto const seconds = std::chrono::floor<std::chrono::seconds>(what.now.wall).time_since_epoch().count();
    std::string const timestamp = fmt::to_string(seconds);
    std::string lines(fixed_.reveal());
    lines += fmt::format("webhook-id: {}\r\nwebhook-timestamp: {}\r\n", what.webhook_id, timestamp);
    if (!keys_.empty()) {
      lines += fmt::format("webhook-signature: {}\r\n", webhook_signature(keys_, what.webhook_id, timestamp, body));
    }
    return base::secret(std::move(lines));
  }

  base::clock const& clock_;
  base::secret target_;  // path and query: where chat services keep their secret
  base::secret fixed_;   // header lines, those of the configuration among them
  std::vector<base::secret> keys_;
  base::duration timeout_;
  std::unique_ptr<net::client> client_;
};

}  // namespace

std::unique_ptr<notify::sink> make_webhook_sink(parts const& shared, webhook_options const& options,
                                                std::unique_ptr<net::client> client) {
  return std::make_unique<webhook_sink>(shared, options, std::move(client));
}

base::result<std::unique_ptr<notify::sink>> make_webhook_sink(parts const& shared, webhook_options const& options,
                                                              unsigned concurrency) {
  net::client_options how;
  how.origin = options.url;
  how.tls = options.tls;
  how.proxy = options.proxy;
  how.connections = concurrency;
  auto client = net::make_client(shared.net, std::move(how));
  if (!client) return client.error();
  return make_webhook_sink(shared, options, std::move(*client));
}

}  // namespace buildwatch::sinks
