#include "config/expand.hpp"

#include <array>
#include <optional>

#include "config/utf8.hpp"

namespace buildwatch::config {
namespace {

constexpr std::size_t largest_value = 64 * 1024;

// What systemd loads from a directory it calls ID_NAME (systemd.exec(5), LoadCredential=). These two ids are those of
// our unit, so that a file that is dropped into a directory keeps its name here.
constexpr std::array<std::string_view, 2> unit_prefixes{"buildwatch_", "encrypted_"};

void drop_line_break(std::string& value) {
  if (!value.ends_with('\n')) return;
  value.pop_back();
  if (value.ends_with('\r')) value.pop_back();
}

base::error wrong(std::string_view kind, std::string_view what) {
  return {"`${" + std::string(kind) + ":…}`: " + std::string(what)};
}

base::result<std::string> checked(std::string_view kind, base::result<std::string> value) {
  if (!value) return wrong(kind, "cannot be read: " + value.error().text);
  drop_line_break(*value);
  if (value->empty()) return wrong(kind, "the value is empty");
  if (value->find('\0') != std::string::npos) return wrong(kind, "the value holds a NUL byte");
  if (first_malformed(*value)) return wrong(kind, "the value is not UTF-8");
  return value;
}

base::result<std::string> variable(std::string const& name, lookup const& from) {
  auto value = from.world.variable(name);
  if (!value) return wrong("env", "the variable is not set");
  return checked("env", {boost::system::in_place_value, std::move(*value)});
}

base::result<std::string> credential(std::string const& name, lookup const& from) {
  if (name.find('/') != std::string::npos || name == "." || name == "..") {
    return wrong("credential", "expected the plain name of a file in the credentials directory");
  }
  auto value = from.disk.read(joined(*from.world.credentials_dir, name), largest_value);
  for (std::string_view const prefix : unit_prefixes) {
    if (value) break;
    auto loaded = from.disk.read(joined(*from.world.credentials_dir, std::string(prefix) + name), largest_value);
    if (loaded) value = std::move(loaded);
  }
  return checked("credential", std::move(value));
}

/// The inside of one `${…}`.
base::result<expanded> value_of(std::string_view inside, lookup const& from) {
  auto const colon = inside.find(':');
  std::string_view const kind = inside.substr(0, colon);
  std::string const name(colon == std::string_view::npos ? "" : inside.substr(colon + 1));
  if (kind != "env" && kind != "file" && kind != "credential") {
    return base::error{
        "expected `${env:NAME}`, `${file:PATH}` or `${credential:NAME}`; a `${` of its own is written `$${`"};
  }
  if (name.empty()) return wrong(kind, "a name is missing after the colon");
  if (name.find('\0') != std::string::npos) return wrong(kind, "the name holds a NUL byte");
  if (kind == "credential" && !from.world.credentials_dir) {
    if (from.world.missing_credentials_dir_warns) return expanded{{}, true, true};
    return wrong(kind, "there is no credentials directory ($CREDENTIALS_DIRECTORY is not set; see --credentials-dir)");
  }
  auto value = kind == "env"    ? variable(name, from)
               : kind == "file" ? checked("file", from.disk.read(joined(from.directory, name), largest_value))
                                : credential(name, from);
  if (!value) return std::move(value).error();
  return expanded{std::move(*value), true, false};
}

/// Walks through the text; `reference` is handed the inside of each `${…}` and returns false to stop.
template <class Literal, class Reference>
std::optional<base::error> walk(std::string_view text, Literal literal, Reference reference) {
  while (!text.empty()) {
    auto const dollar = text.find('$');
    literal(text.substr(0, dollar));
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar);
    if (text.starts_with("$$")) {
      literal("$");
      text.remove_prefix(2);
    } else if (text.starts_with("${")) {
      auto const end = text.find('}');
      if (end == std::string_view::npos)
        return base::error{"a `${` is not closed with `}`; one of its own is written `$${`"};
      if (auto failed = reference(text.substr(2, end - 2))) return failed;
      text.remove_prefix(end + 1);
    } else {
      literal("$");
      text.remove_prefix(1);
    }
  }
  return std::nullopt;
}

}  // namespace

bool has_reference(std::string_view text) {
  auto const found = walk(
      text, [](auto) {}, [](auto) { return std::optional<base::error>(base::error{}); });
  return found.has_value();
}

base::result<expanded> expand(std::string_view text, lookup const& from) {
  expanded all;
  auto const failed = walk(
      text, [&](std::string_view part) { all.text += part; },
      [&](std::string_view inside) -> std::optional<base::error> {
        auto value = value_of(inside, from);
        if (!value) return std::move(value).error();
        all.stands_in = true;
        all.assumed = all.assumed || value->assumed;
        all.text += value->text;
        return std::nullopt;
      });
  if (failed) return *failed;
  return all;
}

base::result<std::string> unescape(std::string_view text) {
  std::string all;
  auto const failed = walk(
      text, [&](std::string_view part) { all += part; },
      [](std::string_view) {
        return std::optional(base::error{"`${…}` is not allowed here; a `${` of its own is written `$${`"});
      });
  if (failed) return *failed;
  return {boost::system::in_place_value, std::move(all)};
}

}  // namespace buildwatch::config
