#include "config/reader.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <optional>
#include <streambuf>
#include <unordered_map>
#include <vector>

#include "config/syntax_fault.hpp"
#include "config/utf8.hpp"
#include "config/wording.hpp"

namespace buildwatch::config {
namespace {

// No configuration needs more than eight levels; yaml-cpp recurses with each.
constexpr std::size_t deepest = 30;

/// Thrown through yaml-cpp to leave a file early.
struct stop_reading {
  mark at;
  std::string_view why;  ///< empty: everything is said already
};

/// Lets yaml-cpp read the text where it lies.
class view_buffer final : public std::streambuf {
 public:
  explicit view_buffer(std::string_view text) {
    char* const begin = const_cast<char*>(text.data());  // a get area takes char*, and is never written to
    setg(begin, begin, begin + text.size());
  }
};

/// A list or map that has begun and not ended.
struct open_node {
  node value;
  bool flow = false;
  std::size_t count = 0;  ///< items so far
  bool has_key = false;   ///< map: a key came and its value not yet
  bool dropped = false;   ///< the value of a key that was complained about
  std::string key;
  mark key_at;
  std::unordered_map<std::string, std::uint32_t> lines{};  ///< of keys: filled for the root and for large maps
};

class builder final : public YAML::EventHandler {
 public:
  builder(std::string_view text, source const& file, complaints& out, receiver& to)
      : text_(text), file_(file), out_(out), to_(to) {}

