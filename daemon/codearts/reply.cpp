#include "codearts/reply.hpp"

#include <array>
#include <utility>

#include "codearts/json_events.hpp"
#include "codearts/numbers.hpp"

namespace buildwatch::codearts {
namespace {

constexpr std::size_t max_text = 1024;

std::string_view cut(std::string_view text) { return text.substr(0, max_text); }

/// Where in the answer the reader stands.
enum class place : std::uint8_t { root, item, items, error, elsewhere };

/// Ranks of the places a code or message may stand in, best first: the order of the vendor's SDK (codearts-api.md 4.1),
/// the error object before what is nested anywhere.
enum rank : std::uint8_t {
  direct,
  in_error,
  in_error_reason,
  error_text,
  short_name,
  plain,
  plain_reason,
  title,
  nested
};

class reader {
 public:
  reader(reply& into, std::string_view region) : into_(into), region_(region) {}

  // The events of json_events.hpp.
  bool key(std::string_view name) {
    key_ = name;
    return true;
  }
  bool boolean(bool v) {
    flag_ = v;
    return value(json_kind::boolean, {});
  }
  bool value(json_kind kind, std::string_view text) {
    if (depth_ == 0) {
      into_.root = kind;
      root_text = text;
      return true;
    }
    switch (places_[depth_ - 1]) {
      case place::root: root_member(kind, text); break;
      case place::item: item_member(kind, text); break;
      case place::items:
        begin_item(kind);
        end_item();
        break;
      case place::error: error_member(kind, text); break;
      case place::elsewhere: nested_member(text); break;
    }
    return true;
  }

  bool open(json_kind kind) {
    if (depth_ == max_depth) return false;
    places_[depth_] = depth_ == 0 ? enter_root(kind) : enter(places_[depth_ - 1], kind);
    ++depth_;
    return true;
  }

  bool close() {
    --depth_;
    if (places_[depth_] == place::item) end_item();
    return true;
  }

  /// The text of a root that is a string.
  std::string root_text;

 private:
  place enter_root(json_kind kind) {
    into_.root = kind;
    return kind == json_kind::object ? place::root : place::elsewhere;
  }

  place enter(place parent, json_kind kind) {
    switch (parent) {
      case place::root:
        root_member(kind, {});
        if (key_ == "result") return enter_result(kind);
        return key_ == "error" ? place::error : place::elsewhere;
      case place::items:
        begin_item(kind);
        if (kind == json_kind::object) return place::item;
        end_item();
        return place::elsewhere;
      case place::item: item_member(kind, {}); return place::elsewhere;
      case place::error: return place::error;
      case place::elsewhere: break;
    }
    return place::elsewhere;
  }

  place enter_result(json_kind kind) {
    if (kind == json_kind::array) return place::items;
    begin_item(kind);
    return place::item;
  }

  void root_member(json_kind kind, std::string_view text) {
    if (key_ == "status") {
      into_.status_kind = kind;
      into_.status = cut(text);
    } else if (key_ == "result") {
      into_.result_kind = kind;
      if (into_.items != 0) into_.item = {};
      into_.items = 0;
    } else if (key_ == "error") {
      // null, "" and {} are no error, and an object or array counts by what stands in it.
      error_member(kind, text);
    } else if (key_ == "success") {
      if (kind == json_kind::boolean && !flag_) into_.error = true;
    } else if (!text.empty()) {
      error_words(text);
    }
  }

  /// Shapes a, b, c and h, and the plain names that the vendor's SDK reads next.
  void error_words(std::string_view text) {
    if (key_ == "error_code") {
      into_.error = true;
      into_.code.offer(direct, text);
    } else if (key_ == "error_msg") {
      into_.error = true;
      into_.message.offer(direct, text);
    } else if (key_ == "err_code" || key_ == "errCode") {
      into_.error = true;
      into_.code.offer(short_name, text);
    } else if (key_ == "code") {
      into_.code.offer(plain, text);
    } else if (key_ == "message") {
      into_.message.offer(plain, text);
    } else if (key_ == "reason") {
      into_.message.offer(plain_reason, text);
    }
  }

  /// Shapes d, e, f and i.
  void error_member(json_kind kind, std::string_view text) {
    if (kind == json_kind::boolean ? flag_ : !text.empty()) into_.error = true;
    if (key_ == "code" || key_ == "error_code") {
      into_.code.offer(in_error, text);
    } else if (key_ == "message" || key_ == "error_msg") {
      into_.message.offer(in_error, text);
    } else if (key_ == "reason") {
      into_.message.offer(in_error_reason, text);
    } else if (key_ == "title") {
      into_.message.offer(title, text);
    } else if (key_ == "error") {
      into_.message.offer(error_text, text);
    }
  }

  /// For the words of a failure only: unknown members of a good answer make it no failure.
  void nested_member(std::string_view text) {
    if (key_ == "error_code") into_.code.offer(nested, text);
    if (key_ == "error_msg") into_.message.offer(nested, text);
  }

  void begin_item(json_kind kind) {
    if (next_.kind != json_kind::absent) next_ = {};
    next_.kind = kind;
  }

  void item_member(json_kind kind, std::string_view text) {
    next_.empty = false;
    if (key_ == "building") {
      next_.building_kind = kind;
      next_.building = flag_;
    } else if (key_ == "build_result") {
      next_.word_kind = kind;
      next_.word = cut(text);
    } else if (key_ == "last_build_no") {
      next_.newest = build_number(kind, text);
    } else if (key_ == "is_running") {
      next_.running = kind == json_kind::boolean && flag_;
    } else if (key_ == "region") {
      next_.region = kind == json_kind::string ? cut(text) : std::string_view();
    } else {
      nested_member(text);
    }
  }

  void end_item() {
    bool const wanted = !region_.empty() && next_.region == region_ && into_.item.region != region_;
    if (into_.items == 0 || wanted) std::swap(into_.item, next_);
    ++into_.items;
  }

  reply& into_;
  std::string_view region_;
  std::array<place, max_depth> places_{};
  std::size_t depth_ = 0;
  std::string key_;
  bool flag_ = false;  ///< the last boolean
  reply_item next_;
};

/// Reads one JSON text; the value of a root that is a string ends up in `root_text`.
void read_text(std::string_view body, std::string_view region, reply& into, std::string& root_text) {
  reader events(into, region);
  into.valid = read_json(body, events);
  root_text = std::move(events.root_text);
}

}  // namespace

void ranked_text::offer(std::uint8_t offered_rank, std::string_view offered) {
  if (offered.empty() || offered_rank >= rank) return;
  text = cut(offered);
  rank = offered_rank;
}

reply read_reply(std::string_view body, std::string_view region) {
  reply out;
  std::string inner;
  read_text(body, region, out, inner);
  // Shape g. Once: a string in a string in a string is nobody's answer.
  if (out.valid && out.root == json_kind::string) {
    reply within;
    std::string ignored;
    read_text(inner, region, within, ignored);
    if (within.valid) {
      out = std::move(within);
    } else {
      out.message.offer(plain, inner);
    }
    out.in_string = true;
  }
  return out;
}

}  // namespace buildwatch::codearts
