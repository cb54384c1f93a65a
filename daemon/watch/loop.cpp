#include "buildwatch/watch/loop.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <deque>
#include <exception>
#include <functional>
#include <iterator>
#include <string>
#include <utility>

#include "watch/lag.hpp"
#include "watch/parking.hpp"

namespace buildwatch::watch {
namespace {

namespace asio = boost::asio;

// So many events go into one transaction at most; the rest into the next.
constexpr std::size_t largest_commit = 1024;

// How often a provider that pauses for refused credentials is looked at for others.
constexpr base::duration credential_look = std::chrono::seconds(5);

std::string text_of(std::exception_ptr const& e) {
  try {
    std::rethrow_exception(e);
  } catch (std::exception const& known) {
    return known.what();
  } catch (...) {
    return "unknown exception";
  }
}

/// The questions of one provider and those who ask them.
struct lane {
  build_source* source = nullptr;
  std::string name;
  std::deque<ask> waiting;  // never more than the provider's connections: the engine sees to that
  parking idle;
  unsigned workers = 0;
  unsigned most_workers = 0;
  bool bug_logged = false;  // an exception escaped from the source, and was told
};

class ticker final : public base::alarm {
 public:
  explicit ticker(std::function<void()> what) : what_(std::move(what)) {}

 private:
  void ring(base::time_point) override { what_(); }
  std::function<void()> what_;
};

}  // namespace

struct loop::state {
  state(loop_parts given, options what);

  loop_parts parts;
  watch::engine engine;
  std::deque<lane> lanes;  // stays in place
  commands todo;
  commands spare;  // its memory is used again
  std::vector<commit> found;
  ticker tick;
  ticker look;
  base::time_point armed = base::time_point::max();
  loop_statistics numbers;
  std::function<void()> done;
  unsigned workers = 0;
  bool committing = false;
  bool stopping = false;

  void run_tick();
  void look_for_credentials();
  void answered_by(lane& of, ask const& question, base::instant sent, model::observation const& seen);
  void carry_out(std::shared_ptr<state> const& self, lane const* free_hand);
  void hand_out(std::shared_ptr<state> const& self, ask const& question, lane const*& free_hand);
  void arm();
  void record(std::string const& task, std::exception_ptr const& e);
  void finish_stop();

  static void hire(std::shared_ptr<state> const& self, lane& of);
  static void start_commit(std::shared_ptr<state> const& self);
  static asio::awaitable<void> work(std::shared_ptr<state> self, lane& of);
  static asio::awaitable<void> store(std::shared_ptr<state> self);

