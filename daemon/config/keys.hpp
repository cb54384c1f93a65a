// Every key of the configuration, by the map it stands in: what is decoded, suggested and described by the schema.
#pragma once

#include <span>
#include <string_view>

namespace buildwatch::config {

struct key {
  std::string_view name;
  std::string_view only = {};  ///< the `type`s it belongs to, separated by a space; empty: all
};

using key_table = std::span<key const>;

[[nodiscard]] key_table top_keys();
[[nodiscard]] key_table retention_keys();
[[nodiscard]] key_table log_keys();
[[nodiscard]] key_table http_keys();
[[nodiscard]] key_table provider_keys();
[[nodiscard]] key_table auth_keys();
[[nodiscard]] key_table tls_keys();
[[nodiscard]] key_table defaults_keys();
[[nodiscard]] key_table poll_keys();
[[nodiscard]] key_table job_keys();
[[nodiscard]] key_table outcomes_keys();
[[nodiscard]] key_table sink_keys();
[[nodiscard]] key_table rule_keys();

/// Does the key belong to entries of this type? An unknown type (empty) has all keys.
[[nodiscard]] bool belongs(key const& k, std::string_view type);

}  // namespace buildwatch::config
