#include "codearts/records.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <utility>

#include "codearts/json_events.hpp"
#include "codearts/numbers.hpp"
#include "codearts/record_draft.hpp"

namespace buildwatch::codearts {
namespace {

using records = std::vector<model::build_record>;

/// Keeps the newest `most_records`, each number once.
void keep(model::build_record&& made, records& in) {
  if (made.number == 0 || std::ranges::find(in, made.number, &model::build_record::number) != in.end()) return;
  if (in.size() < most_records) {
    in.push_back(std::move(made));
    return;
  }
  auto const oldest = std::ranges::min_element(in, {}, &model::build_record::number);
  if (oldest->number < made.number) *oldest = std::move(made);
}

class reader {
 public:
  reader(records_place const& place, records_found& found, records& into) : place_(place), found_(found), into_(into) {}

  // The events of json_events.hpp.
  bool key(std::string_view name) {
    key_ = name;
    return true;
  }
  bool boolean(bool) { return value(json_kind::boolean, {}); }
  bool value(json_kind kind, std::string_view text) {
    if (depth_ != 0) member(kind, text);
    return true;
  }
  bool open(json_kind kind) {
    if (depth_ == max_depth) return false;
    inside_[depth_] = depth_ == 0 ? inside::root : member(kind, {});
    ++depth_;
    return true;
  }
  bool close() {
    --depth_;
    if (inside_[depth_] == inside::record) keep(std::move(draft_).finish(place_.number), into_);
    return true;
  }

 private:
  enum class inside : std::uint8_t { root, result, array, record, elsewhere };

  /// A value that stands in what is open; what one finds inside it, if it opens.
  inside member(json_kind kind, std::string_view text) {
    switch (inside_[depth_ - 1]) {
      case inside::root:
        if (key_ != "result") break;
        if (place_.member.empty()) return begin_records(kind);
        found_ = {};
        into_.clear();
        return kind == json_kind::object ? inside::result : inside::elsewhere;
      case inside::result:
        if (key_ == place_.member) return begin_records(kind);
        if (key_ == "total_record") found_.none_kept = whole_number(kind, text) == 0u;
        break;
      case inside::array: return kind == json_kind::object ? begin_record() : inside::elsewhere;
      case inside::record: draft_.take(key_, kind, text); break;
      case inside::elsewhere: break;
    }
    return inside::elsewhere;
  }

  /// Of a member that stands twice the last one counts.
  inside begin_records(json_kind kind) {
    found_.kind = kind;
    into_.clear();
    if (kind == json_kind::array) return inside::array;
    return kind == json_kind::object && place_.member.empty() ? begin_record() : inside::elsewhere;
  }

  inside begin_record() {
    draft_ = {};
    return inside::record;
  }

  records_place place_;
  records_found& found_;
  records& into_;
  std::array<inside, max_depth> inside_{};
  std::size_t depth_ = 0;
  std::string key_;
  record_draft draft_;
};

}  // namespace

records_found read_records(std::string_view body, records_place const& place, records& into) {
  records_found found;
  into.clear();
  reader events(place, found, into);
  read_json(body, events);
  std::ranges::sort(into, std::greater(), &model::build_record::number);
  return found;
}

}  // namespace buildwatch::codearts
