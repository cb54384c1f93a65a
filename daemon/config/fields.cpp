#include "config/fields.hpp"

#include <algorithm>
#include <vector>

#include "config/decode.hpp"
#include "config/wording.hpp"

namespace buildwatch::config {
namespace {

bool is_kind(cursor const& c, node::type kind, std::string_view expected) {
  if (c.at.kind == kind) return true;
  if (c.at.kind == node::type::broken) return false;
  // Text is not quoted: it may be a secret without its key.
  bool const text = c.at.kind == node::type::scalar;
  c.error("expected " + std::string(expected) + ", found " + (text ? "text" : what_is(c)));
  return false;
}

std::string types_of(key const& k) {
  std::string all;
  for (std::string_view rest = k.only; !rest.empty();) {
    auto const space = rest.find(' ');
    all += (all.empty() ? "`type: " : " and `type: ") + std::string(rest.substr(0, space)) + '`';
    rest.remove_prefix(space == std::string_view::npos ? rest.size() : space + 1);
  }
  return all;
}

std::string unknown(std::string_view name, key_table table, std::string_view type) {
  std::vector<std::string_view> known;
  for (auto const& k : table) {
    if (belongs(k, type)) known.push_back(k.name);
  }
  auto const hint = did_you_mean(name, known);
  return "unknown key" + (hint.empty() ? "; known here: " + one_of(known, ", ") : hint);
}

}  // namespace

bool is_map(cursor const& c, std::string_view expected) { return is_kind(c, node::type::map, expected); }
bool is_list(cursor const& c, std::string_view expected) { return is_kind(c, node::type::list, expected); }

bool check_key(cursor const& map, std::string_view name, mark at, key_table table, std::string_view type) {
  auto const complain = [&](std::string text) {
    map.in.out.error(map.in.file, at, path(map.where, name).text(), std::move(text));
    return false;
  };
  auto const known = std::ranges::find(table, name, &key::name);
  if (known == table.end()) return complain(unknown(name, table, type));
  if (!belongs(*known, type))
    return complain("a key of " + types_of(*known) + ", not of `type: " + std::string(type) + "`");
  return true;
}

fields::fields(cursor const& map, key_table table)
    : map_(map),
      table_(table),
      valid_(is_map(map, "keys such as `" + std::string(table.empty() ? "" : table.front().name) + ":`")) {}

void fields::check(std::string_view type) const {
  if (!valid_) return;
  for (auto const& e : map_.at.entries) check_key(map_, e.key, e.key_at, table_, type);
}

std::optional<cursor> fields::find(std::string_view name) const {
  if (!valid_) return std::nullopt;
  auto const e = std::ranges::find(map_.at.entries, name, &node::entry::key);
  if (e == map_.at.entries.end()) return std::nullopt;
  return cursor{map_.in, e->value, path(map_.where, e->key), map_.secret};
}

std::optional<cursor> fields::require(std::string_view name, std::string_view hint) const {
  auto const found = find(name);
  if (!found && valid_) {
    std::string text = "is missing";
    if (!hint.empty()) text += "; " + std::string(hint);
    map_.in.out.error(map_.in.file, map_.at.at, path(map_.where, name).text(), std::move(text));
  }
  return found;
}

}  // namespace buildwatch::config
