#include "service/recorder.hpp"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "buildwatch/model/log_fields.hpp"

namespace buildwatch::service {

store::entry recorder::entry_of(watch::transition what) const {
  store::entry e;
  auto const routes = routes_->rules.routes_for(what.event);
  for (std::size_t i = 0; i < routes.size(); ++i) {
    if (routes[i].owed) {
      e.owed.push_back({routes_->sinks[i], routes[i].why});
    } else {
      e.not_asked.emplace_back(routes_->sinks[i], routes[i].why);
    }
  }
  e.what = std::move(what);
  return e;
}

namespace {

/// Where a finished build stands in the batch, and what the store knows around it.
std::vector<store::build_name> finished_in(std::vector<watch::transition> const& what) {
  std::vector<store::build_name> all;
  for (watch::transition const& t : what) {
    model::event const& e = t.event;
    if (e.type == model::event_type::build_finished) all.push_back({e.provider, e.job->job_id, e.build->number});
  }
  return all;
}

bool decides(model::outcome o) { return o != model::outcome::aborted && o != model::outcome::unknown; }

/// What an earlier event of the same batch adds to what the store knows.
void look_at(model::event const& earlier, model::event const& e, store::neighbours& around) {
  if (earlier.type != model::event_type::build_finished || earlier.provider != e.provider ||
      earlier.job->job_id != e.job->job_id) {
    return;
  }
  model::build const& b = *earlier.build;
  if (!b.outcome || !decides(*b.outcome)) return;
  if (b.number > e.build->number) around.overtaken = true;
  if (b.number < e.build->number && (!around.before || around.before->number < b.number)) {
    around.before = model::previous_build{b.number, *b.outcome};
  }
}

}  // namespace

/// What came of each finished build, against those before it.
boost::asio::awaitable<base::result<void>> recorder::compare(std::vector<watch::transition>& what) {
  auto names = finished_in(what);
  if (names.empty()) co_return base::result<void>{};
  auto known = co_await kept_.around(std::move(names));
  if (!known) co_return std::move(known).error();
  auto at = known->begin();
  for (std::size_t i = 0; i < what.size(); ++i) {
    model::event& e = what[i].event;
    if (e.type != model::event_type::build_finished) continue;
    store::neighbours& around = *at++;
    for (std::size_t j = 0; j < i; ++j) look_at(what[j].event, e, around);
    e.previous = around.before;
    e.change = model::change_of(e.build->outcome.value_or(model::outcome::unknown), around.before, around.overtaken);
  }
  co_return base::result<void>{};
}

boost::asio::awaitable<base::result<void>> recorder::commit(std::vector<watch::transition> what) {
  if (auto compared = co_await compare(what); !compared) {
    note(false);
    co_return compared;
  }
  std::vector<store::entry> entries;
  entries.reserve(what.size());
  for (watch::transition& t : what) entries.push_back(entry_of(std::move(t)));
  std::vector<store::entry> sent;
  bool const told = log_.wants(base::log_level::debug);
  if (told) sent = entries;
  auto result = co_await kept_.add(std::move(entries));
  note(result.has_value());
  if (!result) co_return std::move(result).error();
  std::vector<notify::created> owed;
  for (std::size_t i = 0; i < result->size(); ++i) {
    store::stored& s = (*result)[i];
    if (told) tell(s, sent[i]);
    if (audience_ && !s.known) audience_->told(*s.event);
    std::move(s.owed.begin(), s.owed.end(), std::back_inserter(owed));
  }
  deliveries_.add(std::move(owed));
  co_return base::result<void>{};
}

boost::asio::awaitable<base::result<std::vector<forecast::past_build>>> recorder::history(std::string provider,
                                                                                          std::string job_id) {
  return kept_.history(std::move(provider), std::move(job_id));
}

boost::asio::awaitable<base::result<void>> recorder::remember(watch::memory what) {
  std::vector<watch::old_build> builds;
  if (audience_) builds = what.builds;
  auto result = co_await kept_.remember(std::move(what));
  if (result && audience_ && !builds.empty()) audience_->remembered(builds);
  co_return result;
}

void recorder::note(bool well) {
  if (well && std::exchange(failing_, !well)) {
    log_.write({base::log_level::info, "journal.works", "transitions can be stored again", {}});
  }
  failing_ = !well;
}

/// Who is told and who is not, and why.
void recorder::tell(store::stored const& s, store::entry const& e) const {
  model::event const& event = *s.event;
  std::string text = fmt::format("{} {}: {}", event.id, to_string(event.type), summary(event));
  if (s.known) text += "; it was stored before, and is announced no second time";
  for (auto const& claim : e.owed) text += fmt::format("; {}: owed ({})", claim.sink, claim.rule);
  for (auto const& [sink, why] : e.not_asked) text += fmt::format("; {}: not asked ({})", sink, why);
  base::log_event line{base::log_level::debug, "event.committed", std::move(text), {}};
  model::add_fields(line, event);
  log_.write(line);
}

}  // namespace buildwatch::service
