#include "buildwatch/store/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "store/by_end.hpp"
#include "store/failure.hpp"
#include "store/ground.hpp"
#include "store/receipts.hpp"
#include "store/rows.hpp"

namespace buildwatch::store {
namespace {

using namespace std::chrono_literals;

connection beside_a_daemon(std::string path) { return {std::move(path), SQLite::OPEN_READONLY, 5s}; }

/// Nothing lasting while one call reads: its pages are of one state.
class snapshot {
 public:
  explicit snapshot(connection& file) : file_(file) { file_.execute("BEGIN"); }
  ~snapshot() { file_.roll_back(); }
  snapshot(snapshot const&) = delete;
  snapshot& operator=(snapshot const&) = delete;

 private:
  connection& file_;
};

class sqlite_reader final : public reader {
 public:
  sqlite_reader(connection file, bool unchanging)
      : path_(file.path()), file_(std::move(file)), unchanging_(unchanging) {
    file_->tidy_at_close(false);
  }

  builds_page builds(job const& of, std::uint64_t before, std::size_t limit) override {
    return looking([&] { return builds_of(of, before, limit); });
  }
  std::vector<place> places() override {
    return looking([&] { return places_by_end(*file_); });
  }
  std::vector<kept_build> builds_at(std::span<place const> where) override {
    return looking([&] { return read_builds_at(where); });
  }
  std::vector<kept_event> events(std::optional<job> const& of, std::uint64_t after, std::size_t limit) override {
    return looking([&] { return read_events(of, after, limit); });
  }
  event_page log(std::uint64_t after, std::size_t limit) override {
    return looking([&] { return read_log(after, limit); });
  }
  std::vector<std::optional<model::build>> newest(std::vector<watched> const& of) override {
    return looking([&] {
      std::vector<std::optional<model::build>> all;
      all.reserve(of.size());
      for (watched const& w : of) all.push_back(newest_of(w));
      return all;
    });
  }
  std::vector<tally> tallies() override {
    return looking([&] { return count_undelivered(); });
  }
  std::vector<receipt> undelivered(notify::delivery_number after, std::size_t limit) override {
    return looking([&] {
      static std::string const sql = fmt::format(
          "{} WHERE standing IN ('waiting', 'dead') AND number > ? ORDER BY number LIMIT ?", lone_receipt_select());
      std::vector<receipt> all;
      query q(*file_, sql);
      q.with(after, limit);
      while (q.next()) all.push_back(read_lone_receipt(q));
      return all;
    });
  }

 private:
  template <class Look>
  auto looking(Look look) -> decltype(look());
  [[nodiscard]] bool somebody_writes() const;
  void reopen();

  builds_page builds_of(job const& of, std::uint64_t before, std::size_t limit);
  std::vector<kept_build> read_builds_at(std::span<place const> where);
  std::vector<kept_event> read_events(std::optional<job> const& of, std::uint64_t after, std::size_t limit);
  void add_receipts(kept_event& e);
  event_page read_log(std::uint64_t after, std::size_t limit);
  std::optional<model::build> newest_of(watched const& of);
  std::vector<tally> count_undelivered();