  std::weak_ptr<state> me;
};

loop::state::state(loop_parts given, options what)
    : parts(std::move(given)),
      engine(std::move(what), parts.clock.now()),
      tick([this] { run_tick(); }),
      look([this] { look_for_credentials(); }) {
  numbers.lag_buckets.resize(lag_bucket_count);
  auto const& providers = engine.settings().providers;
  for (std::size_t i = 0; i < providers.size(); ++i) {
    lane& l = lanes.emplace_back();
    l.source = parts.sources[i];
    l.name = providers[i].name;
    l.most_workers = providers[i].connections;
  }
}

void loop::state::run_tick() {
  armed = base::time_point::max();
  engine.tick(parts.clock.now(), todo);
  carry_out(me.lock(), nullptr);
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
  now.clear();
  spare = std::move(now);
  if (!found.empty() && !committing) start_commit(self);
  arm();
}

void loop::state::hand_out(std::shared_ptr<state> const& self, ask const& question, lane const*& free_hand) {
  lane& l = lanes[question.provider];
  l.waiting.push_back(question);
  if (std::exchange(free_hand, free_hand == &l ? nullptr : free_hand) == &l) return;
  if (!l.idle.wake_one() && l.workers < l.most_workers) hire(self, l);
}

void loop::state::look_for_credentials() {
  base::instant const now = parts.clock.now();
  for (provider_index i = 0; i < lanes.size(); ++i) {
    if (engine.refused(i) && lanes[i].source->credential_changed()) engine.renewed(i, now, todo);
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
  event.text = task + ": internal error: " + text_of(e);
  parts.log.write(event);
}

void loop::state::hire(std::shared_ptr<state> const& self, lane& of) {
  ++of.workers;
  ++self->workers;
  asio::co_spawn(self->parts.executor, work(self, of), [self, &of](std::exception_ptr const& e) {
    --of.workers;
    --self->workers;
    if (e) self->record("watching provider " + of.name, e);
    if (!of.waiting.empty() && !self->stopping) hire(self, of);
    self->finish_stop();
  });
}

asio::awaitable<void> loop::state::work(std::shared_ptr<state> self, lane& of) {
  model::observation seen;
  while (!self->stopping) {
    if (of.waiting.empty()) {
      co_await of.idle.wait();
      continue;
    }
    ask const question = of.waiting.front();
    of.waiting.pop_front();
    base::instant const sent = self->parts.clock.now();
    ++self->numbers.lag_buckets[lag_bucket_of(sent.mono - question.due)];
    std::exception_ptr escaped;
    try {
      co_await of.source->ask(question.query, seen);
    } catch (...) {
      escaped = std::current_exception();
    }
    if (!escaped) {
      of.bug_logged = false;
    } else {
      if (!std::exchange(of.bug_logged, true)) self->record("asking provider " + of.name, escaped);
      seen = model::observation{};
      seen.text = "internal error: " + text_of(escaped);
    }
    self->answered_by(of, question, sent, seen);
  }
}

void loop::state::answered_by(lane& of, ask const& question, base::instant sent, model::observation const& seen) {
  bool const failed = seen.sight == model::sight::failed;
  if (!stopping || !failed) ++numbers.polls;  // what a stop has cut short is no poll
  if (!stopping && failed) ++numbers.failed_polls;
  answered const in{question.job, sent, seen};
  engine.answer(in, parts.clock.now(), todo);
  carry_out(me.lock(), &of);
}

void loop::state::start_commit(std::shared_ptr<state> const& self) {
  self->committing = true;
  asio::co_spawn(self->parts.executor, store(self), [self](std::exception_ptr const& e) {
    self->committing = false;
    if (e) self->record("storing transitions", e);
    if (!self->found.empty()) start_commit(self);
    self->finish_stop();
  });
}

asio::awaitable<void> loop::state::store(std::shared_ptr<state> self) {
  while (!self->found.empty()) {
    auto const end = self->found.begin() + static_cast<std::ptrdiff_t>(std::min(self->found.size(), largest_commit));
    std::vector<std::uint64_t> tokens;
    std::vector<model::event> events;
    for (auto at = self->found.begin(); at != end; ++at) {
      tokens.push_back(at->token);
      events.push_back(std::move(at->event));
    }
    self->found.erase(self->found.begin(), end);

    std::string why;
    bool stored = false;
    std::exception_ptr escaped;
    try {
      base::result<void> const result = co_await self->parts.journal.commit(std::move(events));
      stored = result.has_value();
      if (!stored) why = result.error().text;
    } catch (...) {
      escaped = std::current_exception();
    }
    if (escaped) why = "internal error: " + text_of(escaped);
    base::instant const now = self->parts.clock.now();
    for (std::uint64_t const token : tokens) {
      committed const what{token, stored, why};
      self->engine.settle(what, now, self->todo);
    }
    self->carry_out(self, nullptr);
  }
}

void loop::state::finish_stop() {
  if (!stopping || workers > 0 || committing || !done) return;
  asio::post(parts.executor, std::exchange(done, {}));
}

loop::loop(loop_parts parts, options what) : state_(std::make_shared<state>(std::move(parts), std::move(what))) {
  state_->me = state_;
}

loop::~loop() {
  state_->stopping = true;
  state_->engine.stop();
  state_->parts.alarms.clear(state_->tick);
  state_->parts.alarms.clear(state_->look);
  for (lane& l : state_->lanes) l.idle.clear();
}

void loop::start() { state_->run_tick(); }

void loop::stop(std::function<void()> done) {
  state& s = *state_;
  s.stopping = true;
  s.done = std::move(done);
  s.engine.stop();
  s.parts.alarms.clear(s.look);
  s.arm();
  for (lane& l : s.lanes) {
    l.waiting.clear();
    l.idle.wake_all();
  }
  for (build_source* source : s.parts.sources) source->stop();
  s.finish_stop();
}

engine_counts loop::counts() const { return state_->engine.counts(); }
loop_statistics const& loop::statistics() const { return state_->numbers; }

}  // namespace buildwatch::watch
