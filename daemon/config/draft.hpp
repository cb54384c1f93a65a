// A configuration on its way: what the files say, each name still a name, with the places that later checks point at.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "buildwatch/config/config.hpp"
#include "config/complaints.hpp"
#include "config/node.hpp"

namespace buildwatch::config {

/// A place in one of the files; the file is an index into draft::files.
struct spot {
  std::uint32_t file = 0;
  mark at;
};

/// Shares equal values: few of a hundred thousand jobs differ in their labels or times.
template <class T>
class pool {
 public:
  std::shared_ptr<T const> share(T value) {
    auto const at = known_.find(value);
    if (at != known_.end()) return at->second;
    auto made = std::make_shared<T const>(value);
    known_.emplace(std::move(value), made);
    return made;
  }

 private:
  std::map<T, std::shared_ptr<T const>> known_;
};

/// `overdue_after`, as in watch::timing.
struct overdue_rule {
  bool automatic = true;
  base::duration after{};
  friend auto operator<=>(overdue_rule const&, overdue_rule const&) = default;
};

/// Times as one map gives them: `defaults`, or a job.
struct some_times {
  std::optional<base::duration> idle;
  std::optional<base::duration> building;
  std::optional<base::duration> unreachable_after;
  std::optional<bool> adaptive;
  std::optional<overdue_rule> overdue;
  std::optional<std::uint32_t> catch_up;
  friend auto operator<=>(some_times const&, some_times const&) = default;
};

/// Of a job whose `provider` could not be read: complained about already.
constexpr std::uint32_t unknown_provider = UINT32_MAX;

struct draft_job {
  watch::job_options job;   ///< without provider and times
  bool build_known = true;  ///< false: it could not be read
  std::shared_ptr<some_times const> times;
  std::uint32_t index = 0;          ///< in its file
  std::uint32_t provider_name = 0;  ///< index into draft::provider_names; 0: left out; or unknown_provider
  spot at;                          ///< the first of its keys
  mark name_at;
  mark provider_at;
  mark job_id_at;
};

struct draft_provider {
  codearts::provider_options provider;
  mark at;                      ///< its name, in the main file
  std::optional<mark> rate_at;  ///< its `rate_limit`, where it has one
};

struct draft_sink {
  sinks::sink_options sink;
  spot at;  ///< its name
  mark fallback_at;
  std::optional<notify::sink_index> fallback;  ///< found by its name
};

/// A name that a rule gives, and where.
struct mention {
  std::string text;
  mark at;
  std::uint32_t index = 0;  ///< in its list
};

struct draft_rule {
  notify::rule rule;  ///< without `to`
  std::uint32_t file = 0;
  std::uint32_t index = 0;  ///< in its file
  std::vector<mention> to;
  std::vector<mention> jobs;
};

struct draft {
  std::vector<std::unique_ptr<source const>> files;
  /// Something that may hold providers, jobs or sinks could not be read, so a name that is not known may be right.
  bool incomplete = false;

  log_options log;
  store::store_options store;
  std::optional<web::options> http;
  some_times defaults;
  std::vector<draft_provider> providers;
  std::vector<draft_job> jobs;
  std::vector<draft_sink> sinks;
  std::optional<std::vector<draft_rule>> rules;
  std::vector<mention> includes;
  mark providers_at{1, 1};  ///< the key, or where it would be missed
  mark jobs_at{1, 1};       ///< the same, in the main file
  bool any_job = false;     ///< also one that is wrong

  std::vector<std::string> provider_names{""};
  std::map<std::string, std::uint32_t, std::less<>> provider_numbers;
  pool<model::labels> labels;
  pool<model::outcome_words> outcomes;
  pool<some_times> times;
};

}  // namespace buildwatch::config