  std::string path_;
  std::optional<connection> file_;
  bool unchanging_;  // no log when it was opened: nobody was writing
};

/// What was opened without locks is read again with them, once somebody writes.
template <class Look>
auto sqlite_reader::looking(Look look) -> decltype(look()) {
  if (unchanging_) {
    try {
      auto answer = guarded(*file_, "read", look);
      if (!somebody_writes()) return answer;
    } catch (failure const&) {
      if (!somebody_writes()) throw;
    }
    reopen();
  }
  return guarded(*file_, "read", [&] {
    snapshot const one(*file_);
    return look();
  });
}

bool sqlite_reader::somebody_writes() const {
  auto const now = look_at(path_, false);
  return !now || now->log_there;
}

void sqlite_reader::reopen() {
  auto file = open_existing(path_, beside_a_daemon);
  if (!file) throw failure(file.error().text, true);
  if (!*file) throw failure(path_ + " is empty by now", true);
  file_.emplace(std::move(**file));
  file_->tidy_at_close(false);
  unchanging_ = false;
}

std::string const& build_select() {
  static std::string const sql = fmt::format("SELECT provider, job_id, job, {} FROM builds", build_columns);
  return sql;
}

kept_build read_kept_build(query& q) {
  kept_build b;
  b.provider = q.text();
  b.job_id = q.text();
  b.job = q.text();
  b.build = read_build(q);
  return b;
}

constexpr std::uint64_t most_numbers = std::numeric_limits<std::int64_t>::max();  // SQLite has no more

std::uint64_t below(std::uint64_t before) { return before == 0 ? most_numbers : std::min(before, most_numbers); }

std::uint64_t above(std::uint64_t after) { return std::min(after, most_numbers); }

reader::builds_page sqlite_reader::builds_of(job const& of, std::uint64_t before, std::size_t limit) {
  builds_page page;
  query q(*file_, build_select() + " WHERE provider = ? AND job_id = ? AND build < ? ORDER BY build DESC LIMIT ?");
  q.with(of.provider, of.job_id, below(before), limit + 1);
  while (q.next()) {
    if (page.rows.size() == limit) {  // one row more than asked for tells whether there are more
      page.next = page.rows.back().build.number;
      break;
    }
    page.rows.push_back(read_kept_build(q));
  }
  return page;
}

std::vector<kept_build> sqlite_reader::read_builds_at(std::span<place const> where) {
  static std::string const sql = build_select() + " WHERE place = ?";
  std::vector<kept_build> all;
  all.reserve(where.size());
  for (place const p : where) {
    query q(*file_, sql);
    if (q.with(p).next()) all.push_back(read_kept_build(q));
  }
  return all;
}

std::vector<kept_event> sqlite_reader::read_events(std::optional<job> const& of, std::uint64_t after,
                                                   std::size_t limit) {
  static std::string const select =
      fmt::format("SELECT {}, (SELECT text FROM texts WHERE texts.id = not_asked) FROM events", event_columns);
  std::vector<kept_event> all;
  query q(*file_, select + (of ? " WHERE sequence > ? AND provider = ? AND job_id = ? ORDER BY sequence LIMIT ?"
                               : " WHERE sequence > ? ORDER BY sequence LIMIT ?"));
  q.with(above(after));
  if (of) q.with(of->provider, of->job_id);
  q.with(limit);
  while (q.next()) {
    kept_event e;
    e.event = read_event(q);
    if (auto const text = q.maybe_text()) e.not_asked = reasons_in(*text);
    all.push_back(std::move(e));
  }
  for (kept_event& e : all) add_receipts(e);
  return all;
}

void sqlite_reader::add_receipts(kept_event& e) {
  static std::string const sql = fmt::format("{} WHERE event = ? ORDER BY number", receipt_select);
  query q(*file_, sql);
  q.with(e.event.sequence);
  while (q.next()) e.receipts.push_back(read_receipt(q));
}

reader::event_page sqlite_reader::read_log(std::uint64_t after, std::size_t limit) {
  static std::string const sql =
      fmt::format("SELECT {} FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?", event_columns);
  event_page page;
  query ever(*file_, "SELECT seq FROM sqlite_sequence WHERE name = 'events'");
  if (ever.next()) page.newest = ever.number();
  query oldest(*file_, "SELECT min(sequence) FROM events");
  page.oldest = oldest.next() && oldest.holds() ? oldest.number() : page.newest + 1;
  query q(*file_, sql);
  q.with(above(after), limit);
  while (q.next()) page.events.push_back(read_event(q));
  return page;
}

std::optional<model::build> sqlite_reader::newest_of(watched const& of) {
  static std::string const sql = fmt::format(
      "SELECT {} FROM builds WHERE provider = ? AND job_id = ? AND building = 0 AND (build = ? OR ? = 0) "
      "ORDER BY build DESC LIMIT 1",
      build_columns);
  query q(*file_, sql);
  if (!q.with(of.of.provider, of.of.job_id, of.build, of.build).next()) return std::nullopt;
  return read_build(q);
}

std::vector<reader::tally> sqlite_reader::count_undelivered() {
  query q(*file_,
          "SELECT sink, sum(standing = 'waiting'), sum(standing = 'dead') FROM deliveries "
          "WHERE standing IN ('waiting', 'dead') GROUP BY sink");
  std::vector<tally> all;
  while (q.next()) {
    std::string sink = q.text();
    std::uint64_t const waiting = q.number();
    all.push_back({std::move(sink), waiting, q.number()});
  }
  return all;
}

}  // namespace

base::result<std::unique_ptr<reader>> reader::open(std::string const& where) {
  std::string const path = behind_link(where);
  auto const found = look_at(path, false);
  if (!found) return found.error();
  if (!found->there || found->bytes == 0) return std::unique_ptr<reader>();
  // Without a log nobody writes. SQLite would make one just to read, and leave it there.
  bool const unchanging = !found->log_there;
  auto file = open_existing(path, unchanging ? &connection::unchanging : &beside_a_daemon);
  if (!file) return file.error();
  if (!*file) return std::unique_ptr<reader>();
  return std::unique_ptr<reader>(std::make_unique<sqlite_reader>(std::move(**file), unchanging));
}

}  // namespace buildwatch::store
