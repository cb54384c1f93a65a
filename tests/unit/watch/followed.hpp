// A job that builds over and over, around an engine that follows it: what the provider would answer to each call.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "unit/watch/harness.hpp"

namespace buildwatch::watch::testing {

/// A build by the time since the start of the world; it may have begun long before.
struct scripted {
  base::duration begins{};
  base::duration ends{};
  std::string word = "SUCCESS";
  base::duration queued{};  ///< so long before it begins it stands in the queue
  bool expired = false;     ///< build-info knows it no more
};

class followed_world : public world {
 public:
  explicit followed_world(options what) : world(std::move(what)) {
    answer_all = [this](ask const& a) { return seen_by(a.query); };
  }
  explicit followed_world(timing times = {60s, 15s, 5min}) : followed_world(one(times)) {}

  static options one(timing times = {60s, 15s, 5min}) {
    options o = jobs(1, times);
    o.jobs[0].build = 0;
    return o;
  }

  std::map<std::uint32_t, scripted> builds;
  std::set<asks> refused;
  std::set<asks> failing;
  base::duration lag{};  ///< running-status tells of a build so long after the list does
  bool deleted = false;
  bool records_fail = false;
  bool lists_fail = false;
  base::duration record_off{};  ///< the provider's records are wrong by so much

  /// "started 3", "finished 4", in the order in which they were stored.
  [[nodiscard]] std::vector<std::string> tale() const {
    std::vector<std::string> all;
    for (auto const& e : events) {
      std::string const type(to_string(e.type));
      all.push_back(type.substr(type.find('.') + 1) + (e.build ? " " + std::to_string(e.build->number) : ""));
    }
    return all;
  }
  [[nodiscard]] std::size_t asked(asks what) const {
    return static_cast<std::size_t>(std::ranges::count(requests, what, &request::what) +
                                    std::ranges::count(extras, what, &request::what));
  }
  [[nodiscard]] std::vector<std::uint32_t> old_numbers() const {
    std::vector<std::uint32_t> all;
    for (auto const& b : history) all.push_back(b.build.number);
    std::ranges::sort(all);
    return all;
  }

 private:
  observation seen_by(query const& q) const {
    if (deleted) return seen_as(q.what == asks::build ? sight::no_such_build : sight::no_such_job);
    if (refused.contains(q.what)) return seen_as(sight::refused_call);
    if (failing.contains(q.what)) return failed();
    switch (q.what) {
      case asks::build: return info(q.build);
      case asks::newest: return newest();
      case asks::list: return lists_fail ? failed() : list(q.page);
      case asks::record: return record_of(q.build);
    }
    return failed();
  }

  [[nodiscard]] bool there(scripted const& b) const { return now() >= b.begins - b.queued; }

  observation info(std::uint32_t number) const {
    auto const at = builds.find(number);
    if (at == builds.end() || !there(at->second) || at->second.expired) return absent();
    if (now() < at->second.begins) return undecided();
    return now() < at->second.ends ? running() : finished(at->second.word);
  }

  observation newest() const {
    observation o = exists();
    for (auto const& [number, b] : builds) {
      if (now() - lag >= b.begins - b.queued) o.number = number;
    }
    return o;
  }

  model::build_record record(std::uint32_t number, scripted const& b) const {
    model::build_record r;
    r.number = number;
    r.running = now() < b.ends;
    r.started_at = wall_at(b.begins + record_off);
    if (!r.running) r.lasted = b.ends - b.begins;
    if (!r.running) r.word = b.word;
    r.source = {"main", "c" + std::to_string(number), "MANUAL", {}};
    return r;
  }

  observation list(std::uint32_t page) const {
    observation o = newest();
    std::size_t skip = page * 100;
    for (auto b = builds.rbegin(); b != builds.rend(); ++b) {
      if (!there(b->second) || (skip > 0 && skip-- > 0)) continue;
      o.records.push_back(record(b->first, b->second));
      if (o.records.size() == 100) break;
    }
    return o;
  }

  observation record_of(std::uint32_t number) const {
    if (records_fail) return failed();
    auto const at = builds.find(number);
    if (at == builds.end()) return absent();
    observation o = seen_as(sight::record);
    o.records.push_back(record(number, at->second));
    return o;
  }
};

}  // namespace buildwatch::watch::testing
