#include "notify/lanes.hpp"

namespace buildwatch::notify {
namespace {

// State belongs to provider and job_id (contract, section 2). No name holds a line break.
std::string key_of(model::event const& e) { return e.job ? e.provider + "\n" + e.job->job_id : e.provider; }

}  // namespace

lane& lanes::board(model::event const& e) {
  auto const [at, fresh] = lanes_.try_emplace(key_of(e));
  if (fresh) at->second.key = &at->first;
  ++at->second.deliveries;
  return at->second;
}

void lanes::leave(lane& l) {
  if (--l.deliveries == 0) lanes_.erase(lanes_.find(*l.key));
}

void lanes::add_ready(lane& l, delivery_number n) {
  hide(l);
  l.ready.insert(n);
  show(l);
}

void lanes::remove_ready(lane& l, delivery_number n) {
  hide(l);
  l.ready.erase(n);
  show(l);
}

void lanes::set_busy(lane& l, bool busy) {
  hide(l);
  l.busy = busy;
  show(l);
}

std::optional<delivery_number> lanes::next() const {
  if (heads_.empty()) return std::nullopt;
  return *heads_.begin();
}

void lanes::show(lane const& l) {
  if (!l.busy && !l.ready.empty()) heads_.insert(*l.ready.begin());
}

void lanes::hide(lane const& l) {
  if (!l.ready.empty()) heads_.erase(*l.ready.begin());
}

}  // namespace buildwatch::notify
