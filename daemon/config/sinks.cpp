// Key `sinks`.
#include <algorithm>
#include <array>

#include "config/decode.hpp"
#include "config/fields.hpp"
#include "config/sections.hpp"

namespace buildwatch::config {
namespace {

constexpr std::array<std::string_view, 4> types{"stdout", "log", "webhook", "exec"};
constexpr std::array<std::string_view, 2> styles{"text", "json"};

sinks::stdout_options read_stdout(fields const& f) {
  sinks::stdout_options o;
  auto const c = f.find("format");
  if (c && read_word(*c, styles) == 1) o.format = sinks::stdout_options::style::json;
  return o;
}

sinks::sink_kind read_kind(fields const& f, std::size_t type) {
  switch (type) {
    case 0: return read_stdout(f);
    case 2: return read_webhook(f);
    case 3: return read_exec(f);
    default: return sinks::log_options{};
  }
}

notify::retry_schedule read_retry(cursor const& c) {
  constexpr std::size_t most = 100;
  notify::retry_schedule waits;
  if (!is_list(c, "a list of waits such as [5s, 1m, 10m]")) return waits;
  if (c.at.items.size() > most) c.error("at most " + std::to_string(most) + " waits");
  for (std::size_t i = 0; i < c.at.items.size(); ++i) {
    cursor const item = c.item(i);
    if (auto const wait = read_duration(item, wait_range())) waits.push_back(*wait);
  }
  return waits;
}

/// What never fails needs none: a sink of `type: log` has no fallback.
void read_fallback(fields const& f, draft_sink& into) {
  auto const after = f.find("fallback_after");
  auto const name = after ? f.require("fallback", "`fallback_after` goes with it") : f.find("fallback");
  notify::delivery_options& d = into.sink.delivery;
  if (after) d.fallback_after = read_duration(*after, wait_range()).value_or(d.fallback_after);
  if (!name) return;
  into.fallback_at = name->at.at;
  d.fallback = read_text(*name, "the name of a sink").value_or("");
}

void read_tries(fields const& f, sinks::sink_options& s) {
  s.delivery.pauses = std::holds_alternative<sinks::webhook_options>(s.kind);
  if (auto const r = f.find("retry")) s.delivery.retry = read_retry(*r);
  if (auto const n = f.find("concurrency")) s.delivery.concurrency = read_number(*n, 1, 256).value_or(4);
}

draft_sink read_sink(cursor const& c, std::string const& name) {
  draft_sink s;
  s.sink.delivery.name = name;
  fields const f(c, sink_keys());
  if (!f.valid()) return s;
  auto const given = f.require("type", "one of stdout, log, webhook or exec");
  auto const type = given ? read_word(*given, types) : std::nullopt;
  f.check(type ? types[*type] : std::string_view{});
  if (!type) return s;
  s.sink.kind = read_kind(f, *type);
  bool const lines = *type < 2;
  if (lines) s.sink.delivery.concurrency = 1;  // they come out in the order of their events
  if (!lines) read_tries(f, s.sink);
  if (types[*type] != "log") read_fallback(f, s);
  return s;
}

}  // namespace

void read_sinks(cursor const& c, draft& into) {
  auto const read = [&](cursor const& one, std::string const& name, mark at) {
    into.sinks.push_back(read_sink(one, name));
    into.sinks.back().at = {c.in.file.order, at};
  };
  if (!each_named(c, "sinks by name", read)) into.incomplete = true;
}

}  // namespace buildwatch::config
