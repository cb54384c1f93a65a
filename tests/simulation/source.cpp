#include "simulation/source.hpp"

namespace buildwatch::simulation {
namespace {

namespace asio = boost::asio;

model::observation failure(char const* text) {
  model::observation seen;
  seen.text = text;
  return seen;
}

}  // namespace

/// Time passes, unless stop() ends it.
asio::awaitable<void> source::pass(base::duration time) {
  if (stopped_) co_return;
  auto const ticket = on_.waits.take_ticket();
  open_.insert(ticket);
  co_await on_.waits.wait(ticket, on_.dead ? sleepers::for_ever : on_.clock.now().mono + time);
  open_.erase(ticket);
}

asio::awaitable<void> source::ask(watch::query const& what, model::observation& into) {
  if (stopped_ || on_.dead) {
    into = failure("stopped");
    co_return;
  }
  std::string const job_id(what.job_id);
  std::string const key = build_key(provider_, job_id, what.build);
  watch::asks const kind = what.what;
  std::uint32_t const build = what.build;
  auto const question = on_.waits.take_ticket();
  base::duration const sent = on_.clock.elapsed();
  knows_.told.tell("ask", key, kind == watch::asks::newest ? "job" : "build");
  knows_.limits.asked(provider_, key, question);
  reply const answer = world_.answer_to(provider_);
  co_await pass(answer.hangs ? world::question_timeout : answer.before);
  model::observation seen = answer.fault ? *answer.fault : world_.look(key, kind);
  if (answer.after > base::duration::zero()) co_await pass(answer.after);
  if (stopped_) seen = failure("stopped");
  knows_.told.tell("answer", key, static_cast<int>(seen.sight), static_cast<int>(seen.fault));
  knows_.limits.answered(provider_, question, sent, seen);
  if (!stopped_) knows_.transitions.answered(provider_, job_id, build, kind, seen);
  into = std::move(seen);
}

bool source::credential_changed() {
  bool const changed = world_.credential_changed();
  if (changed) knows_.limits.renewed(provider_);
  return changed;
}

void source::stop() {
  stopped_ = true;
  for (auto const ticket : open_) on_.waits.wake(ticket);
}

}  // namespace buildwatch::simulation
