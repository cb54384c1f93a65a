// An outbox in memory: what the store does with a database, as simply as it can be said.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "buildwatch/notify/ports.hpp"

namespace buildwatch::testing {

class fake_outbox final : public notify::outbox {
 public:
  struct row {
    std::string sink;
    notify::owed what;
    bool waits = true;
    bool fell_back = false;
    notify::fate fate = notify::fate::retry;
    std::string why;
  };

  // What it does, without waiting.

  notify::owed add(std::string sink, std::shared_ptr<model::event const> event, base::wall_time now) {
    row r;
    r.sink = std::move(sink);
    r.what.number = ++last_;
    r.what.webhook_id = event->id;
    r.what.event = std::move(event);
    r.what.added = r.what.due = now;
    return rows.emplace(r.what.number, r).first->second.what;
  }

  std::vector<notify::created> record_now(notify::changes const& what) {
    std::vector<notify::created> made;
    if (what.released) {
      for (auto& [n, r] : rows) {
        if (r.sink != what.sink || !r.waits || !r.what.hit_by_pause) continue;
        r.what.hit_by_pause = false;
        r.what.due = r.what.added;
      }
    }
    if (what.memory) memories[what.sink] = *what.memory;
    for (notify::change const& c : what.deliveries) {
      auto const at = rows.find(c.number);
      if (at == rows.end() || !at->second.waits) continue;
      row& r = at->second;
      r.fate = c.fate;
      r.waits = c.fate == notify::fate::retry;
      r.why = c.why;
      r.what.tries = c.tries;
      r.what.in_tries = c.in_tries;
      r.what.answer = c.answer;
      r.what.due = c.due;
      r.what.hit_by_pause = c.hit_by_pause;
      if (c.fate == notify::fate::dead) fall(r, what.fallback, c.at, made);
    }
    return made;
  }

  notify::page read_now(std::string const& sink, notify::reading order, std::optional<notify::place> after,
                        std::size_t limit) const {
    std::vector<notify::owed> waiting;
    for (auto const& [n, r] : rows) {
      bool const by_number = order == notify::reading::by_number;
      bool const later = !after || (by_number ? n > after->number : notify::place{r.what.due, n} > *after);
      if (r.sink == sink && r.waits && later) waiting.push_back(r.what);
    }
    if (order == notify::reading::by_due) {
      std::ranges::sort(waiting, {}, [](auto const& o) { return notify::place{o.due, o.number}; });
    }
    bool const last = waiting.size() <= limit;
    if (!last) waiting.resize(limit);
    return {std::move(waiting), last};
  }

  [[nodiscard]] std::size_t waiting(std::string const& sink) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(rows, [&](auto const& r) { return r.second.sink == sink && r.second.waits; }));
  }

  // The port.

  boost::asio::awaitable<base::result<notify::page>> read(std::string sink, notify::reading order,
                                                          std::optional<notify::place> after,
                                                          std::size_t limit) override {
    ++reads;
    if (broken || unreadable) co_return error();
    notify::page page = read_now(sink, order, after, limit);
    co_return page;
  }
  boost::asio::awaitable<base::result<notify::sink_memory>> memory_of(std::string sink) override {
    if (broken) co_return error();
    co_return memories[sink];
  }
  boost::asio::awaitable<base::result<std::vector<notify::created>>> record(notify::changes what) override {
    ++records;
    if (broken) co_return error();
    auto made = record_now(what);
    co_return made;
  }
  boost::asio::awaitable<base::result<notify::fallen_back>> fall_back(notify::overdue what) override {
    if (broken) co_return error();
    notify::fallen_back result;
    for (auto& [n, r] : rows) {
      if (r.sink != what.sink || !r.waits || r.fell_back) continue;
      if (r.what.added > what.added_before) {
        result.oldest = result.oldest ? std::min(*result.oldest, r.what.added) : r.what.added;
        continue;
      }
      r.fell_back = true;
      fall(r, what.fallback, what.now, result.made);
    }
    co_return result;
  }
  boost::asio::awaitable<base::result<notify::buried>> bury(notify::burial what) override {
    if (broken) co_return error();
    notify::buried result;
    for (auto& [n, r] : rows) {
      if (r.sink != what.sink || !r.waits || std::ranges::count(what.spare, n) > 0) continue;
      r.waits = false;
      r.fate = notify::fate::dead;
      r.why = what.why;
      result.dead.push_back(r.what);
      fall(r, what.fallback, what.now, result.made);
    }
    co_return result;
  }
  boost::asio::awaitable<base::result<std::vector<std::string>>> owing() override {
    if (broken) co_return error();
    std::set<std::string> names;
    for (auto const& [n, r] : rows) {
      if (r.waits) names.insert(r.sink);
    }
    std::vector<std::string> all(names.begin(), names.end());
    co_return all;
  }
  boost::asio::awaitable<bool> changed_elsewhere() override { co_return std::exchange(changed, false); }

  std::map<notify::delivery_number, row> rows;
  std::map<std::string, notify::sink_memory> memories;
  bool broken = false;      ///< as with a full disk
  bool changed = false;     ///< by another process
  bool unreadable = false;  ///< pages fail
  int reads = 0, records = 0;

 private:
  static base::error error() { return {"database or disk is full"}; }

  void fall(row& from, std::string const& to, base::wall_time now, std::vector<notify::created>& made) {
    if (to.empty()) return;
    for (auto const& [n, r] : rows) {
      if (r.sink == to && r.what.event->id == from.what.event->id) return;
    }
    model::event e = *from.what.event;
    e.reason = "sink " + from.sink + ": " + from.what.answer;
    notify::owed fallback = add(to, std::make_shared<model::event const>(std::move(e)), now);
    rows.at(fallback.number).what.webhook_id += "-fb";
    fallback.webhook_id += "-fb";
    made.push_back({to, std::move(fallback)});
  }

  notify::delivery_number last_ = 0;
};

}  // namespace buildwatch::testing
