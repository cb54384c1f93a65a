#include "service/jobs_page.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>

namespace buildwatch::service {
namespace {

using json = nlohmann::json;

/// Null where there is none.
json const& member(json const& of, char const* name) {
  static json const none;
  auto const at = of.find(name);
  return at == of.end() ? none : *at;
}

std::string text_of(json const& v) { return v.is_string() ? v.get<std::string>() : std::string(); }

std::optional<base::wall_time> time_of(json const& v) {
  return v.is_string() ? read_rfc3339(v.get_ref<std::string const&>()) : std::nullopt;
}

std::optional<std::pair<base::wall_time, base::wall_time>> span_of(json const& v) {
  if (!v.is_array() || v.size() != 2) return std::nullopt;
  auto const from = time_of(v[0]), to = time_of(v[1]);
  return from && to ? std::optional(std::pair(*from, *to)) : std::nullopt;
}

/// What is to be shown: `progress` tells of the newest that runs.
json const& build_of(json const& o, std::string_view state) {
  json const& running = member(o, "running");
  if (state == "running" && running.is_array() && !running.empty()) return running[0];
  return member(o, "build");
}

listed_job job_of(json const& o) {
  listed_job j;
  j.name = text_of(member(o, "name"));
  j.state = text_of(member(o, "state"));
  j.last_outcome = text_of(member(o, "last_outcome"));
  j.last_error = text_of(member(o, "last_error"));
  j.eta = time_of(member(o, "eta"));
  j.eta_between = span_of(member(o, "eta_between"));
  if (json const& p = member(o, "progress"); p.is_number()) j.progress = p.get<double>();
  json const& build = build_of(o, j.state);
  if (!build.is_object()) return j;
  if (json const& n = member(build, "number"); n.is_number_unsigned()) j.build = n.get<std::uint64_t>();
  j.outcome = text_of(member(build, "outcome"));
  if (member(build, "building") == true) j.started_at = time_of(member(build, "started_at"));
  j.finished_at = time_of(member(build, "finished_at"));
  return j;
}

/// Cuts the objects out of the array `jobs`, byte by byte as they stand there. The body is known to be JSON.
class cutter {
 public:
  explicit cutter(std::string_view body) : body_(body) {}

  std::vector<std::string> run() {
    for (std::size_t at = 0; at < body_.size(); ++at) {
      switch (body_[at]) {
        case '"': at = string(at); break;
        case '[':
        case '{': opened(at); break;
        case ']':
        case '}': closed(at); break;
        default: break;
      }
    }
    return std::move(texts_);
  }

 private:
  /// The place of the quote that ends it.
  std::size_t string(std::size_t begin) {
    std::size_t end = begin + 1;
    while (body_[end] != '"') end += body_[end] == '\\' ? 2 : 1;
    if (depth_ == 1) last_ = body_.substr(begin + 1, end - begin - 1);
    return end;
  }
  void opened(std::size_t at) {
    if (++depth_ == 2) wanted_ = body_[at] == '[' && last_ == "jobs";
    if (depth_ == 3) begin_ = at;
  }
  void closed(std::size_t at) {
    if (depth_-- != 3 || !wanted_) return;
    texts_.emplace_back(body_.substr(begin_, at + 1 - begin_));
    // Line breaks between its tokens, which a proxy may have put there.
    std::ranges::replace_if(
        texts_.back(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  }

  std::string_view body_;
  std::vector<std::string> texts_;
  std::string_view last_;  ///< string of the outermost object
  std::size_t depth_ = 0;
  std::size_t begin_ = 0;
  bool wanted_ = false;
};

base::error no_page(std::string const& why) { return {"the answer is no list of jobs: " + why}; }

/// Names are letters, digits and `._-`, so that `next` may stand in a target as it is.
bool is_name(std::string_view text) {
  auto const fits = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '_' ||
           c == '-';
  };
  return !text.empty() && text.size() <= 100 && std::ranges::all_of(text, fits);
}

/// A number of so many digits, taken off the front.
std::optional<int> digits(std::string_view& text, std::size_t count) {
  int n = 0;
  if (text.size() < count) return std::nullopt;
  auto const done = std::from_chars(text.data(), text.data() + count, n);
  if (done.ec != std::errc() || done.ptr != text.data() + count || n < 0) return std::nullopt;
  text.remove_prefix(count);
  return n;
}

bool taken(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

/// ".417": milliseconds, further decimals dropped.
std::chrono::milliseconds decimals(std::string_view& text) {
  std::chrono::milliseconds all{0};
  if (!taken(text, '.')) return all;
  for (int unit = 100; !text.empty() && text.front() >= '0' && text.front() <= '9'; unit /= 10) {
    all += std::chrono::milliseconds(unit * (text.front() - '0'));
    text.remove_prefix(1);
  }
  return all;
}

}  // namespace

base::result<jobs_page> read_jobs_page(std::string_view body, std::string_view after) {
  json const all = json::parse(body, nullptr, false);
  if (!all.is_object() || !member(all, "jobs").is_array()) return no_page("it is no JSON, or has no `jobs`");
  jobs_page page;
  for (json const& o : member(all, "jobs")) {
    page.jobs.push_back(o.is_object() ? job_of(o) : listed_job{});
    if (page.jobs.back().name.empty() || page.jobs.back().state.empty()) return no_page("a job has no name or state");
  }
  page.texts = cutter(body).run();
  if (page.texts.size() != page.jobs.size()) return no_page("its `jobs` can not be told apart");
  json const& next = member(all, "next");
  if (next.is_null()) return page;
  page.next = text_of(next);
  if (page.jobs.empty() || !is_name(*page.next) || *page.next <= after) return no_page("`next` leads nowhere");
  return page;
}

std::string error_message(std::string_view body) {
  json const all = json::parse(body, nullptr, false);
  if (!all.is_object() || !member(all, "error").is_object()) return {};
  return text_of(member(member(all, "error"), "message"));
}

std::optional<base::wall_time> read_rfc3339(std::string_view text) {
  namespace chrono = std::chrono;
  auto const year = digits(text, 4);
  auto const month = year && taken(text, '-') ? digits(text, 2) : std::nullopt;
  auto const day = month && taken(text, '-') ? digits(text, 2) : std::nullopt;
  auto const hour = day && taken(text, 'T') ? digits(text, 2) : std::nullopt;
  auto const minute = hour && taken(text, ':') ? digits(text, 2) : std::nullopt;
  auto const second = minute && taken(text, ':') ? digits(text, 2) : std::nullopt;
  if (!second) return std::nullopt;
  chrono::year_month_day const date{chrono::year(*year), chrono::month(static_cast<unsigned>(*month)),
                                    chrono::day(static_cast<unsigned>(*day))};
  auto const fraction = decimals(text);
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60 || text != "Z") return std::nullopt;
  return chrono::sys_days(date) + chrono::hours(*hour) + chrono::minutes(*minute) + chrono::seconds(*second) + fraction;
}

}  // namespace buildwatch::service
