// The keys of a sink of `type: exec`.
#include <algorithm>

#include "config/decode.hpp"
#include "config/expand.hpp"
#include "config/fields.hpp"
#include "config/sections.hpp"
#include "config/wording.hpp"

namespace buildwatch::config {
namespace {

constexpr std::string_view expected_word = "text: the program, or one of its arguments";

/// A word of the command. Arguments are public (any user can list them), so nothing secret may come in.
std::optional<std::string> read_argument(cursor const& c) {
  if (c.at.kind != node::type::scalar) {
    if (c.at.kind != node::type::broken) c.error("expected " + std::string(expected_word) + ", found " + what_is(c));
    return std::nullopt;
  }
  if (c.at.text.find('\0') != std::string::npos) {
    c.error("holds a NUL character");
    return std::nullopt;
  }
  auto text = unescape(c.at.text);
  if (text) return std::move(*text);
  c.error(text.error().text + " (arguments are public; pass secrets in `env`)");
  return std::nullopt;
}

/// A name without a slash is looked for in PATH; directories that are not absolute do not count there.
std::optional<std::string> in_path(std::string const& name, context const& in) {
  std::string const list = in.world.variable("PATH").value_or("/usr/local/bin:/usr/bin:/bin");
  for (std::size_t from = 0; from <= list.size();) {
    std::size_t const colon = std::min(list.find(':', from), list.size());
    std::string const directory = list.substr(from, colon - from);
    from = colon + 1;
    if (!directory.starts_with('/')) continue;
    std::string full = joined(directory, name);
    if (!in.disk->not_runnable(full)) return full;
  }
  return std::nullopt;
}

std::optional<std::string> read_program(cursor const& c) {
  auto const text = read_argument(c);
  if (!text) return std::nullopt;
  if (text->empty()) {
    c.error("must not be empty");
    return std::nullopt;
  }
  if (text->find('/') == std::string::npos) {
    auto found = in_path(*text, c.in);
    if (!found) c.error(quoted(*text) + " cannot be run: no such program in PATH");
    return found;
  }
  std::string full = joined(c.in.file.directory, *text);
  if (auto const why = c.in.disk->not_runnable(full)) c.error(quoted(*text) + " cannot be run: " + *why);
  return full;
}

std::vector<std::string> read_command(cursor const& c) {
  constexpr std::size_t most = 256;
  std::vector<std::string> command;
  if (!is_list(c, "a list such as [/usr/local/bin/on-build, --flag]")) return command;
  if (c.at.items.empty()) c.error("must name a program");
  if (c.at.items.size() > most) c.error("at most " + std::to_string(most) + " words");
  for (std::size_t i = 0; i < c.at.items.size(); ++i) {
    cursor const word = c.item(i);
    auto text = i == 0 ? read_program(word) : read_argument(word);
    if (text) command.push_back(std::move(*text));
  }
  return command;
}

bool is_variable(std::string_view name) {
  auto const letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
  auto const fits = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= 100 && letter(name.front()) && std::ranges::all_of(name, fits);
}

std::vector<std::pair<std::string, base::secret>> read_env(cursor const& c) {
  constexpr std::size_t most = 256;
  std::vector<std::pair<std::string, base::secret>> env;
  if (!is_map(c, "variables such as {TARGET: lab}")) return env;
  if (c.at.entries.size() > most) c.error("at most " + std::to_string(most) + " variables");
  for (auto const& e : c.at.entries) {
    cursor const one{c.in, e.value, path(c.where, e.key), true};
    auto const complain = [&](std::string text) {
      c.in.out.error(c.in.file, e.key_at, one.where.text(), std::move(text));
    };
    if (!is_variable(e.key)) complain("expected the name of a variable: letters, digits and `_`, no digit first");
    if (e.key.starts_with("BUILDWATCH_")) complain("buildwatch sets the variables BUILDWATCH_… itself");
    // An empty value is one that a script can tell from none, so it is allowed.
    auto value = read_scalar(one, "the text of a variable");
    env.emplace_back(e.key, value ? base::secret(std::move(value->text)) : base::secret{});
  }
  return env;
}

}  // namespace

sinks::exec_options read_exec(fields const& f) {
  sinks::exec_options e;
  if (auto const c = f.require("command")) e.command = read_command(*c);
  if (auto const c = f.find("timeout")) e.timeout = read_duration(*c, interval_range()).value_or(e.timeout);
  if (auto const c = f.find("env")) e.env = read_env(*c);
  return e;
}

}  // namespace buildwatch::config
