// Due times of the jobs of one provider: a binary heap of 16 bytes an entry.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "buildwatch/base/time.hpp"
#include "buildwatch/watch/engine.hpp"

namespace buildwatch::watch {

/// Entries are not taken out when a job's time changes: a new one is added, and whoever pops an old one sees that it
/// does not hold any more. `keep_if` sweeps those out where many have gathered.
class due_queue {
 public:
  struct entry {
    base::time_point due;
    job_index job;
  };

  void reserve(std::size_t n) { heap_.reserve(n); }
  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] std::size_t size() const { return heap_.size(); }
  [[nodiscard]] entry const& top() const { return heap_.front(); }

  /// In no order, but for the first: early ones stand before late ones, by and large.
  [[nodiscard]] std::span<entry const> entries() const { return heap_; }

  void push(base::time_point due, job_index job) {
    heap_.push_back({due, job});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }

  void pop() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
  }

  /// Takes out the entry at this place of entries().
  void remove(std::size_t at) {
    heap_[at] = heap_.back();
    heap_.pop_back();
    while (at > 0 && at < heap_.size() && later(heap_[(at - 1) / 2], heap_[at])) {
      std::swap(heap_[(at - 1) / 2], heap_[at]);
      at = (at - 1) / 2;
    }
    for (std::size_t child = 2 * at + 1; child < heap_.size(); child = 2 * at + 1) {
      if (child + 1 < heap_.size() && later(heap_[child], heap_[child + 1])) ++child;
      if (!later(heap_[at], heap_[child])) return;
      std::swap(heap_[child], heap_[at]);
      at = child;
    }
  }

  template <class Predicate>
  void keep_if(Predicate holds) {
    std::erase_if(heap_, [&](entry const& e) { return !holds(e); });
    std::make_heap(heap_.begin(), heap_.end(), later);
  }

 private:
  // Equal times go by index, so that a run is the same on every machine.
  static bool later(entry const& a, entry const& b) { return a.due != b.due ? a.due > b.due : a.job > b.job; }

  std::vector<entry> heap_;
};

}  // namespace buildwatch::watch
