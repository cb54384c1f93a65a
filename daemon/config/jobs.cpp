// An item of `jobs`.
#include <algorithm>
#include <array>

#include "config/decode.hpp"
#include "config/fields.hpp"
#include "config/sections.hpp"
#include "config/wording.hpp"

namespace buildwatch::config {
namespace {

bool job_id_like(std::string_view text) {
  return text.size() == 32 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
         });
}

void read_job_id(cursor const& c, draft_job& j) {
  j.job_id_at = c.at.at;
  auto s = read_scalar(c, "a job id of 32 letters and digits");
  if (!s) return;
  if (job_id_like(s->text)) {
    j.job.job_id = s->text;
  } else {
    unexpected(c, *s, "a job id of 32 letters and digits");
  }
}

/// `latest`, as without the key, or a number.
void read_build(fields const& f, draft_job& j) {
  constexpr std::string_view expected = "latest, or a whole number from 1 to 2147483647";
  auto const c = f.find("build");
  if (!c) return;
  auto const s = read_scalar(*c, expected);
  if (s && s->text == "latest") return;
  auto const number = s ? as_number(*c, *s, 1, 2'147'483'647, expected) : std::nullopt;
  j.build_known = number.has_value();
  j.job.build = number.value_or(0);
}

/// A word of `outcomes`, unless another outcome has it already.
void add_word(cursor const& c, model::outcome meaning, model::outcome_words& words) {
  auto text = read_text(c, "a word of build_result", 128);
  if (!text) return;
  if (model::undecided_word(*text))
    return c.error("this word says that a build is not decided yet, never how it ended");
  auto const same = [&](auto const& w) { return model::equal_ignoring_case(w.first, *text); };
  auto const known = std::ranges::find_if(words, same);
  if (known == words.end()) {
    words.emplace_back(std::move(*text), meaning);
  } else if (known->second != meaning) {
    c.error("this word stands under `" + std::string(model::to_string(known->second)) + "` already");
  }
}

model::outcome_words read_outcomes(cursor const& c) {
  constexpr std::size_t most = 256;
  model::outcome_words words;
  fields const f(c, outcomes_keys());
  f.check();
  for (auto const& k : outcomes_keys()) {
    auto const list = f.find(k.name);
    if (!list || !is_list(*list, "a list of words such as [DEPLOY_ERROR]")) continue;
    for (std::size_t i = 0; i < list->at.items.size(); ++i)
      add_word(list->item(i), *model::outcome_named(k.name), words);
    if (words.size() > most) list->error("at most " + std::to_string(most) + " words");
  }
  std::ranges::sort(words);
  return words;
}

std::uint32_t number_of(std::string name, draft& into) {
  auto const [at, added] = into.provider_numbers.emplace(name, static_cast<std::uint32_t>(into.provider_names.size()));
  if (added) into.provider_names.push_back(std::move(name));
  return at->second;
}

void read_names(fields const& f, draft_job& j, draft& into) {
  if (auto const c = f.require("name")) {
    j.name_at = c->at.at;
    j.job.name = read_name(*c).value_or("");
  }
  if (auto const c = f.find("provider")) {
    j.provider_at = c->at.at;
    j.provider_name = unknown_provider;
    auto name = read_text(*c, "the name of a provider");
    if (name) j.provider_name = number_of(std::move(*name), into);
  }
  if (auto const c = f.require("job_id")) read_job_id(*c, j);
}

}  // namespace

void read_job(cursor const& c, std::size_t index, draft& into) {
  fields const f(c, job_keys());
  f.check();
  if (!f.valid()) return;
  draft_job j;
  j.index = static_cast<std::uint32_t>(index);
  j.at = {c.in.file.order, c.at.at};
  read_names(f, j, into);
  read_build(f, j);
  auto const labels = f.find("labels");
  j.job.labels = into.labels.share(labels ? read_labels(*labels) : model::labels{});
  auto const outcomes = f.find("outcomes");
  auto words = outcomes ? read_outcomes(*outcomes) : model::outcome_words{};
  if (!words.empty()) j.job.outcomes = into.outcomes.share(std::move(words));
  j.times = into.times.share(read_times(f));
  into.jobs.push_back(std::move(j));
}

}  // namespace buildwatch::config
