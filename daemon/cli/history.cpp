// `buildwatchd history`: past builds, or events and what became of each with each sink.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <deque>
#include <limits>
#include <span>

#include "buildwatch/base/print.hpp"
#include "buildwatch/service/records.hpp"
#include "cli/commands.hpp"

namespace buildwatch::cli {
namespace {

constexpr std::size_t page_size = 200;
constexpr std::size_t builds_for_people = 100;

using subject = std::optional<store::reader::job>;

/// A build or an event.
void print(auto const& what, bool json) {
  json ? base::print_line(stdout, service::as_json(what)) : tell(service::for_people(what));
}

/// By number, the highest first, `most` of them; -> whether there are more.
bool print_builds_of(store::reader& reader, store::reader::job const& of, std::size_t most, bool json) {
  std::optional<std::uint64_t> before = 0;
  while (most > 0 && before && std::ferror(stdout) == 0) {
    auto const page = reader.builds(of, *before, std::min(most, page_size));
    for (auto const& b : page.rows) print(b, json);
    most -= page.rows.size();
    before = page.next;
  }
  return most == 0 && before;
}

/// The last to end first, `most` of them; -> whether there are more.
bool print_all_builds(store::reader& reader, std::size_t most, bool json) {
  auto const places = reader.places();
  std::span<store::reader::place const> left(places.data(), std::min(most, places.size()));
  while (!left.empty() && std::ferror(stdout) == 0) {
    auto const page = left.first(std::min(left.size(), page_size));
    for (auto const& b : reader.builds_at(page)) print(b, json);
    left = left.subspan(page.size());
  }
  return places.size() > most;
}

void print_builds(store::reader& reader, subject const& of, history_options const& options) {
  // A script wants all of them, or says how many.
  std::size_t const unlimited = std::numeric_limits<std::size_t>::max();
  std::size_t const most = options.limit > 0 ? options.limit : options.json ? unlimited : builds_for_people;
  bool const more =
      of ? print_builds_of(reader, *of, most, options.json) : print_all_builds(reader, most, options.json);
  if (more && options.limit == 0) {
    base::print_line(stderr, fmt::format("the newest {}; --limit N shows more", builds_for_people));
  }
}

/// Each event after `after`, in order, until there are no more or nobody reads them.
template <class Use>
void each_event(store::reader& reader, subject const& of, std::uint64_t after, Use use) {
  while (std::ferror(stdout) == 0) {
    auto const page = reader.events(of, after, page_size);
    if (page.empty()) return;
    for (auto const& e : page) use(e);
    after = page.back().event.sequence;
  }
}

/// The sequence after which the newest `count` come.
std::uint64_t before_newest(store::reader& reader, subject const& of, std::size_t count) {
  std::deque<std::uint64_t> newest;
  each_event(reader, of, 0, [&](store::kept_event const& e) {
    newest.push_back(e.event.sequence);
    if (newest.size() > count + 1) newest.pop_front();
  });
  return newest.size() > count ? newest.front() : 0;
}

/// In order.
void print_events(store::reader& reader, subject const& of, history_options const& options) {
  std::uint64_t const after = options.limit > 0 ? before_newest(reader, of, options.limit) : 0;
  each_event(reader, of, after, [&](store::kept_event const& e) { print(e, options.json); });
}

}  // namespace

int history(common_options const& common, history_options const& options) {
  auto const what = load_quietly(common, secrets::unread);
  if (!what) return wrong_configuration;
  subject of;
  if (!options.job.empty()) {
    auto const job = find_job(*what, options.job, common, "history");
    if (!job) return wrong_usage;
    auto const& named = what->watch.jobs[*job];
    of = store::reader::job{what->watch.providers[named.provider].name, named.job_id.str()};
  }
  auto const found = look_into(*what, "history");
  if (!found.reader) return found.exit;
  if (options.events) {
    print_events(*found.reader, of, options);
  } else {
    print_builds(*found.reader, of, options);
  }
  return done;
}

}  // namespace buildwatch::cli
