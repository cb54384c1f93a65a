#include "buildwatch/watch/loop.hpp"

#include <boost/asio/post.hpp>
#include <iterator>

#include "watch/duration_counts.hpp"
#include "watch/loop_state.hpp"

namespace buildwatch::watch {
namespace {

namespace asio = boost::asio;

// How often a provider that pauses for refused credentials is looked at for others.
constexpr base::duration credential_look = std::chrono::seconds(5);
// How often what has changed without a transition is stored.
constexpr base::duration remember_every = std::chrono::minutes(1);

}  // namespace

loop::state::state(loop_parts given, options what, memory const& known)
    : parts(std::move(given)),
      engine(std::move(what), known, parts.clock.now()),
      tick([this] { run_tick(); }),
      look([this] { look_for_credentials(); }),
      minute([this] { run_minute(); }) {
  numbers.lag.buckets.resize(bucket_count);
  numbers.took.buckets.resize(bucket_count);
  auto const& providers = engine.settings().providers;
  for (std::size_t i = 0; i < providers.size(); ++i) {
    lanes.push_back(std::make_unique<lane>(std::move(parts.sources[i]), providers[i].name, providers[i].connections));
  }
  parts.sources.clear();
}

void loop::state::run_tick() {
  armed = base::time_point::max();
  engine.tick(parts.clock.now(), todo);
  carry_out(me.lock(), nullptr);
}

void loop::state::run_minute() {
  parts.alarms.set(minute, parts.clock.now().mono + remember_every);
  remember = true;
  if (!committing) start_journal(me.lock());
}

// `free_hand`: the lane whose worker calls this and takes the next question of it without being woken.
void loop::state::carry_out(std::shared_ptr<state> const& self, lane const* free_hand) {
  // A coroutine spawned from here runs at once and may come back in: it must find an empty `todo`, and this list must
  // not move.
  commands now = std::exchange(spare, {});
  std::swap(now, todo);
  for (base::log_event const& e : now.logs) {
    if (parts.log.wants(e.level)) parts.log.write(e);
  }
  for (ask const& question : now.asks) hand_out(self, question, free_hand);
  std::move(now.commits.begin(), now.commits.end(), std::back_inserter(found));
  std::move(now.notes.begin(), now.notes.end(), std::back_inserter(noted));
  std::move(now.recalls.begin(), now.recalls.end(), std::back_inserter(to_recall));
  if (now.remember) remember = true;
  now.clear();
  spare = std::move(now);
  if (journal_owes() && !committing) start_journal(self);
  arm();
}

void loop::state::hand_out(std::shared_ptr<state> const& self, ask const& question, lane const*& free_hand) {
  lane& l = *lanes[question.provider];
  l.waiting.push_back(question);
  if (std::exchange(free_hand, free_hand == &l ? nullptr : free_hand) == &l) return;
  if (!l.idle.wake_one() && l.workers < l.most_workers) hire(self, l);
}

void loop::state::look_for_credentials() {
  base::instant const now = parts.clock.now();
  for (provider_index i = 0; i < lanes.size(); ++i) {
    if (engine.refused(i) && lanes[i]->source->credential_changed()) engine.renewed(i, now, todo);
  }
  carry_out(me.lock(), nullptr);
}

void loop::state::arm() {
  for (provider_index i = 0; i < lanes.size() && !look.set(); ++i) {
    if (engine.refused(i)) parts.alarms.set(look, parts.clock.now().mono + credential_look);
  }
  base::time_point const next = engine.next_due();
  if (next == armed) return;
  armed = next;
  if (next == base::time_point::max()) {
    parts.alarms.clear(tick);
  } else {
    parts.alarms.set(tick, next);
  }
}

void loop::state::record(std::string const& task, std::exception_ptr const& e) {
  base::log_event event;
  event.level = base::log_level::error;
  event.id = "internal.error";
  event.text = task + ": internal error: " + base::text_of(e);
  parts.log.write(event);
}

void loop::state::stop() {
  stopping = true;
  engine.stop();
  to_recall.clear();
  parts.alarms.clear(look);
  parts.alarms.clear(minute);
  arm();
  for (auto const* const some : {&lanes, &leaving}) {
    for (auto const& l : *some) {
      l->waiting.clear();
      l->idle.wake_all();
      l->source->stop();
    }
  }
  finish_stop();
}

void loop::state::finish_stop() {
  if (!stopping || workers > 0 || committing || !done) return;
  if (!std::exchange(last_words, true)) {
    remember = true;
    start_journal(me.lock());  // comes back here
    return;
  }
  asio::post(parts.executor, std::exchange(done, {}));
}

void loop::state::abandon() {
  stopping = true;
  engine.stop();
  for (ticker* const t : {&tick, &look, &minute}) parts.alarms.clear(*t);
  for (auto const* const some : {&lanes, &leaving}) {
    for (auto const& l : *some) l->idle.clear();
  }
  journal_done.clear();
}

loop::loop(loop_parts parts, options what, memory const& known)
    : state_(std::make_shared<state>(std::move(parts), std::move(what), known)) {
  state_->me = state_;
}

loop::~loop() { state_->abandon(); }

void loop::start() {
  state& s = *state_;
  s.parts.alarms.set(s.minute, s.parts.clock.now().mono + remember_every);
  s.run_tick();
}

void loop::stop(std::function<void()> done) {
  state_->done = std::move(done);
  state_->stop();
}

job_standing loop::standing_of(job_index job) const {
  return state_->engine.standing_of(job, state_->parts.clock.now());
}
provider_standing loop::standing_of_provider(provider_index which) const {
  return state_->engine.standing_of_provider(which);
}
options const& loop::settings() const { return state_->engine.settings(); }
engine_counts loop::counts() const { return state_->engine.counts(); }
void loop::count(job_index first, std::size_t most, engine_counts& into) const {
  state_->engine.count(first, most, into);
}
loop_statistics const& loop::statistics() const { return state_->numbers; }

}  // namespace buildwatch::watch
