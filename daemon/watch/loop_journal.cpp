// What is stored: transitions as they are found, and what has changed without one. One after the other, so that nothing
// older is stored over something newer.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <iterator>

#include "watch/loop_state.hpp"

namespace buildwatch::watch {
namespace {

namespace asio = boost::asio;

// So many events, or changed jobs, go into one transaction at most; the rest into the next.
constexpr std::size_t largest_commit = 1024;
// Each may bring a hundred builds, or a thousand.
constexpr std::size_t most_notes = 32;

}  // namespace

void loop::state::start_journal(std::shared_ptr<state> const& self) {
  self->committing = true;
  asio::co_spawn(self->parts.executor, feed_journal(self), [self](std::exception_ptr const& e) {
    self->committing = false;
    if (e) self->record("storing transitions", e);
    if (self->journal_owes()) start_journal(self);
    self->journal_done.wake_all();
    self->finish_stop();
  });
}

asio::awaitable<void> loop::state::feed_journal(std::shared_ptr<state> self) {
  while (self->journal_owes()) {
    if (!self->found.empty()) co_await commit_found(self);
    if (!self->noted.empty()) co_await store_notes(self);
    if (!self->to_recall.empty()) co_await recall_one(self);
    if (self->remember || self->to_remember > 0) co_await remember_some(self);
  }
}

asio::awaitable<void> loop::state::commit_found(std::shared_ptr<state> self) {
  auto const end = self->found.begin() + static_cast<std::ptrdiff_t>(std::min(self->found.size(), largest_commit));
  std::vector<std::uint64_t> tokens;
  std::vector<transition> batch;
  for (auto at = self->found.begin(); at != end; ++at) {
    tokens.push_back(at->token);
    batch.push_back(std::move(at->what));
  }
  self->found.erase(self->found.begin(), end);

  std::string why;
  bool stored = false;
  std::exception_ptr escaped;
  try {
    base::result<void> const result = co_await self->parts.journal.commit(std::move(batch));
    stored = result.has_value();
    if (!stored) why = result.error().text;
  } catch (...) {
    escaped = std::current_exception();
  }
  if (escaped) why = "internal error: " + base::text_of(escaped);
  base::instant const now = self->parts.clock.now();
  for (std::uint64_t const token : tokens) {
    committed const what{token, stored, why};
    self->engine.settle(what, now, self->todo);
  }
  self->carry_out(self, nullptr);
}

/// What is known without an event, and builds for the history.
asio::awaitable<void> loop::state::store_notes(std::shared_ptr<state> self) {
  auto const end = self->noted.begin() + static_cast<std::ptrdiff_t>(std::min(self->noted.size(), most_notes));
  std::vector<std::uint64_t> tokens;
  memory all;
  for (auto at = self->noted.begin(); at != end; ++at) {
    tokens.push_back(at->token);
    std::ranges::move(at->what.jobs, std::back_inserter(all.jobs));
    std::ranges::move(at->what.builds, std::back_inserter(all.builds));
  }
  self->noted.erase(self->noted.begin(), end);

  std::string why;
  bool stored = false;
  std::exception_ptr escaped;
  try {
    base::result<void> const result = co_await self->parts.journal.remember(std::move(all));
    stored = result.has_value();
    if (!stored) why = result.error().text;
  } catch (...) {
    escaped = std::current_exception();
  }
  if (escaped) why = "internal error: " + base::text_of(escaped);
  base::instant const now = self->parts.clock.now();
  for (std::uint64_t const token : tokens) {
    committed const what{token, stored, why};
    self->engine.settle(what, now, self->todo);
  }
  self->carry_out(self, nullptr);
}

/// How long a job's builds took. One at a time: transitions do not wait behind a hundred thousand of them.
asio::awaitable<void> loop::state::recall_one(std::shared_ptr<state> self) {
  recall const question = self->to_recall.front();
  self->to_recall.pop_front();
  job_options const& job = self->engine.settings().jobs[question.job];
  std::string provider = self->engine.settings().providers[job.provider].name;
  std::string job_id = job.job_id.str();
  std::vector<forecast::past_build> past;
  try {
    auto found = co_await self->parts.journal.history(std::move(provider), std::move(job_id));
    if (found) past = std::move(*found);
  } catch (...) {
    self->record("reading the history", std::current_exception());
  }
  recalled const what{question.token, past};
  self->engine.take(what, self->parts.clock.now(), self->todo);
  self->carry_out(self, nullptr);
}

/// A part of what has changed: neither the loop nor transitions wait while a hundred thousand jobs are gathered.
asio::awaitable<void> loop::state::remember_some(std::shared_ptr<state> self) {
  if (self->to_remember == 0) {
    self->remember = false;
    ++self->remembering;
    self->to_remember = self->engine.changed_jobs() + 1;  // one for the providers, where no job has changed
  }
  self->to_remember -= std::min(self->to_remember, largest_commit);
  memory changed = self->engine.changed(self->parts.clock.now(), largest_commit);
  bool stored = true;
  if (!changed.jobs.empty() || !changed.providers.empty()) {
    try {
      base::result<void> const result = co_await self->parts.journal.remember(std::move(changed));
      stored = result.has_value();
    } catch (...) {
      stored = false;
      self->record("remembering what is known", std::current_exception());
    }
  }
  if (!stored) {  // costs exactness after a restart; the next minute tries again
    self->engine.unremembered();
    self->to_remember = 0;
  }
  if (self->to_remember > 0) co_return;
  ++self->remembered;
  self->journal_done.wake_all();
}

asio::awaitable<void> loop::remember_now() {
  std::shared_ptr<state> const self = state_;
  std::uint64_t const wanted = self->remembering + 1;
  self->remember = true;
  if (!self->committing) state::start_journal(self);
  while (self->remembered < wanted && self->committing) co_await self->journal_done.wait();
}

}  // namespace buildwatch::watch
