// What happened in a run: as a hash, by which two runs are told apart, and as lines for people who replay a seed.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <type_traits>

#include "buildwatch/base/log.hpp"
#include "simulation/virtual_clock.hpp"

namespace buildwatch::simulation {

class chronicle final : public base::log {
 public:
  chronicle(virtual_clock const& clock, bool verbose, bool curious)
      : clock_(clock), verbose_(verbose), curious_(curious) {}

  /// One thing that happened, told in words and values.
  template <class... Values>
  void tell(std::string_view what, Values const&... values) {
    mix(what);
    mix(static_cast<std::uint64_t>(clock_.elapsed().count()));
    (mix(values), ...);
    if (!verbose_) return;
    std::string line = fmt::format("{:>14.6f}  {}", seconds(clock_.elapsed()), what);
    ((line += ' ', line += fmt::format("{}", values)), ...);
    print(line);
  }

  /// The run has failed; the first reason counts.
  void fail(std::string why) {
    tell("FAILED", why);
    if (failure_.empty()) failure_ = fmt::format("{} (at {:.3f} s)", why, seconds(clock_.elapsed()));
  }
  void expect(bool holds, std::string_view why) {
    if (!holds) fail(std::string(why));
  }
  [[nodiscard]] bool failed() const { return !failure_.empty(); }
  [[nodiscard]] std::string const& failure() const { return failure_; }
  [[nodiscard]] std::uint64_t hash() const { return hash_; }
  [[nodiscard]] bool verbose() const { return verbose_; }

  // The daemon's log. A few runs ask for all of it: what is only logged is executed too.
  [[nodiscard]] bool wants(base::log_level level) const override {
    return verbose_ || curious_ || level >= base::log_level::warn;
  }
  void write(base::log_event const& event) override {
    mix(event.text);
    if (event.id == "internal.error") fail("the daemon logged an internal error: " + event.text);
    if (verbose_) print(fmt::format("{:>14.6f}    log {}: {}", seconds(clock_.elapsed()), event.id, event.text));
  }

 private:
  static double seconds(base::duration d) { return std::chrono::duration<double>(d).count(); }
  static void print(std::string const& line) {
    std::fwrite(line.data(), 1, line.size(), stderr);
    std::fputc('\n', stderr);
  }
  void mix(std::uint64_t value) { hash_ = (hash_ ^ value) * 0x100000001B3ULL; }
  void mix(std::string_view text) {
    mix(text.size());
    for (char const c : text) mix(static_cast<std::uint64_t>(static_cast<unsigned char>(c)));
  }
  void mix(std::string const& text) { mix(std::string_view(text)); }
  void mix(char const* text) { mix(std::string_view(text)); }
  template <class Number>
    requires std::is_arithmetic_v<Number>
  void mix(Number value) {
    mix(static_cast<std::uint64_t>(value));
  }

  virtual_clock const& clock_;
  bool verbose_;
  bool curious_;
  std::string failure_;
  std::uint64_t hash_ = 0xCBF29CE484222325ULL;
};

}  // namespace buildwatch::simulation
