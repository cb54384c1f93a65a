#include "web/router.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "web/page.hpp"

namespace buildwatch::web {
namespace {

// A dozen paths: a linear search is as quick as any.
constexpr std::array<std::pair<std::string_view, place>, 8> fixed{{
    {"/healthz", place::healthz},
    {"/readyz", place::readyz},
    {"/metrics", place::metrics},
    {"/api/v1/jobs", place::jobs},
    {"/api/v1/events", place::events},
    {"/api/v1/events/stream", place::stream},
    {"/api/v1/sinks", place::sinks},
    {"/cc.xml", place::cctray},
}};

bool letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// A job's name as configurations may give it (contract, section 2).
bool names_a_job(std::string_view name) {
  auto const fits = [](char c) { return letter_or_digit(c) || c == '.' || c == '_' || c == '-'; };
  return !name.empty() && name.size() <= 100 && letter_or_digit(name.front()) && std::ranges::all_of(name, fits);
}

/// A job's name between two texts.
struct pattern {
  std::string_view before, after;
  place where;
};
constexpr std::array<pattern, 3> patterns{{
    {"/api/v1/jobs/", "", place::job},
    {"/api/v1/jobs/", "/builds", place::builds},
    {"/badge/", ".svg", place::badge},
}};

route of_job(std::string_view path, pattern const& p) {
  if (!path.starts_with(p.before)) return {};
  path.remove_prefix(p.before.size());
  if (!path.ends_with(p.after)) return {};
  path.remove_suffix(p.after.size());
  if (!names_a_job(path)) return {};
  return {p.where, std::string(path)};
}

}  // namespace

route route_of(std::string_view path) {
  auto const* const found = std::ranges::find(fixed, path, &std::pair<std::string_view, place>::first);
  if (found != fixed.end()) return {found->second, {}};
  if (page_file_at(path) != nullptr) return {place::page, {}};
  for (pattern const& p : patterns) {
    route of = of_job(path, p);
    if (of.where != place::nowhere) return of;
  }
  return {};
}

bool open_to_all(place where) { return where == place::healthz || where == place::readyz; }

}  // namespace buildwatch::web
