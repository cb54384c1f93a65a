// A queue on a test bench: time by hand, jitter of none, everything remembered, an outbox at its side.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "buildwatch/notify/queue.hpp"
#include "unit/notify/events.hpp"
#include "unit/notify/fake_outbox.hpp"

namespace buildwatch::testing {

struct bench {
  explicit bench(notify::delivery_options how, std::size_t window = notify::queue::default_window)
      : queue(
            std::move(how), {}, instant(), [] { return 0.5; }, window) {
    queue.reload({}, instant(), commands);
    keep();
  }

  [[nodiscard]] base::instant instant() const {
    return {now, at(0) + std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch())};
  }
  /// Does what the queue wants of the outbox.
  void keep() {
    while (commands.read || commands.released || commands.memory || !commands.changes.empty()) {
      notify::changes all;
      all.sink = queue.how().name;
      all.fallback = queue.how().fallback;
      all.deliveries = std::exchange(commands.changes, {});
      all.memory = std::exchange(commands.memory, {});
      all.released = std::exchange(commands.released, false);
      static_cast<void>(outbox.record_now(all));
      if (auto const read = std::exchange(commands.read, {})) {
        queue.loaded(outbox.read_now(all.sink, read->order, read->after, read->limit), instant(), commands);
      }
    }
  }

  /// The numbers of the tries that started since the last call ("1 3" as event ids without "evt_").
  std::string started() {
    std::string ids;
    for (; seen < commands.starts.size(); ++seen) {
      auto const& start = commands.starts[seen];
      if (!ids.empty()) ids += ' ';
      ids += start.event->id.substr(4);
    }
    return ids;
  }
  void add(int number, std::string const& job) { add(event_numbered(number, job)); }
  void add(std::shared_ptr<model::event const> event) {
    queue.add(outbox.add(queue.how().name, std::move(event), instant().wall), instant(), commands);
    keep();
  }
  /// Ends the newest try of event `number`.
  void end(int number, notify::verdict verdict, std::string answer, std::optional<base::duration> retry_after = {}) {
    std::string const id = "evt_" + std::to_string(number);
    for (auto at = commands.starts.rbegin(); at != commands.starts.rend(); ++at) {
      if (at->event->id != id) continue;
      notify::attempt result;
      result.verdict = verdict;
      result.answer = std::move(answer);
      result.retry_after = retry_after;
      notify::delivery_number const n = at->number;
      queue.finished(n, result, instant(), commands);
      keep();
      return;
    }
    ADD_FAILURE() << id << " was never started";
  }
  void deliver(int number) { end(number, notify::verdict::delivered, "204 No Content"); }
  void fail(int number, std::string answer = "500 Internal Server Error") {
    end(number, notify::verdict::retry, std::move(answer));
  }
  void fail_paused(int number, std::optional<base::duration> retry_after = {}) {
    end(number, notify::verdict::retry_paused, "503 Service Unavailable", retry_after);
  }
  void pass(base::duration by) {
    now += by;
    queue.tick(instant(), commands);
    keep();
  }
  /// Texts of what was logged at `level`, since the last call of logged().
  std::vector<std::string> logged(base::log_level level) {
    std::vector<std::string> texts;
    for (auto const& e : commands.logs) {
      if (e.level == level) texts.push_back(e.text);
    }
    return texts;
  }
  void forget_logs() { commands.logs.clear(); }

  base::time_point now{std::chrono::hours(1)};
  notify::queue queue;
  fake_outbox outbox;
  notify::queue_commands commands;
  std::size_t seen = 0;
};

inline notify::delivery_options options(notify::retry_schedule retry, unsigned concurrency = 4, bool pauses = false) {
  notify::delivery_options how;
  how.name = "oncall";
  how.retry = std::move(retry);
  how.concurrency = concurrency;
  how.pauses = pauses;
  return how;
}

}  // namespace buildwatch::testing
