// What an answer means for the job: that it can be watched, what is to be told, what to ask next.
#include <algorithm>
#include <utility>

#include "watch/engine_state.hpp"

namespace buildwatch::watch {
namespace {

bool about_a_build(model::sight seen) {
  switch (seen) {
    case model::sight::running:
    case model::sight::finished:
    case model::sight::undecided:
    case model::sight::no_such_build: return true;
    default: return false;
  }
}

}  // namespace

void engine::state::take(answered const& in, base::instant now, commands& out) {
  errand_kind const kind = jobs[in.job].kind;
  bool const extra = kind == errand_kind::record || kind == errand_kind::past;
  if (in.seen.sight == model::sight::failed && !extra) {
    // The next one begins anew: by then other calls may be allowed.
    auto& p = jobs[in.job].pursuit;
    if (kind == errand_kind::look && p && p->inquiry) p->inquiry->search.reset();
    provider_failed(in.job, in.seen, in.sent.mono, now, out);
    poll_failed(in.job, in.seen, in.sent.mono, now, out);
    return;
  }
  switch (kind) {
    case errand_kind::look: take_look(in, now, out); break;
    case errand_kind::exist: take_existence(in, now, out); break;
    case errand_kind::poll: take_poll(in, now, out); break;
    case errand_kind::record: take_record(in, now, out); break;
    case errand_kind::past: take_past(in, now, out); break;
    case errand_kind::scan: take_scan(in, now, out); break;
    case errand_kind::missed: take_missed(in, now, out); break;
  }
}

void engine::state::prove(job_index job) {
  jobs[job].gone = false;
  if (jobs[job].proven) return;
  jobs[job].proven = true;
  mark(job);
}

/// A look: for the one build that is watched, which is not there yet, or for the newest.
void engine::state::take_look(answered const& in, base::instant now, commands& out) {
  job_state& j = jobs[in.job];
  base::time_point const sent = in.sent.mono;
  if (followed(in.job)) {
    if (j.pursuit && j.pursuit->inquiry && j.pursuit->inquiry->search) {
      newest_search search = *std::exchange(j.pursuit->inquiry->search, std::nullopt);
      look_on(in.job, search, in, now, out);
    } else {
      newest_search search({true, may(in.job, extra_call::list, now.mono)}, j.newest, round_of(in.job, sent));
      look_on(in.job, search, in, now, out);
    }
    return;
  }
  if (!about_a_build(in.seen.sight)) return out_of_place(in.job, sent, now, out);
  bool const absent = in.seen.sight == model::sight::no_such_build;
  if (absent && !j.proven) {
    provider_heard(in.job, false, sent, now, out);
    j.ask_existence = true;
    j.due = j.look = now.mono;
    enqueue(in.job);
    return;
  }
  prove(in.job);
  provider_heard(in.job, true, sent, now, out);
  track::notice const notice = answered_well(in.job, now, out);
  want_past(in.job, now.mono + what.jobs[in.job].times->idle / 2);
  base::time_point const first = j.anchor;
  place_look(in.job, what.jobs[in.job].times->idle, sent, now.mono);
  std::optional<build_transition> found;
  if (!absent) {
    watched_build& b = watch_build(in.job, what.jobs[in.job].build, first);
    j.look = base::time_point::max();
    found = see_build(in.job, b, in.seen, sent, now, out);
  }
  proceed(in.job, notice, std::move(found), now, out);
}

void engine::state::take_existence(answered const& in, base::instant now, commands& out) {
  job_state& j = jobs[in.job];
  job_options const& how = what.jobs[in.job];
  j.ask_existence = false;
  bool const refused = in.seen.sight == model::sight::refused_call;
  if (in.seen.sight == model::sight::no_such_job) {
    provider_heard(in.job, false, in.sent.mono, now, out);
    not_found(in.job, in.seen, in.sent.mono, now, out);
    return;
  }
  if (!refused && in.seen.sight != model::sight::job_exists) return out_of_place(in.job, in.sent.mono, now, out);
  prove(in.job);
  provider_heard(in.job, true, in.sent.mono, now, out);
  track::notice const notice = answered_well(in.job, now, out);
  if (refused) {
    log_job(in.job, base::log_level::warn, "job.unverified",
            "job " + how.name + ": whether it exists can not be asked (" + in.seen.text + "); its build " +
                std::to_string(how.build) + " is waited for all the same",
            out);
  }
  want_past(in.job, now.mono + how.times->idle / 2);
  place_look(in.job, how.times->idle, in.sent.mono, now.mono);
  proceed(in.job, notice, std::nullopt, now, out);
}

void engine::state::take_poll(answered const& in, base::instant now, commands& out) {
  job_state& j = jobs[in.job];
  watched_build* const b = j.find(j.asked);
  if (!b || !about_a_build(in.seen.sight)) return out_of_place(in.job, in.sent.mono, now, out);
  bool const absent = in.seen.sight == model::sight::no_such_build;
  if (!absent) prove(in.job);
  provider_heard(in.job, true, in.sent.mono, now, out);
  track::notice const notice = answered_well(in.job, now, out);
  auto found = see_build(in.job, *b, in.seen, in.sent.mono, now, out);
  proceed(in.job, notice, std::move(found), now, out);
}

/// First that the job answers again, then what was found, then what is left to be told.
void engine::state::proceed(job_index job, track::notice notice, std::optional<build_transition> found,
                            base::instant now, commands& out) {
  if (notice != track::notice::none) {
    commit_reach(job, notice, std::move(found), now, out);
  } else if (found) {
    commit_build(job, std::move(*found), now, out);
  } else if (!tell_next(job, now, out)) {
    tidy(job);
    resume(job);
  }
}

void engine::state::out_of_place(job_index job, base::time_point sent, base::instant now, commands& out) {
  model::observation wrong;
  wrong.text = "internal error: an answer to another question";
  provider_failed(job, wrong, sent, now, out);
  poll_failed(job, wrong, sent, now, out);
}

}  // namespace buildwatch::watch
