// Who asks: the workers of each lane.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "watch/duration_counts.hpp"
#include "watch/loop_state.hpp"

namespace buildwatch::watch {
namespace {

namespace asio = boost::asio;

/// Stands in its lane's list of what is under way while it lives.
class registered {
 public:
  registered(lane& of, errand& what) : of_(of), what_(what) { of_.under_way.push_back(&what_); }
  ~registered() { std::erase(of_.under_way, &what_); }
  registered(registered const&) = delete;
  registered& operator=(registered const&) = delete;

 private:
  lane& of_;
  errand& what_;
};

}  // namespace

void loop::state::hire(std::shared_ptr<state> const& self, lane& of) {
  ++of.workers;
  ++self->workers;
  asio::co_spawn(self->parts.executor, work(self, of), [self, &of](std::exception_ptr const& e) {
    --of.workers;
    --self->workers;
    if (e) self->record("watching provider " + of.name, e);
    if (!of.waiting.empty() && !of.leaving && of.workers < of.most_workers && !self->stopping) hire(self, of);
    if (of.leaving && of.workers == 0) self->let_go(of);
    self->finish_stop();
  });
}

asio::awaitable<void> loop::state::work(std::shared_ptr<state> self, lane& of) {
  model::observation seen;
  errand what;
  while (!self->stopping && !of.crowded()) {
    if (of.waiting.empty()) {
      co_await of.idle.wait();
      continue;
    }
    what.question = of.waiting.front();
    of.waiting.pop_front();
    what.job_id = what.question.query.job_id;
    what.question.query.job_id = what.job_id;
    what.of_nobody = what.of_no_provider = false;
    base::instant const sent = self->parts.clock.now();
    self->numbers.lag.add(sent.mono - what.question.due);
    std::exception_ptr escaped;
    {
      registered const under_way(of, what);
      try {
        co_await of.source->ask(what.question.query, seen);
      } catch (...) {
        escaped = std::current_exception();
      }
    }
    if (!escaped) {
      of.bug_logged = false;
    } else {
      if (!std::exchange(of.bug_logged, true)) self->record("asking provider " + of.name, escaped);
      seen = model::observation{};
      seen.text = "internal error: " + base::text_of(escaped);
    }
    self->answered_by(of, what, sent, seen);
  }
}

void loop::state::answered_by(lane& of, errand const& what, base::instant sent, model::observation const& seen) {
  bool const failed = seen.sight == model::sight::failed;
  if (!stopping || !failed) ++numbers.polls;  // what a stop has cut short is no poll
  if (!stopping && failed) ++numbers.failed_polls;
  base::instant const now = parts.clock.now();
  if (!stopping || !failed) numbers.took.add(now.mono - sent.mono);
  if (!what.of_nobody) {
    answered const in{what.question.job, sent, seen};
    engine.answer(in, now, todo);
  } else if (!what.of_no_provider) {
    engine.forget(what.question.provider, now, todo);
  }
  carry_out(me.lock(), of.crowded() ? nullptr : &of);
}

/// Its last question has ended: so may its source, once the loop has turned.
void loop::state::let_go(lane& of) {
  auto const at = std::ranges::find_if(leaving, [&](auto const& l) { return l.get() == &of; });
  std::shared_ptr<build_source> source = std::move(of.source);
  leaving.erase(at);
  source->stop();
  asio::post(parts.executor, [last = std::move(source)]() mutable { last.reset(); });
}

}  // namespace buildwatch::watch
