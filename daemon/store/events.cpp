// Transitions: the event, what is known because of it, whom it is owed to, in one go.
#include <fmt/format.h>

#include "store/failure.hpp"
#include "store/rows.hpp"
#include "store/sqlite_database.hpp"

namespace buildwatch::store {

std::vector<stored> sqlite_database::add(std::vector<entry> const& what) {
  return guarded(file_, "write", [&] {
    std::vector<stored> all;
    all.reserve(what.size());
    for (entry const& e : what) all.push_back(add_one(e));
    return all;
  });
}

stored sqlite_database::add_one(entry const& what) {
  if (what.what.job) remember_job(*what.what.job);
  if (what.what.provider) remember_provider(*what.what.provider);
  stored result;
  if (auto before = event_named(what.what.event.id)) {
    result.known = true;
    result.event = std::make_shared<model::event const>(std::move(*before));
    return result;
  }
  static std::string const insert =
      fmt::format("INSERT INTO events (not_asked, {}) VALUES (?, NULL, {})", event_columns, marks(event_columns, 1));
  model::event e = what.what.event;
  {
    query q(file_, insert);
    q.with(text_number(what.not_asked));
    bind_event(q, e);
    q.run();
  }
  e.sequence = file_.last_number();
  if (e.type == model::event_type::build_finished) add_build(e);
  result.event = std::make_shared<model::event const>(std::move(e));
  for (claim const& c : what.owed) {
    auto const number = owe(result.event->sequence, c.sink, c.rule, std::nullopt, result.event->timestamp);
    if (!number) continue;
    notify::owed o;
    o.number = *number;
    o.webhook_id = webhook_id(*result.event, false);
    o.event = result.event;
    o.added = o.due = result.event->timestamp;
    result.owed.push_back({c.sink, std::move(o)});
  }
  return result;
}

std::optional<model::event> sqlite_database::event_named(std::string const& id) {
  static std::string const sql = fmt::format("SELECT {} FROM events WHERE id = ?", event_columns);
  query q(file_, sql);
  if (!q.with(id).next()) return std::nullopt;
  return read_event(q);
}

/// Most events of a job are not asked of the same sinks for the same reasons.
std::optional<std::int64_t> sqlite_database::text_number(reasons const& not_asked) {
  if (not_asked.empty()) return std::nullopt;
  std::string const text = reasons_text(not_asked);
  {
    query known(file_, "SELECT id FROM texts WHERE text = ?");
    if (known.with(text).next()) return known.integer();
  }
  query(file_, "INSERT INTO texts (text) VALUES (?)").with(text).run();
  return static_cast<std::int64_t>(file_.last_number());
}

}  // namespace buildwatch::store
