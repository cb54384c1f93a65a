// Every kind of sink, and the one place that makes them. To add one: a struct in options.hpp, a file daemon/sinks/KIND.cpp, a line in make_sink.
#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "buildwatch/base/log.hpp"
#include "buildwatch/base/result.hpp"
#include "buildwatch/net/client.hpp"
#include "buildwatch/notify/ports.hpp"
#include "buildwatch/sinks/options.hpp"

namespace buildwatch::sinks {

/// What sinks are made from; outlives them.
struct parts {
  net::context const& net;
  base::log& log;
  int stdout_fd = 1;               ///< where `stdout` writes; non-blocking writes, bounded
  std::string version;             ///< for user-agent: buildwatchd/VERSION
};

/// Fails where a certificate can not be loaded.
[[nodiscard]] base::result<std::unique_ptr<notify::sink>> make_sink(parts const& shared, sink_options const& options);

// One factory a kind; each is `final` in its own file.
[[nodiscard]] std::unique_ptr<notify::sink> make_stdout_sink(parts const& shared, stdout_options const& options);
[[nodiscard]] std::unique_ptr<notify::sink> make_log_sink(parts const& shared, log_options const& options, std::string const& name);
[[nodiscard]] base::result<std::unique_ptr<notify::sink>> make_webhook_sink(parts const& shared, webhook_options const& options, unsigned concurrency);
[[nodiscard]] std::unique_ptr<notify::sink> make_exec_sink(parts const& shared, exec_options const& options, std::string const& name);

/// `webhook-signature` (Standard Webhooks): "v1,<base64 HMAC-SHA256 of id.timestamp.body>" for each key, separated by a space.
[[nodiscard]] std::string webhook_signature(std::vector<base::secret> const& keys, std::string_view id, std::string_view timestamp, std::string_view body);

/// Decodes "whsec_<base64 of 24 to 64 bytes>"; the error never quotes it.
[[nodiscard]] base::result<base::secret> decode_webhook_secret(std::string_view text);

}  // namespace buildwatch::sinks
