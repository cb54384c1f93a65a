#include "store/receipts.hpp"

#include <fmt/format.h>

#include <array>

#include "store/failure.hpp"
#include "store/rows.hpp"
#include "store/schema.hpp"

namespace buildwatch::store {
namespace {

constexpr std::array<std::string_view, 4> standing_names{"waiting", "delivered", "dead", "dropped"};

standing standing_named(std::string_view word) {
  std::size_t i = 0;
  while (i + 1 < standing_names.size() && standing_names[i] != word) ++i;
  return static_cast<standing>(i);
}

}  // namespace

std::string_view to_string(standing s) { return standing_names[static_cast<std::size_t>(s)]; }

receipt read_receipt(query& q) {
  receipt r;
  r.number = q.number();
  r.event_id = q.text();
  bool const fallback = q.maybe_text().has_value();
  r.webhook_id = fallback ? r.event_id + "-fb" : r.event_id;
  r.sink = q.text();
  r.rule = q.text();
  r.standing = standing_named(q.text());
  r.added = q.time();
  base::wall_time const due = q.time();
  r.at = q.maybe_time().value_or(due);
  r.tries = q.small();
  r.answer = q.text();
  r.why = q.text();
  r.behind_pause = q.flag() && r.standing == standing::waiting;
  return r;
}

std::string const& lone_receipt_select() {
  static std::string const sql = [] {
    std::string text(receipt_select);
    return text.insert(text.find(" FROM "), fmt::format(", {}", event_columns));
  }();
  return sql;
}

receipt read_lone_receipt(query& q) {
  receipt r = read_receipt(q);
  r.summary = model::summary(read_event(q));
  return r;
}

base::result<std::optional<connection>> open_existing(std::string const& path, connection (*connect)(std::string)) {
  try {
    connection file = connect(path);
    try {
      file.execute("BEGIN");  // one state is looked at
      bool const bare = kin(file) == kinship::empty;
      auto why = bare ? std::nullopt : unfit(file, true);
      file.execute("COMMIT");
      if (bare) return std::optional<connection>();
      if (why) return base::error{std::move(*why)};
    } catch (SQLite::Exception const& e) {
      return base::error{explain(e, file, "read").what()};
    }
    return std::optional<connection>(std::move(file));
  } catch (SQLite::Exception const& e) {
    return base::error{fmt::format("cannot open {}: {}", path, e.what())};
  }
}

}  // namespace buildwatch::store
