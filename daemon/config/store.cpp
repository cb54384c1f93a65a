// Keys `store` and `retention`.
#include <algorithm>

#include "config/decode.hpp"
#include "config/fields.hpp"
#include "config/sections.hpp"

namespace buildwatch::config {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view scheme = "sqlite:";
constexpr std::string_view expected_store = "`sqlite:PATH`, such as sqlite:/var/lib/buildwatch/state.db";

/// "postgresql:…" and the like (RFC 3986 section 3.1).
bool has_scheme(std::string_view text) {
  auto const letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  auto const fits = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'; };
  auto const colon = text.find(':');
  return colon != std::string_view::npos && letter(text.front()) && std::ranges::all_of(text.substr(0, colon), fits);
}

/// Why the file of a store cannot be there; empty: it can.
std::string why_no_file(std::string_view path) {
  if (path.empty()) return "a path is missing after `sqlite:`";
  if (path == ":memory:") return "a store in memory would keep nothing; expected the path of a file";
  if (path.ends_with('/')) return "expected the path of a file, not of a folder";
  return {};
}

std::string set_to(environment const& world, std::string const& name) { return world.variable(name).value_or(""); }

/// Where state goes when nobody says: systemd's StateDirectory=, else what the XDG Base Directory Specification names,
/// which wants relative paths to be ignored. Empty: nowhere.
std::string state_folder(context const& in) {
  std::string const given = set_to(in.world, "STATE_DIRECTORY");
  std::string const first = given.substr(0, given.find(':'));
  if (!first.empty()) return in.disk->absolute(first);
  std::string const state = set_to(in.world, "XDG_STATE_HOME");
  if (state.starts_with('/')) return joined(state, "buildwatch");
  std::string const home = in.world.variable("HOME").value_or(in.world.home);
  if (home.starts_with('/')) return joined(home, ".local/state/buildwatch");
  return {};
}

duration_range const& retention_range() {
  static constexpr duration_range range{1s, 3650 * 24h, "from 1s to 3650d"};
  return range;
}

}  // namespace

void read_store(cursor const& c, draft& into) {
  // Never quoted: the address of another database may hold its password.
  auto const text = read_text(c, expected_store);
  if (!text) return;
  if (!text->starts_with(scheme)) {
    return c.error(has_scheme(*text) ? "only `sqlite:` is supported yet" : "expected " + std::string(expected_store));
  }
  std::string const file = text->substr(scheme.size());
  if (auto const why = why_no_file(file); !why.empty()) return c.error(why);
  into.store.path = joined(c.in.file.directory, file);
}

void place_store(context const& in, draft& into) {
  std::string const folder = state_folder(in);
  if (!folder.empty()) {
    into.store.path = joined(folder, "state.db");
    into.store.make_folders = true;
    return;
  }
  in.out.error(in.file, {1, 1}, "store",
               "is missing, and none of $STATE_DIRECTORY, $XDG_STATE_HOME and $HOME says where it would be; give " +
                   std::string(expected_store));
}

void read_retention(cursor const& c, draft& into) {
  fields const f(c, retention_keys());
  f.check();
  if (auto const n = f.find("builds")) into.store.builds = read_number(*n, 1, 1'000'000).value_or(into.store.builds);
  if (auto const d = f.find("events"))
    into.store.events = read_duration(*d, retention_range()).value_or(into.store.events);
}

}  // namespace buildwatch::config
