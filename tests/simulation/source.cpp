#include "simulation/source.hpp"

#include <algorithm>

namespace buildwatch::simulation {
namespace {

namespace asio = boost::asio;

model::observation failure(char const* text) {
  model::observation seen;
  seen.text = text;
  return seen;
}

std::string_view word_of(watch::asks what) {
  switch (what) {
    case watch::asks::build: return "build";
    case watch::asks::newest: return "newest";
    case watch::asks::list: return "list";
    case watch::asks::record: return "record";
  }
  return "?";
}

}  // namespace

base::duration source::patience(watch::query const& what) const {
  return std::min(world::question_timeout, what.deadline - on_.clock.now().mono);
}

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
  bool const followed = is_followed(job_id);
  watch::asks const kind = what.what;
  std::uint32_t const build = what.build, page = what.page;
  std::string const key = build_key(provider_, job_id, followed ? 0 : build);
  base::duration const longest = patience(what);
  auto const question = on_.waits.take_ticket();
  base::duration const sent = on_.clock.elapsed();
  knows_.told.tell("ask", key, word_of(kind), build);
  knows_.limits.asked(provider_, key, question);
  reply const answer = world_.answer_to(provider_);
  co_await pass(answer.hangs ? longest : answer.before);
  model::observation seen;
  if (answer.fault) {
    seen = *answer.fault;
  } else {
    seen = followed ? world_.look(key, kind, build, page) : world_.look(key, kind);
  }
  if (answer.after > base::duration::zero()) co_await pass(answer.after);
  if (stopped_) seen = failure("stopped");
  knows_.told.tell("answer", key, word_of(kind), build, static_cast<int>(seen.sight), static_cast<int>(seen.fault),
                   seen.number);
  knows_.limits.answered(provider_, question, sent, seen);
  if (!stopped_) knows_.answered(provider_, job_id, build, kind, seen);
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
