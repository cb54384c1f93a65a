#include "service/follow_build.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace buildwatch::service {
namespace {

using namespace std::chrono_literals;

constexpr base::duration longest_back_off = 5min;
constexpr base::duration longest_pause = 1h;  // that a provider may ask for
constexpr base::duration first_pause = 5s;    // where it does not say how long

base::duration gap(double per_second) {
  return std::chrono::duration_cast<base::duration>(std::chrono::duration<double>(1 / per_second));
}

model::observation failed(std::string text) {
  model::observation seen;
  seen.text = std::move(text);
  return seen;
}

}  // namespace

build_follower::build_follower(follow_options what, past_builds past, base::instant now)
    : what_(std::move(what)),
      past_(std::move(past)),
      number_(what_.job.build),
      step_(number_ == 0 ? step::find : step::look),
      due_(now.mono) {
  if (step_ == step::find) search_.emplace(watch::newest_search::means{}, past_.newest());
}

base::time_point build_follower::deadline() const {
  return failing_since_ ? *failing_since_ + what_.job.times->unreachable_after : base::time_point::max();
}

std::optional<build_follower::question> build_follower::next() const {
  if (end_) return std::nullopt;
  question q{watch::asks::build, number_, due_};
  if (last_sent_ != track::never) q.due = std::max(due_, last_sent_ + gap(what_.rate_per_second));
  if (pausing_) q.due = std::min(q.due, deadline());
  switch (step_) {
    case step::find:
      q.what = search_->next()->what;
      q.build = search_->next()->build;
      break;
    case step::look: break;
    case step::exists: q.what = watch::asks::newest; break;
    case step::list: q.what = watch::asks::list; break;
    case step::record:
    case step::last_record: q.what = watch::asks::record; break;
  }
  return q;
}

bool build_follower::tick(base::instant now) {
  if (end_ || now.mono < next()->due) return false;
  if (pausing_ && now.mono < due_) give_up(trouble_);
  return !end_;
}

void build_follower::take(model::observation const& seen, base::time_point sent, base::instant now) {
  last_sent_ = sent;
  if (seen.sight == model::sight::failed && seen.fault == model::fault::refused) {
    return give_up("the credentials were refused: " + seen.text);
  }
  switch (step_) {
    case step::find: return take_search(seen, now);
    case step::look: return take_look(seen, sent, now);
    case step::exists: return seen.sight == model::sight::failed ? fail(seen, now) : take_existence(seen, sent, now);
    case step::list: return take_list(seen, now);
    case step::record:
    case step::last_record: return take_record(seen, now);
  }
}

void build_follower::take_search(model::observation const& seen, base::instant now) {
  using state = watch::newest_search::state;
  search_->take(seen);
  switch (search_->now()) {
    case state::searching: return;
    case state::no_such_job: return take_existence(seen, now.mono, now);
    case state::found:
      proven_ = true;
      number_ = search_->number();
      step_ = step::look;
      due_ = now.mono;
      return;
    case state::none:
      failing_since_.reset();
      stage_ = follow_stage::unbuilt;
      due_ = now.mono + what_.job.times->idle;
      break;
    case state::unknown:
      fail(failed("which build is the newest can not be asked, and looking for it found none (--build N names one)"),
           now);
      break;
    case state::failed: fail(seen, now); break;
  }
  search_.emplace(search_->left(), past_.newest(), ++round_);
}

void build_follower::take_existence(model::observation const& seen, base::time_point sent, base::instant now) {
  if (seen.sight == model::sight::no_such_job) {
    return give_up(fmt::format("not_found: the provider knows no job {}; check job_id, region and endpoint",
                               what_.job.job_id.view()));
  }
  proven_ = true;  // or it can not be asked, and the build is waited for all the same
  newest_ = seen.number;
  step_ = step::look;
  if (passed_by()) return miss(now);
  stage_ = follow_stage::absent;
  poll_after(sent, what_.job.times->idle);
}

