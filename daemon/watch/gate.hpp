// Whether a provider as a whole may be asked: back-off when throttled, pause when credentials are refused. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "buildwatch/base/time.hpp"

namespace buildwatch::watch {

/// After a quiet period, and until a provider's first good answer ever, one request is in flight at a time: one refusal
/// stops all, and a provider that recovers is not met by everything that waited.
class gate {
 public:
  enum class trouble : std::uint8_t { none, throttled, refused };

  static constexpr base::duration pause = std::chrono::minutes(5);          ///< after refused credentials
  static constexpr base::duration first_backoff = std::chrono::seconds(5);  ///< when throttled; doubles
  static constexpr base::duration longest_backoff = std::chrono::minutes(5);
  static constexpr base::duration longest_asked_for = std::chrono::hours(1);  ///< `Retry-After` is honoured up to this

  /// `cautious`: there is a credential that may be refused, so the first answer is waited for alone.
  explicit gate(unsigned connections, bool cautious = true) : connections_(connections), cautious_(cautious) {}

  /// A request sent at `sent` was answered so. True: a trouble begins that was not known yet (worth a log line).
  bool throttled(base::time_point sent, base::time_point now, std::optional<base::duration> retry_after);
  bool refused(base::time_point sent, base::time_point now);

  /// There is another credential: a pause for refused ones ends, with a single request as a trial. False: there was
  /// none.
  bool renewed(base::time_point now);

  /// An earlier run was refused, and pauses until `opens`; failing since `since`.
  void recall_refusal(base::time_point opens, base::time_point since, base::time_point now);

  /// Another credential from now on: what the one before was told says nothing about it. Ends a pause for refused ones.
  void other_credential(bool cautious, base::time_point now);

  void connections(unsigned most) { connections_ = most; }

  struct ended {
    trouble what = trouble::none;
    base::time_point since{};
  };
  /// A request sent at `sent` was answered well. Tells which trouble that ends. Answers to requests from before the
  /// quiet end none.
  ended heard(base::time_point sent);

  [[nodiscard]] bool quiet(base::time_point now) const { return now < opens_; }
  [[nodiscard]] base::time_point opens() const { return opens_; }
  /// How many requests may be in flight.
  [[nodiscard]] unsigned width() const { return cautious_ ? 1 : connections_; }
  [[nodiscard]] trouble now_in() const { return trouble_; }
  /// Pauses as its credentials were refused.
  [[nodiscard]] bool pauses(base::time_point now) const { return trouble_ == trouble::refused && quiet(now); }

 private:
  bool begin(trouble what, base::time_point now, base::duration wait);

  unsigned connections_;
  base::time_point began_ = base::time_point::min();  ///< of the latest quiet period
  base::time_point opens_ = base::time_point::min();  ///< its end
  base::time_point since_{};                          ///< of the trouble: of its first quiet period
  unsigned step_ = 0;
  trouble trouble_ = trouble::none;
  bool cautious_;
};

}  // namespace buildwatch::watch
