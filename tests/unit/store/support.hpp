// What tests of the store share: a folder that goes away, transitions, and values as text to compare.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "buildwatch/store/database.hpp"
#include "buildwatch/store/reader.hpp"
#include "unit/notify/events.hpp"

namespace buildwatch::store::testing {

using buildwatch::testing::at;
using buildwatch::testing::event_of_type;
using buildwatch::testing::finished_event;

class folder {
 public:
  folder() {
    std::string name = ::testing::TempDir() + "buildwatch-store-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~folder() { std::filesystem::remove_all(path_); }
  folder(folder const&) = delete;
  folder& operator=(folder const&) = delete;
  [[nodiscard]] std::string file(std::string const& name = "state.db") const { return path_ + "/" + name; }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (auto const& e : std::filesystem::directory_iterator(path_)) all.push_back(e.path().filename());
    std::ranges::sort(all);
    return all;
  }

 private:
  std::string path_;
};

inline store_options options(std::string path) {
  store_options o;
  o.path = std::move(path);
  return o;
}

inline std::unique_ptr<database> opened(std::string const& path) {
  auto file = database::open(options(path));
  if (!file) throw std::runtime_error(file.error().text);
  return std::move(*file);
}

inline std::string refusal(std::string const& path) {
  auto const file = database::open(options(path));
  return file ? "opened" : file.error().text;
}

inline std::string bytes_of(std::string const& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::string text(std::optional<base::wall_time> const& t) {
  return t ? std::to_string(t->time_since_epoch().count()) : "-";
}

inline std::string text(model::build const& b) {
  std::string all =
      fmt::format("#{} {} {} '{}' '{}' {} {} {} {} {}", b.number, b.building, b.outcome ? to_string(*b.outcome) : "-",
                  b.result, b.region, text(b.started_at), text(b.finished_at), b.times_exact, text(b.last_seen_running),
                  text(b.first_seen_finished));
  if (b.source) {
    all += fmt::format(" of '{}' '{}' '{}' '{}'", b.source->branch, b.source->commit, b.source->trigger, b.source->url);
  }
  return all + (b.first_seen_running ? " seen since " + text(b.first_seen_running) : "");
}

/// All that there is to an event.
inline std::string text(model::event const& e) {
  std::string all = fmt::format("{} {} {} {} {}", e.sequence, e.id, to_string(e.type), text(e.timestamp), e.provider);
  if (e.job) {
    all += fmt::format(" {} {} {}", e.job->name, e.job->provider, e.job->job_id);
    for (auto const& [key, value] : e.job->labels) all += fmt::format(" {}={}", key, value);
  }
  if (e.build) all += " " + text(*e.build);
  if (e.change) all += fmt::format(" {}", to_string(*e.change));
  if (e.previous) all += fmt::format(" after #{} {}", e.previous->number, to_string(e.previous->outcome));
  return all + (e.reason ? " because " + *e.reason : "");
}

inline std::string text(notify::owed const& o) {
  return fmt::format("{} {} added {} due {} took {} tries {} paused {} '{}' : {}", o.number, o.webhook_id,
                     text(o.added), text(o.due), o.in_tries.count(), o.tries, o.hit_by_pause, o.answer, text(*o.event));
}

/// A finished build of its own id.
inline model::event event_of(int number, std::string const& job = "firmware") {
  model::event e = *buildwatch::testing::event_numbered(number, job);
  e.build->number = static_cast<std::uint32_t>(number);
  e.timestamp = at(number);
  return e;
}

inline entry owed_to(model::event e, std::vector<std::string> const& sinks) {
  entry all;
  all.what.event = std::move(e);
  for (std::string const& s : sinks) all.owed.push_back({s, "rules[0]"});
  return all;
}

/// In a transaction of its own.
template <class Work>
auto committed(database& d, Work work) {
  d.begin();
  auto result = work();
  d.commit();
  return result;
}

inline stored added(database& d, entry const& e) {
  return committed(d, [&] { return d.add({e}); }).at(0);
}

/// The history of all jobs.
inline std::vector<kept_build> all_builds(std::string const& path) {
  auto opened = reader::open(path);
  auto const r = std::move(*opened);
  return r->builds_at(r->places());
}

inline std::vector<notify::owed> waiting(database& d, std::string const& sink) {
  return d.read(sink, notify::reading::by_number, std::nullopt, 10'000).rows;
}

}  // namespace buildwatch::store::testing