void build_follower::take_look(model::observation const& seen, base::time_point sent, base::instant now) {
  if (seen.sight == model::sight::failed) return fail(seen, now);
  bool const absent = seen.sight == model::sight::no_such_build;
  if (absent && ran()) return fail(failed("the build is not there any more"), now);
  if (absent && passed_by()) return miss(now);
  failing_since_.reset();
  pausing_ = false;
  track::build_step const found = track::observe(build_, seen.sight, sent, now.mono);
  build_ = found.known;
  if (found.change == track::build_change::let_go) return give_up("it was queued for a day");
  if (track::final(build_)) return saw_end(found, seen, now);
  if (seen.sight == model::sight::running) return saw_running(found, sent, now);
  if (absent) return saw_absence(sent, now);
  if (!ran()) seen_before_ = true;
  if (!ran()) stage_ = follow_stage::queued;
  poll_after(sent, what_.job.times->building);
}

void build_follower::saw_absence(base::time_point sent, base::instant now) {
  seen_before_ = true;
  if (!proven_) {
    step_ = step::exists;
    due_ = now.mono;
    return;
  }
  stage_ = follow_stage::absent;
  poll_after(sent, what_.job.times->idle);
}

/// It will not come any more, unless what is told of it is behind what is told of the job: that is given some time.
void build_follower::miss(base::instant now) {
  fail(failed(fmt::format("it is gone, or never was: the newest build is #{}", newest_)), now);
}

void build_follower::saw_running(track::build_step const& found, base::time_point sent, base::instant now) {
  stage_ = follow_stage::running;
  if (found.change != track::build_change::started) return poll_running(sent, now);
  look_up_start();
  predict();
  bool const enough = past_.lengths().size() >= forecast::least_for_placing;
  if (enough && begin_known()) return poll_running(sent, now);
  step_ = enough ? step::record : step::list;
  due_ = now.mono;
}

/// After a poll that saw it running.
void build_follower::poll_running(base::time_point sent, base::instant now) {
  step_ = step::look;
  if (!pacing_ || !begin_known()) return poll_after(sent, what_.job.times->building);
  base::time_point const began = track::begin_of(build_, now);
  due_ = began + pacing_->next(sent - began);
}

/// What others know of its start.
void build_follower::look_up_start() {
  auto const told = record_ && record_->started_at ? record_->started_at : past_.began(number_);
  if (told) build_.started_at = *told;
}

void build_follower::predict() {
  outlook_.emplace(past_.lengths());
  pacing_.reset();
  if (what_.job.times->adaptive) pacing_.emplace(*outlook_, what_.job.times->building);
}

void build_follower::take_list(model::observation const& seen, base::instant now) {
  past_.add(seen.records, what_.job.outcomes.get());
  predict();
  look_up_start();
  if (begin_known()) return poll_running(build_.last_running, now);
  step_ = step::record;
}

void build_follower::take_record(model::observation const& seen, base::instant now) {
  if (seen.sight == model::sight::record && !seen.records.empty()) record_ = seen.records.front();
  if (step_ == step::last_record) return finish(now);
  look_up_start();
  poll_running(build_.last_running, now);
}

void build_follower::saw_end(track::build_step const& found, model::observation const& seen, base::instant now) {
  ended_ = found;
  last_ = seen;
  step_ = step::last_record;
  due_ = now.mono;
}

void build_follower::poll_after(base::time_point sent, base::duration wait) { due_ = sent + wait; }

void build_follower::fail(model::observation const& seen, base::instant now) {
  if (!failing_since_) {
    failing_since_ = now.mono;
    back_off_ = {};
  }
  watch::timing const& times = *what_.job.times;
  trouble_ = fmt::format("no good answer for {}: {}", model::for_people(now.mono - *failing_since_), seen.text);
  if (now.mono >= deadline()) return give_up(trouble_);
  pausing_ = seen.fault == model::fault::throttled;
  base::duration const interval = ran() ? times.building : times.idle;
  base::duration const first = pausing_ ? first_pause : interval;
  back_off_ = std::min(std::max(first, 2 * back_off_), std::max(longest_back_off, interval));
  if (pausing_) {
    due_ = now.mono + std::clamp(seen.retry_after.value_or(back_off_), base::duration{}, longest_pause);
  } else {
    due_ = std::min(now.mono + back_off_, deadline());  // fresh evidence decides whether to give up
  }
}

void build_follower::give_up(std::string why) { end_ = follow_end{std::nullopt, {}, std::move(why)}; }

}  // namespace buildwatch::service