  void OnDocumentStart(YAML::Mark const& at) override {
    if (++documents_ < 2) return;
    out_.error(file_, to_mark(at), "", "a second document begins here; only one is read");
    throw stop_reading{};
  }
  void OnDocumentEnd() override {}
  void OnNull(YAML::Mark const& at, YAML::anchor_t anchor) override {
    refuse_extras(at, "", anchor);
    node n;
    bool const is_key = !open_.empty() && open_.back().value.kind == node::type::map && !open_.back().has_key;
    n.at = is_key || written_out(at) ? to_mark(at) : nearest_key(to_mark(at));
    done(std::move(n));
  }
  void OnAlias(YAML::Mark const& at, YAML::anchor_t) override {
    out_.error(file_, to_mark(at), here(), "aliases are not supported");
    node n;
    n.kind = node::type::broken;
    n.at = to_mark(at);
    done(std::move(n));
  }
  void OnScalar(YAML::Mark const& at, std::string const& tag, YAML::anchor_t anchor,
                std::string const& value) override {
    refuse_extras(at, tag, anchor);
    refuse_open_quote(at);
    node n;
    n.kind = node::type::scalar;
    n.plain = tag != "!";
    n.at = to_mark(at);
    n.text = value;
    done(std::move(n));
  }
  void OnSequenceStart(YAML::Mark const& at, std::string const& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(node::type::list, at, tag, anchor, style);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(YAML::Mark const& at, std::string const& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(node::type::map, at, tag, anchor, style);
  }
  void OnMapEnd() override { close(); }

  /// Where the innermost `[` or `{` stands that is still open.
  [[nodiscard]] std::optional<mark> open_flow() const {
    for (auto o = open_.rbegin(); o != open_.rend(); ++o) {
      if (o->flow) return o->value.at;
    }
    return std::nullopt;
  }

 private:
  void open(node::type kind, YAML::Mark const& at, std::string const& tag, YAML::anchor_t anchor,
            YAML::EmitterStyle::value style) {
    if (open_.size() >= deepest) throw stop_reading{to_mark(at), "nested too deeply"};
    refuse_extras(at, tag, anchor);
    open_node o;
    o.value.kind = kind;
    o.value.at = to_mark(at);
    o.flow = style == YAML::EmitterStyle::Flow;
    open_.push_back(std::move(o));
  }

  void close() {
    node n = std::move(open_.back().value);
    open_.pop_back();
    done(std::move(n));
  }

  /// A piece is complete: a key, a value, an item, or the whole document.
  void done(node n) {
    if (open_.empty()) return whole(n);
    open_node& up = open_.back();
    if (up.value.kind == node::type::list) return item(up, std::move(n));
    if (!up.has_key) return key(up, std::move(n));
    up.has_key = false;
    if (up.dropped) return;
    if (open_.size() == 1) return to_.entry(up.key, up.key_at, n);
    up.value.entries.push_back({std::move(up.key), up.key_at, std::move(n)});
  }

  void item(open_node& list, node n) {
    std::size_t const index = list.count++;
    open_node const& root = open_.front();
    if (open_.size() == 2 && root.has_key && root.key == "jobs") {
      if (!root.dropped) to_.job(index, n);
      return;
    }
    list.value.items.push_back(std::move(n));
  }

  void key(open_node& map, node n) {
    map.dropped = false;
    map.key_at = n.at;
    if (n.kind != node::type::scalar) {
      if (n.kind != node::type::broken) out_.error(file_, n.at, here(), "a key must be text");
      map.dropped = true;
    } else if (n.plain && n.text == "<<") {
      out_.error(file_, n.at, here(), "merge keys are not supported");
      map.dropped = true;
    }
    map.key = std::move(n.text);
    map.has_key = true;
    if (!map.dropped) refuse_twice(map);
  }

  void refuse_twice(open_node& map) {
    constexpr std::size_t small = 32;
    bool const root = open_.size() == 1;
    if (map.lines.empty() && (root || map.value.entries.size() >= small)) {
      for (auto const& e : map.value.entries) map.lines.emplace(e.key, e.key_at.line);
    }
    std::uint32_t first = 0;
    if (root || !map.lines.empty()) {
      auto const [at, added] = map.lines.emplace(map.key, map.key_at.line);
      if (!added) first = at->second;
    } else {
      auto const at = std::ranges::find(map.value.entries, map.key, &node::entry::key);
      if (at != map.value.entries.end()) first = at->key_at.line;
    }
    if (first == 0) return;
    out_.error(file_, map.key_at, here(), "this key stands twice; first on line " + std::to_string(first));
    map.dropped = true;
  }

  void whole(node const& n) {
    if (n.kind == node::type::map || n.kind == node::type::nothing || n.kind == node::type::broken) return;
    out_.error(file_, n.at, "",
               "expected keys such as `jobs:`, found " + std::string(n.kind == node::type::list ? "a list" : "text"));
  }

  void refuse_extras(YAML::Mark const& at, std::string const& tag, YAML::anchor_t anchor) {
    if (anchor != 0) out_.error(file_, to_mark(at), here(), "anchors are not supported");
    // Quoted text has the tag "!" of itself; written out, the exclamation mark stands in the file.
    bool const given = tag == "!" ? byte_at(at) == '!' : !tag.empty() && tag != "?";
    if (given) out_.error(file_, to_mark(at), here(), "tags are not supported");
  }

  /// yaml-cpp takes the end of the file for the end of a quoted text.
  void refuse_open_quote(YAML::Mark const& at) const {
    char const quote = byte_at(at);
    if (quote != '"' && quote != '\'') return;
    auto pos = static_cast<std::size_t>(at.pos) + 1;
    for (; pos < text_.size(); ++pos) {
      if (text_[pos] == '\\' && quote == '"') {
        ++pos;
      } else if (text_[pos] == quote) {
        bool const doubled = quote == '\'' && pos + 1 < text_.size() && text_[pos + 1] == quote;
        if (!doubled) return;
        ++pos;
      }
    }
    throw stop_reading{to_mark(at), "not valid YAML: the quote that opens here is never closed"};
  }

  [[nodiscard]] char byte_at(YAML::Mark const& at) const {
    auto const pos = static_cast<std::size_t>(at.pos);
    return pos < text_.size() ? text_[pos] : '\0';
  }

  /// An empty value comes with the mark of whatever follows; `~` and `null` come with their own.
  [[nodiscard]] bool written_out(YAML::Mark const& at) const {
    if (!open_.empty() && open_.back().has_key && open_.back().key_at.line != to_mark(at).line) return false;
    char const c = byte_at(at);
    return c == '~' || c == 'n' || c == 'N';
  }

  [[nodiscard]] mark nearest_key(mark otherwise) const {
    for (auto o = open_.rbegin(); o != open_.rend(); ++o) {
      if (o->has_key) return o->key_at;
    }
    return open_.empty() ? otherwise : open_.back().value.at;
  }

  [[nodiscard]] std::string here() const {
    std::string all;
    for (auto const& o : open_) {
      if (o.value.kind == node::type::list) {
        all.append("[").append(std::to_string(o.count)).append("]");
      } else if (o.has_key) {
        if (!all.empty()) all += '.';
        all += cleaned(o.key, 100);
      }
    }
    return all;
  }

  std::string_view text_;
  source const& file_;
  complaints& out_;
  receiver& to_;
  std::vector<open_node> open_;
  int documents_ = 0;
};

/// The only complaint of its file: what was said before rests on a misreading.
void refuse(source const& file, complaints& out, syntax_fault fault) {
  out.forget(file);
  out.error(file, fault.at, "", std::move(fault.text));
}

}  // namespace

bool read_yaml(std::string_view text, source const& file, complaints& out, receiver& to) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark is allowed (YAML 1.2 section 5.2)
  if (auto const bad = first_malformed(text)) {
    out.error(file, mark_of(text, *bad), "", "not UTF-8");
    return false;
  }
  if (auto const bad = first_control(text)) {
    out.error(file, mark_of(text, *bad), "", "a control character; YAML allows none");
    return false;
  }
  view_buffer buffer(text);
  std::istream in(&buffer);
  builder b(text, file, out, to);
  try {
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(b)) {
    }
  } catch (stop_reading const& stop) {
    if (stop.why.empty()) return true;
    refuse(file, out, {stop.at, std::string(stop.why)});
    return false;
  } catch (YAML::Exception const& e) {
    refuse(file, out, explain(text, e, b.open_flow()));
    return false;
  }
  return true;
}

}  // namespace buildwatch::config
