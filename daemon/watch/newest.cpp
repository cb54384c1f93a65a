#include "buildwatch/watch/newest.hpp"

#include <algorithm>
#include <utility>

namespace buildwatch::watch {
namespace {

constexpr std::uint32_t highest = 2147483647;  // codearts-api.md 1: build_no is an int32

/// Steps of a search that knows nothing yet: 1, 2, 3, 4, 6, 8, 12, 16, … Between the powers of two as well, as the few
/// builds that are kept may lie anywhere.
std::uint32_t stride(unsigned probe) {
  if (probe == 0) return 1;
  return probe % 2 == 1 ? std::uint32_t{1} << (probe + 1) / 2 : std::uint32_t{3} << (probe / 2 - 1);
}
static_assert(newest_search::most_probes < 60, "steps fit into 32 bits");

constexpr std::uint32_t farthest_glance = 7;  // 2^7 above the last number known

}  // namespace

newest_search::newest_search(means may, std::uint32_t known, std::uint32_t round)
    : may_(may), known_(known), round_(round), hit_(known) {
  if (probes()) begin_probing();
}

std::optional<newest_search::question> newest_search::next() const {
  if (state_ != state::searching) return std::nullopt;
  if (may_.newest && !vague_) return question{asks::newest, 0};
  if (may_.list) return question{asks::list, 0};
  return question{asks::build, probe_};
}

void newest_search::take(model::observation const& seen) {
  if (state_ != state::searching) return;
  if (may_.newest && !vague_) return take_number(seen, may_.newest);
  if (may_.list) return take_number(seen, may_.list);
  switch (seen.sight) {
    case model::sight::running:
    case model::sight::finished:
    case model::sight::undecided: return take_probe(true);
    case model::sight::no_such_build: return take_probe(false);
    default: state_ = state::failed;
  }
}

void newest_search::take_number(model::observation const& seen, bool& call) {
  switch (seen.sight) {
    case model::sight::job_exists:
      if (seen.number == 0 && known_ > 0 && may_.newest && may_.list && !std::exchange(vague_, true)) return;
      hit_ = std::max(known_, seen.number);
      state_ = hit_ == 0 ? state::none : state::found;
      return;
    case model::sight::no_such_job: state_ = state::no_such_job; return;
    case model::sight::refused_call:
      call = false;
      if (probes()) begin_probing();
      if (vague_) state_ = state::found;  // nothing is known to be newer
      return;
    default: state_ = state::failed;
  }
}

void newest_search::begin_probing() { probe_ = std::min(known_ + 1, highest); }

/// Upwards from the highest build that is there, in growing steps, until one is missing; then by halves between the
/// two. Where nothing is known yet a missing build says nothing: the ones below may have expired.
void newest_search::take_probe(bool there) {
  ++probed_;
  if (there) {
    hit_ = probe_;
    step_ = step_ == 0 ? 1 : step_ * 2;
    if (missed_ <= hit_) missed_ = 0;
  } else if (hit_ > 0 && (missed_ == 0 || probe_ < missed_)) {
    missed_ = probe_;
  }
  bool const blind = hit_ == 0;
  bool const at_rest = hit_ == known_ && hit_ > 0;
  if (blind) {
    std::uint32_t const next = stride(probed_);
    if (probed_ == most_probes || next > highest) {
      state_ = state::unknown;
      return;
    }
    probe_ = next;
    return;
  }
  if (at_rest) {
    // Nothing new next to it. One look further up, each time at another distance: numbers may have been skipped.
    std::uint32_t const glance = std::uint32_t{1} << (1 + round_ % farthest_glance);
    if (probed_ > 1 || known_ > highest - glance) {
      state_ = state::found;
    } else {
      probe_ = known_ + glance;
    }
    return;
  }
  if (probed_ >= most_probes || hit_ == highest || (missed_ != 0 && missed_ - hit_ == 1)) {
    state_ = state::found;
  } else if (missed_ == 0) {
    probe_ = hit_ + std::min(step_, highest - hit_);
  } else {
    probe_ = hit_ + (missed_ - hit_) / 2;
  }
}

}  // namespace buildwatch::watch
