#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "buildwatch/store/reader.hpp"
#include "store/failure.hpp"
#include "store/ground.hpp"
#include "store/receipts.hpp"

namespace buildwatch::store {
namespace {

using namespace std::chrono_literals;

connection to_edit(std::string path) { return {std::move(path), SQLite::OPEN_READWRITE, 5s}; }

bool is_number(std::string const& name) {
  return !name.empty() && name.size() < 19 && std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
}

class sqlite_editor final : public editor {
 public:
  explicit sqlite_editor(connection file) : file_(std::move(file)) {
    file_.execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
  }

  base::result<outcome> retry(std::vector<name> const& which, base::wall_time now) override {
    return edit(which, [&](receipt const& r) { try_again(r, now); });
  }
  base::result<outcome> drop(std::vector<name> const& which, base::wall_time now) override {
    return edit(which, [&](receipt const& r) {
      query(file_, "UPDATE deliveries SET standing = 'dropped', at = ?, hit_by_pause = 0 WHERE number = ?")
          .with(now, r.number)
          .run();
    });
  }

 private:
  template <class Change>
  base::result<outcome> edit(std::vector<name> const& which, Change change);
  std::vector<receipt> find(std::vector<name> const& which, std::vector<name>& unknown);
  std::vector<receipt> find(name const& which);
  void try_again(receipt const& r, base::wall_time now);
  receipt reread(notify::delivery_number number);

  connection file_;
};

/// All of it in one short transaction.
template <class Change>
base::result<editor::outcome> sqlite_editor::edit(std::vector<name> const& which, Change change) {
  try {
    file_.execute("BEGIN IMMEDIATE");
    outcome result;
    for (receipt const& r : find(which, result.unknown)) {
      change(r);
      result.changed.push_back(reread(r.number));
    }
    file_.execute("COMMIT");
    return result;
  } catch (SQLite::Exception const& e) {
    std::string const why = explain(e, file_, "write").what();
    file_.roll_back();
    return base::error{why};
  }
}

/// In order of their numbers, each once.
std::vector<receipt> sqlite_editor::find(std::vector<name> const& which, std::vector<name>& unknown) {
  std::vector<receipt> all;
  if (which.empty()) all = find("");
  for (name const& n : which) {
    auto some = find(n);
    if (some.empty()) unknown.push_back(n);
    std::ranges::move(some, std::back_inserter(all));
  }
  std::ranges::sort(all, {}, &receipt::number);
  auto const twice = std::ranges::unique(all, {}, &receipt::number);
  all.erase(twice.begin(), twice.end());
  return all;
}

/// Those that are not delivered and not dropped. Empty: every one.
std::vector<receipt> sqlite_editor::find(name const& which) {
  std::string sql = fmt::format("{} WHERE standing IN ('waiting', 'dead')", receipt_select);
  bool const number = is_number(which);
  if (!which.empty()) sql += number ? " AND number = ?" : " AND event = (SELECT sequence FROM events WHERE id = ?)";
  query q(file_, sql);
  if (number) {
    q.with(std::stoull(which));
  } else if (!which.empty()) {
    q.with(which);
  }
  std::vector<receipt> all;
  while (q.next()) all.push_back(read_receipt(q));
  return all;
}

void sqlite_editor::try_again(receipt const& r, base::wall_time now) {
  query(file_,
        "UPDATE deliveries SET standing = 'waiting', added = ?1, due = ?1, at = NULL, tries = 0, in_tries = 0, "
        "hit_by_pause = 0, fell_back = 0, why = '' WHERE number = ?2")
      .with(now, r.number)
      .run();
  query(file_, "UPDATE sinks SET paused = 0, quiet_until = 0 WHERE name = ? AND paused = 1").with(r.sink).run();
}

receipt sqlite_editor::reread(notify::delivery_number number) {
  query q(file_, fmt::format("{} WHERE number = ?", lone_receipt_select()));
  q.with(number).next();
  return read_lone_receipt(q);
}

}  // namespace

base::result<std::unique_ptr<editor>> editor::open(std::string const& where) {
  std::string const path = behind_link(where);
  auto const found = look_at(path, true);
  if (!found) return found.error();
  base::error const none{fmt::format("there is no store at {} yet: the daemon makes it", path)};
  if (!found->there || found->bytes == 0) return none;
  auto file = open_existing(path, to_edit);
  if (!file) return file.error();
  if (!*file) return none;
  return std::unique_ptr<editor>(std::make_unique<sqlite_editor>(std::move(**file)));
}

}  // namespace buildwatch::store
