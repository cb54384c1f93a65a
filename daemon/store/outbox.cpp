// What is owed to whom, and what became of it: changes.
#include <fmt/format.h>

#include <algorithm>

#include "store/failure.hpp"
#include "store/rows.hpp"
#include "store/sqlite_database.hpp"

namespace buildwatch::store {
namespace {

constexpr std::size_t most_rows = 300;  // of one call

std::string const& owed_select() {
  static std::string const sql =
      fmt::format("SELECT {}, {} FROM deliveries JOIN events ON sequence = event", owed_columns, event_columns);
  return sql;
}

}  // namespace

/// Nothing where the sink has been owed the event before.
std::optional<notify::delivery_number> sqlite_database::owe(std::uint64_t event, std::string const& sink,
                                                            std::string const& rule,
                                                            std::optional<std::string> const& refused,
                                                            base::wall_time now) {
  {
    query before(file_, "SELECT 1 FROM deliveries WHERE event = ? AND sink = ?");
    if (before.with(event, sink).next()) return std::nullopt;
  }
  query(
      file_,
      "INSERT INTO deliveries (event, sink, rule, refused, standing, added, due) VALUES (?, ?, ?, ?, 'waiting', ?, ?)")
      .with(event, sink, rule, refused, now, now)
      .run();
  return file_.last_number();
}

std::vector<notify::created> sqlite_database::record(notify::changes const& what) {
  return guarded(file_, "write", [&] {
    std::vector<notify::created> made;
    if (what.released) release(what.sink);
    if (what.memory) remember_sink(what.sink, *what.memory);
    for (notify::change const& c : what.deliveries) {
      bool const waited = settle(c);
      if (!waited || c.fate != notify::fate::dead) continue;
      owe_instead({c.number, what.sink, refusal(what.sink, c.answer, c.why)}, what.fallback, c.at, made);
    }
    return made;
  });
}

void sqlite_database::release(std::string const& sink) {
  query(file_,
        "UPDATE deliveries SET due = added, hit_by_pause = 0 WHERE sink = ? AND standing = 'waiting' AND hit_by_pause "
        "= 1")
      .with(sink)
      .run();
}

/// False: it waited no more.
bool sqlite_database::settle(notify::change const& c) {
  if (c.fate == notify::fate::retry) {
    query(file_,
          "UPDATE deliveries SET due = ?, tries = ?, in_tries = ?, hit_by_pause = ?, answer = ? WHERE number = ? AND "
          "standing = 'waiting'")
        .with(c.due, c.tries, c.in_tries, c.hit_by_pause, c.answer, c.number)
        .run();
    return file_.changes() > 0;
  }
  query(file_,
        "UPDATE deliveries SET standing = ?, at = ?, tries = ?, in_tries = ?, hit_by_pause = 0, answer = ?, why = ? "
        "WHERE number = ? AND standing = 'waiting'")
      .with(c.fate == notify::fate::dead ? "dead" : "delivered", c.at, c.tries, c.in_tries, c.answer, c.why, c.number)
      .run();
  return file_.changes() > 0;
}

/// What the sink said, in the reason of a fallback: to this delivery, else to the last one.
std::string sqlite_database::refusal(std::string const& sink, std::string const& answer, std::string const& why) {
  std::string said = answer;
  if (said.empty()) said = memory_of(sink).last_error;
  if (said.empty()) said = why;
  return fmt::format("sink {}: {}", sink, said);
}

void sqlite_database::owe_instead(lost const& what, std::string const& fallback, base::wall_time now,
                                  std::vector<notify::created>& made) {
  if (fallback.empty()) return;
  std::uint64_t event = 0;
  {
    query of(file_, "SELECT event FROM deliveries WHERE number = ?");
    if (!of.with(what.number).next()) return;
    event = of.number();
  }
  auto const number = owe(event, fallback, "fallback of " + what.sink, what.answer, now);
  if (!number) return;
  query q(file_, owed_select() + " WHERE number = ?");
  q.with(*number).next();
  made.push_back({fallback, read_owed(q)});
}

notify::fallen_back sqlite_database::fall_back(notify::overdue const& what) {
  return guarded(file_, "write", [&] {
    std::vector<lost> late;
    {
      query q(file_,
              "SELECT number, answer FROM deliveries WHERE sink = ? AND standing = 'waiting' AND fell_back = 0 AND "
              "added <= ? ORDER BY added, number LIMIT ?");
      q.with(what.sink, what.added_before, most_rows);
      while (q.next()) {
        auto const number = q.number();
        late.push_back({number, what.sink, q.text()});
      }
    }
    notify::fallen_back result;
    result.more = late.size() == most_rows;
    for (lost& l : late) {
      query(file_, "UPDATE deliveries SET fell_back = 1 WHERE number = ?").with(l.number).run();
      l.answer = refusal(l.sink, l.answer.empty() ? what.last_error : l.answer, "not tried yet");
      owe_instead(l, what.fallback, what.now, result.made);
    }
    query oldest(file_, "SELECT min(added) FROM deliveries WHERE sink = ? AND standing = 'waiting' AND fell_back = 0");
    oldest.with(what.sink).next();
    result.oldest = oldest.maybe_time();
    return result;
  });
}

notify::buried sqlite_database::bury(notify::burial const& what) {
  return guarded(file_, "write", [&] {
    notify::buried result;
    {
      query q(file_, owed_select() + " WHERE sink = ? AND standing = 'waiting' ORDER BY number LIMIT ?");
      q.with(what.sink, most_rows + what.spare.size() + 1);
      while (q.next()) {
        notify::owed o = read_owed(q);
        if (std::ranges::find(what.spare, o.number) != what.spare.end()) continue;
        result.more = result.dead.size() == most_rows;
        if (result.more) break;
        result.dead.push_back(std::move(o));
      }
    }
    for (notify::owed& o : result.dead) {
      if (o.tries == 0 && o.answer.empty()) o.answer = what.answer;
      query(file_,
            "UPDATE deliveries SET standing = 'dead', at = ?, hit_by_pause = 0, answer = ?, why = ? WHERE number = ?")
          .with(what.now, o.answer, what.why, o.number)
          .run();
      owe_instead({o.number, what.sink, refusal(what.sink, o.answer, what.why)}, what.fallback, what.now, result.made);
    }
    return result;
  });
}

// ---- reading ----

notify::page sqlite_database::read(std::string const& sink, notify::reading order, std::optional<notify::place> after,
                                   std::size_t limit) {
  return guarded(file_, "read", [&] {
    notify::page page;
    notify::place const from = after.value_or(notify::place{base::wall_time::min(), 0});
    // One row more than asked for tells whether there are more.
    auto const take = [&](query& q) {
      while (q.next()) page.rows.push_back(read_owed(q));
    };
    auto const room = [&] { return limit + 1 - page.rows.size(); };
    if (order == notify::reading::by_number) {
      query q(file_, owed_select() + " WHERE sink = ? AND standing = 'waiting' AND number > ? ORDER BY number LIMIT ?");
      take(q.with(sink, from.number, room()));
    } else {
      // In two parts: many may be due at the same moment, and an index begins where it is told exactly.
      query same(file_,
                 owed_select() +
                     " WHERE sink = ? AND standing = 'waiting' AND due = ? AND number > ? ORDER BY number LIMIT ?");
      take(same.with(sink, from.due, from.number, room()));
      query later(file_,
                  owed_select() + " WHERE sink = ? AND standing = 'waiting' AND due > ? ORDER BY due, number LIMIT ?");
      take(later.with(sink, from.due, room()));
    }
    page.last = page.rows.size() <= limit;
    if (!page.last) page.rows.resize(limit);
    return page;
  });
}

std::vector<std::string> sqlite_database::owing() {
  return guarded(file_, "read", [&] {
    std::vector<std::string> sinks;
    std::string last;
    for (;;) {  // from name to name, however much waits
      query q(file_, "SELECT sink FROM deliveries WHERE standing = 'waiting' AND sink > ? ORDER BY sink LIMIT 1");
      if (!q.with(last).next()) return sinks;
      last = q.text();
      sinks.push_back(last);
    }
  });
}

}  // namespace buildwatch::store
