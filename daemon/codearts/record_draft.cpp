#include "codearts/record_draft.hpp"

#include <chrono>
#include <utility>

#include "buildwatch/model/outcome.hpp"
#include "codearts/numbers.hpp"
#include "codearts/plain_text.hpp"
#include "codearts/web_url.hpp"

namespace buildwatch::codearts {
namespace {

constexpr std::size_t longest_source = 1024;

std::string_view string_of(json_kind kind, std::string_view text) {
  return kind == json_kind::string ? text : std::string_view();
}

/// Nothing says whether start_time counts milliseconds, as other calls do, or seconds. A number tells by its size:
/// 100,000,000,000 is a day of 1973 in the one and of 5138 in the other.
std::optional<base::wall_time> moment_of(json_kind kind, std::string_view text) {
  constexpr std::uint64_t least_milliseconds = 100'000'000'000;
  constexpr std::uint64_t end_of_9999 = 253'402'300'799'999;
  auto value = whole_number(kind, text);
  if (!value || *value == 0) return std::nullopt;
  if (*value < least_milliseconds) *value *= 1000;
  if (*value > end_of_9999) return std::nullopt;
  return base::wall_time(std::chrono::milliseconds(*value));
}

/// Milliseconds, as an int32 holds them.
std::optional<base::duration> duration_of(json_kind kind, std::string_view text) {
  auto const value = whole_number(kind, text);
  if (!value || *value == 0 || *value > 2147483647) return std::nullopt;
  return std::chrono::milliseconds(*value);
}

}  // namespace

void record_draft::take(std::string_view name, json_kind kind, std::string_view text) {
  if (name == "number") {
    number_ = build_number(kind, text);
  } else if (name == "job_running_status") {
    auto const status = string_of(kind, text);
    under_way_ = !status.empty() && !model::equal_ignoring_case(status, "Finished");
  } else if (name == "state") {
    word_ = clean_word(string_of(kind, text));
  } else if (name == "start_time") {
    started_at_ = moment_of(kind, text);
  } else if (name == "build_time") {
    build_time_ = duration_of(kind, text);
  } else if (name == "cost_time") {
    cost_time_ = duration_of(kind, text);
  } else {
    take_source(name, kind, text);
  }
}

void record_draft::take_source(std::string_view name, json_kind kind, std::string_view text) {
  auto const words = string_of(kind, text);
  if (name == "code_branch") {
    source_.branch = clean_word(words, longest_source);
  } else if (name == "commit_id") {
    source_.commit = clean_word(words, longest_source);
  } else if (name == "trigger_type") {
    source_.trigger = clean_word(words, longest_source);
  } else if (name == "commit_detail_url") {
    commit_url_ = web_url(words, longest_source);
  } else if (name == "scm_web_url") {
    repository_url_ = web_url(words, longest_source);
  }
}

model::build_record record_draft::finish(std::uint32_t otherwise) && {
  model::build_record out;
  out.number = number_.value == 0 && !number_.wrong ? otherwise : number_.value;
  out.running = under_way_ || model::undecided_word(word_);
  out.started_at = started_at_;
  if (!out.running) {
    out.word = std::move(word_);
    out.lasted = build_time_ ? build_time_ : cost_time_;
  }
  out.source = std::move(source_);
  out.source.url = std::move(commit_url_.empty() ? repository_url_ : commit_url_);
  return out;
}

}  // namespace buildwatch::codearts
