// Deadlines and due times of everything on the loop, in one heap, woken by one timer.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "buildwatch/base/time.hpp"

namespace buildwatch::base {

class alarms;

/// Something that wants to be called at a time. Embed it (or derive) in the object that waits; it costs no allocation.
/// Its destructor takes it out of the heap. Not movable. Loop thread only.
class alarm {
 public:
  alarm() = default;
  alarm(alarm const&) = delete;
  alarm& operator=(alarm const&) = delete;
  [[nodiscard]] bool set() const { return owner_ != nullptr; }

 protected:
  virtual ~alarm();
  /// The time has come. The alarm is no longer set; it may be set again from here. Must not throw.
  virtual void ring(time_point now) = 0;

 private:
  friend class alarms;
  alarms* owner_ = nullptr;
  std::size_t slot_ = 0;
  time_point due_{};
};

/// Port: how the heap asks to be run. The real one (in `service`) is one timerfd; a test's does nothing.
class waker {
 public:
  virtual ~waker() = default;
  /// Call alarms::run at `when` or soon after; replaces an earlier request. Nothing is set: `time_point::max()`.
  virtual void wake_at(time_point when) = 0;
};

/// The heap. set and clear are O(log n); clearing or moving an alarm later does not touch the timer. Loop thread only.
class alarms {
 public:
  explicit alarms(waker& waker) : waker_(waker) {}
  alarms(alarms const&) = delete;
  alarms& operator=(alarms const&) = delete;
  ~alarms();

  /// Rings `a` at `when`, instead of any earlier wish of it.
  void set(alarm& a, time_point when);
  /// Takes `a` out; nothing happens if it is not set.
  void clear(alarm& a);
  /// Rings everything due at `now`, in order of due time, then asks the waker for the next.
  void run(time_point now);
  [[nodiscard]] std::optional<time_point> next() const;
  [[nodiscard]] std::size_t size() const { return heap_.size(); }

 private:
  void place(std::size_t slot, alarm* a);
  void up(std::size_t slot);
  void down(std::size_t slot);

  waker& waker_;
  std::vector<alarm*> heap_;
  time_point asked_ = time_point::max();
  bool running_ = false;
};

}  // namespace buildwatch::base
