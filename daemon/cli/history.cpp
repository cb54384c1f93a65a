// `buildwatchd history`: past builds, or events and what became of each with each sink.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <deque>
#include <limits>

#include "buildwatch/base/print.hpp"
#include "buildwatch/service/records.hpp"
#include "cli/commands.hpp"

namespace buildwatch::cli {
namespace {

constexpr std::size_t page_size = 200;
constexpr std::size_t builds_for_people = 100;

using subject = std::optional<store::reader::job>;

/// Newest first.
void print_builds(store::reader& reader, subject const& of, history_options const& options) {
  // A script wants all of them, or says how many.
  std::size_t const unlimited = std::numeric_limits<std::size_t>::max();
  std::size_t left = options.limit > 0 ? options.limit : options.json ? unlimited : builds_for_people;
  std::optional<std::uint64_t> before = 0;
  while (left > 0 && before && std::ferror(stdout) == 0) {
    auto const page = reader.builds(of, *before, std::min(left, page_size));
    for (auto const& b : page.rows) {
      base::print_line(stdout, options.json ? service::as_json(b) : service::for_people(b));
    }
    left -= page.rows.size();
    before = page.next;
  }
  bool const cut_unasked = left == 0 && options.limit == 0 && before;
  if (cut_unasked && !reader.builds(of, *before, 1).rows.empty()) {
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
  each_event(reader, of, after, [&](store::kept_event const& e) {
    base::print_line(stdout, options.json ? service::as_json(e) : service::for_people(e));
  });
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
