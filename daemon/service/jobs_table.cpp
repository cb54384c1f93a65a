#include "service/jobs_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <tuple>

#include "buildwatch/forecast/outlook.hpp"
#include "buildwatch/model/event.hpp"
#include "buildwatch/notify/format.hpp"
#include "service/progress_text.hpp"

namespace buildwatch::service {
namespace {

enum column : std::size_t { name, state, build, outcome, progress, ended, error, column_count };
using row = std::array<std::string, column_count>;
using widths = std::array<std::size_t, column_count>;

constexpr std::size_t least_name = 12;
constexpr std::size_t least_error = 20;
constexpr std::size_t gap = 2;

/// How much is said, from everything to the least.
enum class detail { all, age_alone, no_range, share_alone };
constexpr std::array<detail, 4> details{detail::all, detail::age_alone, detail::no_range, detail::share_alone};

bool lost(listed_job const& j) { return j.state == "unreachable" || j.state == "not_found"; }

bool failed(std::string_view outcome) { return outcome == "failure" || outcome == "unstable"; }

int rank_of(listed_job const& j) {
  if (lost(j) || failed(j.outcome) || (j.state == "queued" && failed(j.last_outcome))) return 0;
  return j.state == "running" ? 1 : 2;
}

/// No further than some years: the difference of any two stamps would not fit.
base::duration between(base::wall_time from, base::wall_time to) {
  constexpr std::chrono::hours most = std::chrono::hours(24 * 3650);
  return std::clamp<std::chrono::milliseconds>(to - from, -most, most);
}

/// "62 %, 7 min left (5 to 11 min)"; without a forecast "for 12 min 3 s".
std::string progress_of(listed_job const& j, base::wall_time now, detail how) {
  if (j.state != "running") return "-";
  if (!j.progress || !j.eta) {
    if (!j.started_at) return "-";
    return "for " + model::for_people(std::max(between(*j.started_at, now), base::duration::zero()));
  }
  std::string const share = fmt::format("{} %", per_cent(*j.progress));
  if (how == detail::share_alone) return share;
  forecast::estimate e{};
  e.left = e.left_low = e.left_high = between(now, *j.eta);
  if (e.left <= base::duration::zero()) return share + ", any moment";
  if (j.eta_between) {
    e.left_low = between(now, j.eta_between->first);
    e.left_high = between(now, j.eta_between->second);
  }
  return share + ", " + time_left(e, how != detail::no_range);
}

/// "2026-11-23 21:18:18+01:00 (3 min ago)"
std::string ended_of(listed_job const& j, base::wall_time now, detail how) {
  if (!j.finished_at) return "-";
  auto const age = std::max(between(*j.finished_at, now), base::duration::zero());
  std::string const ago = model::for_people(age) + " ago";
  return how == detail::all ? fmt::format("{} ({})", notify::local_time(*j.finished_at), ago) : ago;
}

std::string or_dash(std::string_view text) { return text.empty() ? "-" : notify::clean_line(text, 100); }

row row_of(listed_job const& j, base::wall_time now, detail how) {
  row r;
  r[name] = notify::clean_line(j.name, 100);
  r[state] = or_dash(j.state);
  r[build] = j.build == 0 ? "-" : fmt::format("#{}", j.build);
  r[outcome] = or_dash(j.outcome);
  r[progress] = progress_of(j, now, how);
  r[ended] = ended_of(j, now, how);
  r[error] = notify::clean_line(j.last_error);
  return r;
}

row heading() { return {"JOB", "STATE", "BUILD", "OUTCOME", "PROGRESS", "ENDED", "LAST ERROR"}; }

struct table {
  std::vector<row> rows;
  widths wide{};

  void add(row r) {
    for (std::size_t i = 0; i < column_count; ++i) wide[i] = std::max(wide[i], r[i].size());
    rows.push_back(std::move(r));
  }
  /// What it takes at least: the last column may be cut.
  [[nodiscard]] std::size_t columns() const {
    std::size_t all = 0;
    for (std::size_t i = 0; i < error; ++i) all += wide[i] + gap;
    return wide[error] == 0 ? all - gap : all + least_error;
  }
};

table made_of(std::vector<listed_job> const& jobs, base::wall_time now, detail how) {
  table t;
  row top = heading();
  if (std::ranges::all_of(jobs, [](listed_job const& j) { return j.last_error.empty(); })) top[error].clear();
  t.add(std::move(top));
  for (auto const& j : jobs) t.add(row_of(j, now, how));
  return t;
}

/// The first that fits, else the shortest, with short names.
table fitting(std::vector<listed_job> const& jobs, base::wall_time now, std::size_t columns) {
  table t;
  for (detail const how : details) {
    t = made_of(jobs, now, how);
    if (columns == 0 || t.columns() <= columns) return t;
  }
  std::size_t const over = t.columns() - columns;
  t.wide[name] = std::max(t.wide[name] - std::min(t.wide[name], over), std::min(t.wide[name], least_name));
  return t;
}

std::string shortened(std::string const& text, std::size_t columns) {
  return text.size() <= columns ? text : text.substr(0, columns - 2) + "..";
}

std::string_view colour_of(column c, std::string_view word) {
  if (c == outcome) {
    if (word == "failure") return "31";
    if (word == "success") return "32";
    if (word == "unstable") return "33";
  }
  if (c == state) {
    if (word == "unreachable" || word == "not_found") return "33";
    if (word == "running") return "36";
  }
  return {};
}

std::string line_of(row const& r, widths const& wide, table_style const& style) {
  std::string line;
  std::size_t used = 0;
  for (std::size_t i = 0; i < error; ++i) {
    std::string const text = i == name ? shortened(r[i], wide[i]) : r[i];
    auto const colour = colour_of(static_cast<column>(i), text);
    line += painted(text, colour, style.colour && !colour.empty()) + std::string(wide[i] - text.size() + gap, ' ');
    used += wide[i] + gap;
  }
  if (style.columns == 0) line += r[error];
  if (style.columns > used) line += cut(r[error], style.columns - used);
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

std::vector<std::string> jobs_table(std::vector<listed_job> jobs, base::wall_time now, table_style const& style) {
  std::ranges::sort(jobs, {}, [](listed_job const& j) { return std::tuple(rank_of(j), std::string_view(j.name)); });
  table const t = fitting(jobs, now, style.columns);
  std::vector<std::string> lines;
  lines.reserve(t.rows.size());
  for (row const& r : t.rows) lines.push_back(line_of(r, t.wide, style));
  return lines;
}

}  // namespace buildwatch::service
