// Settings of the sinks, one struct a kind.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "buildwatch/base/secret.hpp"
#include "buildwatch/base/time.hpp"
#include "buildwatch/net/options.hpp"
#include "buildwatch/notify/options.hpp"

namespace buildwatch::sinks {

/// `type: stdout`
struct stdout_options {
  enum class style { text, json };
  style format = style::text;
  friend bool operator==(stdout_options const&, stdout_options const&) = default;
};

/// `type: log`
struct log_options {
  friend bool operator==(log_options const&, log_options const&) = default;
};

/// `type: webhook`
struct webhook_options {
  net::url url;
  std::vector<base::secret> secrets;  ///< decoded keys, 24..64 bytes; each signs (Standard Webhooks); empty: unsigned
  std::vector<std::pair<std::string, base::secret>>
      headers;  ///< checked: legal names and values, none that buildwatch sends itself
  base::duration timeout = std::chrono::seconds(15);
  std::optional<net::url> proxy;
  net::tls_options tls;
  friend bool operator==(webhook_options const&, webhook_options const&) = default;
};

/// `type: exec`
struct exec_options {
  std::vector<std::string> command;  ///< absolute path of the program, then its arguments
  base::duration timeout = std::chrono::seconds(30);
  std::vector<std::pair<std::string, base::secret>> env;
  friend bool operator==(exec_options const&, exec_options const&) = default;
};

using sink_kind = std::variant<stdout_options, log_options, webhook_options, exec_options>;

/// One entry of `sinks`.
struct sink_options {
  notify::delivery_options delivery;
  sink_kind kind;
  friend bool operator==(sink_options const&, sink_options const&) = default;
};

}  // namespace buildwatch::sinks
