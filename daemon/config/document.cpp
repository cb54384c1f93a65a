#include "config/document.hpp"

#include <algorithm>
#include <array>

#include "config/fields.hpp"
#include "config/sections.hpp"

namespace buildwatch::config {
namespace {

constexpr std::array<key, 3> included{{{"jobs"}, {"sinks"}, {"rules"}}};

bool knows(key_table table, std::string_view name) { return std::ranges::find(table, name, &key::name) != table.end(); }

}  // namespace

bool document::allowed(std::string const& key, mark key_at) {
  node const whole;
  cursor const top{in_, whole, path(), false};
  if (in_.file.main()) return check_key(top, key, key_at, top_keys());
  if (!knows(top_keys(), key) || knows(included, key)) return check_key(top, key, key_at, included);
  in_.out.error(in_.file, key_at, key, "belongs in the main file; included files hold jobs, sinks and rules only");
  return false;
}

void document::job(std::size_t index, node const& item) {
  path const top;
  path const list(top, "jobs");
  into_.any_job = true;
  read_job({in_, item, path(list, index), false}, index, into_);
}

void document::entry(std::string const& key, mark key_at, node const& value) {
  if (!allowed(key, key_at)) return;
  path const top;
  cursor const c{in_, value, path(top, key), false};
  if (key == "version") {
    versioned_ = true;
    read_version(c);
  } else if (key == "include") {
    read_includes(c, into_);
  } else if (key == "store") {
    placed_ = true;
    read_store(c, into_);
  } else if (key == "retention") {
    read_retention(c, into_);
  } else if (key == "log") {
    read_log(c, into_);
  } else if (key == "http") {
    read_http(c, into_);
  } else if (key == "providers") {
    into_.providers_at = key_at;
    read_providers(c, into_);
  } else if (key == "defaults") {
    read_defaults(c, into_);
  } else if (key == "jobs") {
    if (in_.file.main()) into_.jobs_at = key_at;
    if (!is_list(c, "a list of jobs")) into_.any_job = true;  // the complaint stands for whatever was meant
  } else if (key == "sinks") {
    read_sinks(c, into_);
  } else if (key == "rules") {
    read_rules(c, into_);
  }
}

void document::end() {
  if (!in_.file.main()) return;
  if (!versioned_) in_.out.error(in_.file, {1, 1}, "version", "is missing; write `version: 1`");
  if (!placed_) place_store(in_, into_);
}

}  // namespace buildwatch::config
