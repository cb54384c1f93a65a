// What a follower tells: how things stand, and how it ended.
#include "service/follow_build.hpp"

namespace buildwatch::service {

int exit_code(follow_end const& end) {
  if (!end.outcome) return 6;
  switch (*end.outcome) {
    case model::outcome::success: return 0;
    case model::outcome::failure: return 1;
    case model::outcome::unstable: return 3;
    case model::outcome::aborted: return 4;
    case model::outcome::unknown: break;
  }
  return 5;
}

follow_view build_follower::view(base::instant now) const {
  follow_view v;
  v.job = what_.job.name;
  v.number = number_;
  v.stage = stage_;
  if (failing_since_) v.trouble = trouble_;
  if (stage_ != follow_stage::running || !begin_known()) return v;
  v.elapsed = now.mono - track::begin_of(build_, now);
  v.left = outlook_->at(*v.elapsed);
  auto const overdue = outlook_->overdue_after();
  v.overdue = overdue && *v.elapsed > *overdue;
  return v;
}

void build_follower::finish(base::instant now) {
  model::event e;
  e.type = model::event_type::build_finished;
  e.timestamp = now.wall;
  e.provider = what_.provider;
  e.job = model::job{what_.job.name, what_.provider, what_.job.job_id.str(), *what_.job.labels};
  e.build = track::describe(number_, ended_, last_, record_ ? &*record_ : nullptr, what_.job.outcomes.get(), now);
  e.previous = past_.before(number_);
  e.change = model::change_of(*e.build->outcome, e.previous, past_.overtaken(number_));
  auto const outcome = e.build->outcome;
  end_ = follow_end{outcome, std::move(e), {}};
}

}  // namespace buildwatch::service
