#include "config/keys.hpp"

#include <array>

namespace buildwatch::config {
namespace {

constexpr std::array<key, 11> top{{{"version"},
                                   {"include"},
                                   {"store"},
                                   {"retention"},
                                   {"log"},
                                   {"http"},
                                   {"providers"},
                                   {"defaults"},
                                   {"jobs"},
                                   {"sinks"},
                                   {"rules"}}};
constexpr std::array<key, 2> retention{{{"builds"}, {"events"}}};
constexpr std::array<key, 2> log{{{"level"}, {"format"}}};
constexpr std::array<key, 5> http{{{"listen"}, {"token"}, {"hosts"}, {"connections"}, {"job_series"}}};
constexpr std::array<key, 10> provider{{{"type"},
                                        {"region"},
                                        {"endpoint"},
                                        {"iam_project_id"},
                                        {"auth"},
                                        {"timeout"},
                                        {"connections"},
                                        {"rate_limit"},
                                        {"proxy"},
                                        {"tls"}}};
constexpr std::array<key, 10> auth{{{"type"},
                                    {"access_key", "aksk"},
                                    {"secret_key", "aksk"},
                                    {"security_token", "aksk"},
                                    {"token", "token"},
                                    {"domain", "iam"},
                                    {"user", "iam"},
                                    {"password", "iam"},
                                    {"project", "iam"},
                                    {"endpoint", "iam ecs"}}};
constexpr std::array<key, 3> tls{{{"ca_file"}, {"cert_file"}, {"key_file"}}};
constexpr std::array<key, 3> poll{{{"idle"}, {"building"}, {"mode"}}};
constexpr std::array<key, 4> defaults{{{"poll"}, {"overdue_after"}, {"unreachable_after"}, {"catch_up"}}};
constexpr std::array<key, 10> job{{{"name"},
                                   {"provider"},
                                   {"job_id"},
                                   {"build"},
                                   {"labels"},
                                   {"outcomes"},
                                   {"poll"},
                                   {"overdue_after"},
                                   {"unreachable_after"},
                                   {"catch_up"}}};
constexpr std::array<key, 5> outcomes{{{"success"}, {"failure"}, {"unstable"}, {"aborted"}, {"unknown"}}};
constexpr std::array<key, 14> sink{{{"type"},
                                    {"format", "stdout webhook"},
                                    {"url", "webhook"},
                                    {"secret", "webhook"},
                                    {"headers", "webhook"},
                                    {"command", "exec"},
                                    {"env", "exec"},
                                    {"timeout", "webhook exec"},
                                    {"retry", "webhook exec"},
                                    {"concurrency", "webhook exec"},
                                    {"tls", "webhook"},
                                    {"proxy", "webhook"},
                                    {"fallback", "stdout webhook exec"},
                                    {"fallback_after", "stdout webhook exec"}}};
constexpr std::array<key, 4> rule{{{"events"}, {"jobs"}, {"labels"}, {"to"}}};

}  // namespace

key_table top_keys() { return top; }
key_table retention_keys() { return retention; }
key_table log_keys() { return log; }
key_table http_keys() { return http; }
key_table provider_keys() { return provider; }
key_table auth_keys() { return auth; }
key_table tls_keys() { return tls; }
key_table defaults_keys() { return defaults; }
key_table poll_keys() { return poll; }
key_table job_keys() { return job; }
key_table outcomes_keys() { return outcomes; }
key_table sink_keys() { return sink; }
key_table rule_keys() { return rule; }

bool belongs(key const& k, std::string_view type) {
  if (k.only.empty() || type.empty()) return true;
  for (std::string_view rest = k.only; !rest.empty();) {
    auto const space = rest.find(' ');
    if (rest.substr(0, space) == type) return true;
    rest.remove_prefix(space == std::string_view::npos ? rest.size() : space + 1);
  }
  return false;
}

}  // namespace buildwatch::config
