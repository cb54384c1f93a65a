// Other settings while everything runs: lanes of unchanged sources stay, with their workers; others leave when the last
// question that they were asked has ended.
#include <algorithm>
#include <iterator>

#include "watch/loop_state.hpp"

namespace buildwatch::watch {

void loop::state::reconfigure(options what, memory const& known, std::vector<std::shared_ptr<build_source>> sources) {
  if (stopping) return;
  base::instant const now = parts.clock.now();
  // What is asked from now on waits in `todo` until the lanes stand.
  reindexed const moved = engine.reconfigure(std::move(what), known, now, todo);
  for (auto const* const some : {&lanes, &leaving}) {
    for (auto const& l : *some) {
      for (errand* const e : l->under_way) move_errand(*e, moved);
    }
  }
  std::deque<ask> waiting;
  for (auto const& l : lanes) std::ranges::move(std::exchange(l->waiting, {}), std::back_inserter(waiting));
  for (recall& r : to_recall) r.job = moved.jobs[r.job];
  std::erase_if(to_recall, [](recall const& r) { return r.job == reindexed::gone; });
  move_lanes(moved, std::move(sources));
  move_waiting(std::move(waiting), moved, now);
  carry_out(me.lock(), nullptr);
}

void loop::state::move_lanes(reindexed const& moved, std::vector<std::shared_ptr<build_source>> sources) {
  auto const& providers = engine.settings().providers;
  std::vector<std::unique_ptr<lane>> before = std::exchange(lanes, {});
  lanes.resize(providers.size());
  for (provider_index i = 0; i < before.size(); ++i) {
    provider_index const to = moved.providers[i];
    if (to == reindexed::gone || before[i]->source != sources[to]) {
      dismiss(std::move(before[i]));
    } else {
      lanes[to] = std::move(before[i]);
      lanes[to]->most_workers = providers[to].connections;
      if (lanes[to]->crowded()) lanes[to]->idle.wake_all();  // those that are too many go
    }
  }
  for (provider_index i = 0; i < lanes.size(); ++i) {
    if (lanes[i]) continue;
    lanes[i] = std::make_unique<lane>(std::move(sources[i]), providers[i].name, providers[i].connections);
  }
}

void loop::state::dismiss(std::unique_ptr<lane> of) {
  lane& l = *of;
  l.leaving = true;
  leaving.push_back(std::move(of));
  l.idle.wake_all();
  if (l.workers == 0) let_go(l);
}

void loop::state::move_errand(errand& what, reindexed const& moved) {
  if (what.of_no_provider) return;
  ask& question = what.question;
  question.provider = moved.providers[question.provider];
  what.of_no_provider = question.provider == reindexed::gone;
  if (!what.of_nobody) question.job = moved.jobs[question.job];
  what.of_nobody = what.of_nobody || question.job == reindexed::gone;
}

/// Questions that nobody has asked yet: those of jobs that remain are asked of the source that there is now.
void loop::state::move_waiting(std::deque<ask> waiting, reindexed const& moved, base::instant now) {
  for (ask& question : waiting) {
    question.provider = moved.providers[question.provider];
    question.job = moved.jobs[question.job];
    if (question.job != reindexed::gone) {
      question.query.job_id = engine.settings().jobs[question.job].job_id;
      todo.asks.push_back(question);
    } else if (question.provider != reindexed::gone) {
      engine.forget(question.provider, now, todo);
    }
  }
}

void loop::reconfigure(options what, memory const& known, std::vector<std::shared_ptr<build_source>> sources) {
  state_->reconfigure(std::move(what), known, std::move(sources));
}

}  // namespace buildwatch::watch
