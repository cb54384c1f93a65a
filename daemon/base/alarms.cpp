#include "buildwatch/base/alarms.hpp"

namespace buildwatch::base {

alarm::~alarm() {
  if (owner_ != nullptr) owner_->clear(*this);
}

alarms::~alarms() {
  for (alarm* a : heap_) a->owner_ = nullptr;
}

void alarms::place(std::size_t slot, alarm* a) {
  heap_[slot] = a;
  a->slot_ = slot;
}

void alarms::up(std::size_t slot) {
  alarm* const a = heap_[slot];
  while (slot > 0) {
    std::size_t const parent = (slot - 1) / 2;
    if (heap_[parent]->due_ <= a->due_) break;
    place(slot, heap_[parent]);
    slot = parent;
  }
  place(slot, a);
}

void alarms::down(std::size_t slot) {
  alarm* const a = heap_[slot];
  for (;;) {
    std::size_t child = 2 * slot + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1]->due_ < heap_[child]->due_) ++child;
    if (a->due_ <= heap_[child]->due_) break;
    place(slot, heap_[child]);
    slot = child;
  }
  place(slot, a);
}

void alarms::set(alarm& a, time_point when) {
  if (a.owner_ == nullptr) {
    a.owner_ = this;
    a.due_ = when;
    heap_.push_back(&a);
    up(heap_.size() - 1);
  } else {
    bool const sooner = when < a.due_;
    a.due_ = when;
    if (sooner) {
      up(a.slot_);
    } else {
      down(a.slot_);
    }
  }
  if (!running_ && when < asked_) {
    asked_ = when;
    waker_.wake_at(when);
  }
}

void alarms::clear(alarm& a) {
  if (a.owner_ == nullptr) return;
  std::size_t const slot = a.slot_;
  a.owner_ = nullptr;
  alarm* const last = heap_.back();
  heap_.pop_back();
  if (last == &a) return;
  place(slot, last);
  up(slot);
  down(last->slot_);
}

void alarms::run(time_point now) {
  // Also where an alarm throws: whoever catches that goes on with all the others.
  struct after {
    ~after() {
      all.running_ = false;
      all.asked_ = all.heap_.empty() ? time_point::max() : all.heap_.front()->due_;
      all.waker_.wake_at(all.asked_);
    }
    alarms& all;
  } const rearm{*this};
  running_ = true;
  while (!heap_.empty() && heap_.front()->due_ <= now) {
    alarm* const a = heap_.front();
    clear(*a);
    a->ring(now);
  }
}

std::optional<time_point> alarms::next() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front()->due_;
}

}  // namespace buildwatch::base
