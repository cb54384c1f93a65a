#include "store/rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "store/failure.hpp"

namespace buildwatch::store {
namespace {

using json = nlohmann::json;

constexpr int build_column_count = 15;

/// The value whose word this is. A word that is none of them was written by hand, or by another program.
template <class Enum>
Enum named(std::string const& word, Enum last) {
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    if (to_string(static_cast<Enum>(i)) == word) return static_cast<Enum>(i);
  }
  throw failure(fmt::format("the store holds the word '{}', which this program does not know", word), false);
}

template <class Enum>
std::optional<Enum> maybe_named(std::optional<std::string> const& word, Enum last) {
  return word ? std::optional(named(*word, last)) : std::nullopt;
}

template <class Enum>
std::optional<std::string_view> maybe_word(std::optional<Enum> const& value) {
  return value ? std::optional(to_string(*value)) : std::nullopt;
}

std::string dumped(json const& j) { return j.dump(-1, ' ', false, json::error_handler_t::replace); }

std::string labels_text(model::labels const& labels) {
  json all = json::object();
  for (auto const& [key, value] : labels) all[key] = value;
  return dumped(all);
}

model::labels labels_in(std::string const& text) {
  model::labels labels;  // an object's keys are sorted, as labels are
  json const all = json::parse(text);
  for (auto const& [key, value] : all.items()) labels.emplace_back(key, value.get<std::string>());
  return labels;
}

/// Empty: NULL.
std::optional<std::string_view> maybe(std::string const& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

std::optional<model::build_source> read_source(query& q) {
  model::build_source s;
  s.branch = q.maybe_text().value_or("");
  s.commit = q.maybe_text().value_or("");
  s.trigger = q.maybe_text().value_or("");
  s.url = q.maybe_text().value_or("");
  return s.empty() ? std::nullopt : std::optional(std::move(s));
}

}  // namespace

std::string marks(std::string_view columns, int but_first) {
  std::string all = "?";
  for (auto more = std::ranges::count(columns, ',') - but_first; more > 0; --more) all += ", ?";
  return all;
}

void bind_event(query& q, model::event const& e) {
  q.with(e.id, to_string(e.type), e.timestamp, e.provider);
  if (e.job) {
    q.with(e.job->job_id, e.job->name, labels_text(e.job->labels));
  } else {
    q.with(std::nullopt, std::nullopt, std::nullopt);
  }
  q.with(maybe_word(e.change));
  if (e.previous) {
    q.with(e.previous->number, to_string(e.previous->outcome));
  } else {
    q.with(std::nullopt, std::nullopt);
  }
  q.with(e.reason);
  if (e.build) return bind_build(q, *e.build);
  for (int i = 0; i < build_column_count; ++i) q.with(std::nullopt);
}

std::optional<model::previous_build> read_previous(query& q) {
  auto const number = q.maybe_small();
  auto const outcome = maybe_named(q.maybe_text(), model::outcome::unknown);
  if (!number || !outcome) return std::nullopt;
  return model::previous_build{*number, *outcome};
}

model::event read_event(query& q) {
  model::event e;
  e.sequence = q.number();
  e.id = q.text();
  e.type = named(q.text(), model::event_type::provider_recovered);
  e.timestamp = q.time();
  e.provider = q.text();
  auto job_id = q.maybe_text();
  auto name = q.maybe_text();
  auto const labels = q.maybe_text();
  if (job_id && name && labels) {
    e.job = model::job{std::move(*name), e.provider, std::move(*job_id), labels_in(*labels)};
  }
  e.change = maybe_named(q.maybe_text(), model::change::still_passing);
  e.previous = read_previous(q);
  e.reason = q.maybe_text();
  if (q.holds()) {
    e.build = read_build(q);
  } else {
    q.pass(build_column_count - 1);
  }
  return e;
}

void bind_build(query& q, model::build const& b) {
  q.with(b.number, b.building, maybe_word(b.outcome), b.result, b.region, b.started_at, b.finished_at, b.times_exact,
         b.last_seen_running, b.first_seen_finished);
  model::build_source const s = b.source.value_or(model::build_source());
  q.with(maybe(s.branch), maybe(s.commit), maybe(s.trigger), maybe(s.url), b.first_seen_running);
}

model::build read_build(query& q) {
  model::build b;
  b.number = q.small();
  b.building = q.flag();
  b.outcome = maybe_named(q.maybe_text(), model::outcome::unknown);
  b.result = q.text();
  b.region = q.text();
  b.started_at = q.maybe_time();
  b.finished_at = q.maybe_time();
  b.times_exact = q.flag();
  b.last_seen_running = q.maybe_time();
  b.first_seen_finished = q.maybe_time();
  b.source = read_source(q);
  b.first_seen_running = q.maybe_time();
  return b;
}

std::optional<forecast::past_build> read_past(query& q) {
  model::build b;
  b.number = q.small();
  b.outcome = maybe_named(q.maybe_text(), model::outcome::unknown);
  b.started_at = q.maybe_time();
  b.finished_at = q.maybe_time();
  b.first_seen_running = q.maybe_time();
  auto const lasted = model::length_of(b);
  if (!lasted) return std::nullopt;
  forecast::past_build past;
  past.number = b.number;
  past.lasted = *lasted;
  past.outcome = b.outcome.value_or(model::outcome::unknown);
  return past;
}

notify::owed read_owed(query& q) {
  notify::owed o;
  o.number = q.number();
  auto const refused = q.maybe_text();
  o.added = q.time();
  o.due = q.time();
  o.in_tries = q.lasting();
  o.tries = q.small();
  o.hit_by_pause = q.flag();
  o.answer = q.text();
  model::event e = read_event(q);
  o.webhook_id = webhook_id(e, refused.has_value());
  if (refused) e = told_instead(std::move(e), *refused);
  o.event = std::make_shared<model::event const>(std::move(e));
  return o;
}

void bind_reach(query& q, watch::reach_memory const& r) { q.with(r.told, r.told_begin, r.since, r.lasted); }

watch::reach_memory read_reach(query& q) {
  watch::reach_memory r;
  r.told = q.flag();
  r.told_begin = q.time();
  r.since = q.maybe_time();
  r.lasted = q.lasting();
  return r;
}

std::string reasons_text(reasons const& all) {
  json list = json::array();
  for (auto const& [sink, why] : all) list.push_back(json::array({sink, why}));
  return dumped(list);
}

reasons reasons_in(std::string const& text) {
  reasons all;
  json const list = json::parse(text);
  for (json const& one : list) all.emplace_back(one.at(0).get<std::string>(), one.at(1).get<std::string>());
  return all;
}

model::event told_instead(model::event e, std::string const& refused) {
  e.reason = e.reason ? refused + "; " + *e.reason : refused;
  return e;
}

std::string webhook_id(model::event const& e, bool fallback) { return fallback ? e.id + "-fb" : e.id; }

}  // namespace buildwatch::store
