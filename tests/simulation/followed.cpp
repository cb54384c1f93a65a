#include "simulation/followed.hpp"

#include <algorithm>
#include <utility>

namespace buildwatch::simulation {
namespace {

using namespace std::chrono_literals;
using model::observation;
using model::sight;

constexpr std::size_t page_size = 100;
constexpr base::duration::rep most_builds = 40;  // about

observation seen_as(sight s) {
  observation o;
  o.sight = s;
  o.fault = model::fault::none;
  o.region = "r";
  o.text = "as it is";
  return o;
}

observation failed() {
  observation o = seen_as(sight::failed);
  o.fault = model::fault::other;
  o.text = "this call fails";
  return o;
}

base::duration choose_length(chance& luck) {
  return luck.one_in(3) ? luck.between(1s, 1min) : luck.between(1min, luck.one_in(4) ? 2h : 20min);
}

followed_build make_build(chance& luck, base::duration queued, base::duration end, base::duration keeps) {
  static constexpr char const* words[] = {"SUCCESS", "SUCCESS",  "SUCCESS", "FAILURE",
                                          "FAILURE", "UNSTABLE", "ABORTED", "PUZZLING"};
  followed_build b;
  b.queued = b.starts = queued;
  if (luck.one_in(4)) b.starts += luck.between(0s, luck.one_in(3) ? 3h : 2min);
  b.starts = std::min(b.starts, std::max(end, queued));
  b.hidden = b.starts > b.queued && luck.one_in(2);
  b.ends = std::min(b.starts + choose_length(luck), std::max(end, b.starts + 1min));
  b.settled = b.ends;
  if (luck.one_in(8)) b.settled += luck.between(0s, luck.one_in(3) ? 3min : 40s);
  if (keeps != followed_build::for_ever) b.expires = b.settled + keeps;
  if (luck.one_in(40)) b.ends = b.settled = b.expires = followed_build::for_ever;
  if (luck.one_in(200)) b.starts = b.ends = b.settled = b.expires = followed_build::for_ever;
  if (luck.one_in(10)) b.record_off = (luck.one_in(2) ? 1 : -1) * luck.between(61s, 2h);
  b.word = luck.one_of(words);
  return b;
}

void make_builds(chance& luck, followed_job& job, base::duration now, base::duration end) {
  bool const keeps_all = !luck.one_in(4);
  base::duration const keeps = keeps_all ? followed_build::for_ever : luck.between(20min, 24h);
  base::duration const usual = std::max(luck.between(3min, 30min), (end - now) / most_builds);
  base::duration at = now - usual * static_cast<base::duration::rep>(luck.below(luck.one_in(8) ? 140 : 12));
  if (luck.one_in(6)) at = now + luck.between(0s, usual);  // not yet built
  job.skips = luck.one_in(2);
  std::uint32_t number = luck.one_in(2) ? 1 : static_cast<std::uint32_t>(1 + luck.below(2000));
  while (at < end) {
    job.builds.emplace(number, make_build(luck, at, end, keeps));
    ++number;
    if (job.skips && luck.one_in(6)) number += static_cast<std::uint32_t>(1 + luck.below(luck.one_in(8) ? 150 : 3));
    at += luck.one_in(4) ? luck.between(0s, 20s) : luck.between(usual / 4, usual * 7 / 4);
  }
}

}  // namespace

followed_job make_followed(chance& luck, base::duration now, base::duration end) {
  followed_job job;
  base::duration const left = std::max<base::duration>(end - now, 1min);
  job.exists = luck.one_in(10) ? now + luck.between(0s, left / 2) : now - 1h;
  if (luck.one_in(8)) {
    job.gone_from = now + luck.between(0s, left);
    job.gone_until = std::min(job.gone_from + luck.between(10s, luck.one_in(3) ? 10h : 10min), end);
  }
  for (auto& s : job.spells) {
    if (!luck.one_in(5)) continue;
    s.from = luck.one_in(2) ? now - 1h : now + luck.between(0s, left);
    s.until = luck.one_in(3) ? end : std::min(s.from + luck.between(0s, left * 2), end);
    s.refused = !luck.one_in(3);
  }
  make_builds(luck, job, std::max(now, job.exists), end);
  return job;
}

std::uint32_t followed_job::newest(base::duration now) const {
  std::uint32_t highest = 0;
  for (auto const& [number, b] : builds) {
    if (b.queued > now) break;
    highest = number;
  }
  return highest;
}

observation followed_job::info(std::uint32_t number, base::duration now) const {
  auto const at = builds.find(number);
  if (at == builds.end()) return seen_as(sight::no_such_build);
  followed_build const& b = at->second;
  if (now < (b.hidden ? b.starts : b.queued) || now >= b.expires) return seen_as(sight::no_such_build);
  bool const ended = now >= b.settled;
  if (!ended && now >= b.starts && now < b.ends) return seen_as(sight::running);
  observation o = seen_as(ended ? sight::finished : sight::undecided);
  o.word = ended ? b.word : now < b.starts ? "QUEUED" : "";
  return o;
}

namespace {

model::build_record record_of(std::uint32_t number, followed_build const& b, base::duration now) {
  model::build_record r;
  r.number = number;
  r.running = now < b.settled;
  if (now >= b.starts) r.started_at = virtual_clock::true_wall(b.starts + b.record_off);
  if (r.running) return r;
  r.lasted = b.ends - b.starts;
  r.word = b.word;
  r.source.branch = "main";
  return r;
}

}  // namespace

observation followed_job::list(std::uint32_t page, base::duration now) const {
  observation o = seen_as(sight::job_exists);
  o.number = newest(now);
  std::size_t skip = page * page_size;
  for (auto b = builds.rbegin(); b != builds.rend() && o.records.size() < page_size; ++b) {
    if (b->second.queued > now || (skip > 0 && skip-- > 0)) continue;
    o.records.push_back(record_of(b->first, b->second, now));
  }
  return o;
}

observation followed_job::record(std::uint32_t number, base::duration now) const {
  auto const at = builds.find(number);
  if (at == builds.end() || at->second.queued > now) return seen_as(sight::no_such_build);
  observation o = seen_as(sight::record);
  o.records.push_back(record_of(number, at->second, now));
  return o;
}

observation followed_job::answer(watch::asks what, std::uint32_t build, std::uint32_t page, base::duration now) const {
  if (what == watch::asks::build) return there(now) ? info(build, now) : seen_as(sight::no_such_build);
  auto const call = what == watch::asks::newest ? watch::extra_call::newest
                    : what == watch::asks::list ? watch::extra_call::list
                                                : watch::extra_call::record;
  spell const& s = spells[static_cast<std::size_t>(call)];
  if (now >= s.from && now < s.until) return s.refused ? seen_as(sight::refused_call) : failed();
  if (what == watch::asks::record) return there(now) ? record(build, now) : seen_as(sight::no_such_build);
  if (!there(now)) return seen_as(sight::no_such_job);
  if (what == watch::asks::list) return list(page, now);
  observation o = seen_as(sight::job_exists);
  o.number = newest(now);
  return o;
}

}  // namespace buildwatch::simulation
