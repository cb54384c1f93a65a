// What is known of a job's builds before `watch` looks: from the store, or from the provider's build list.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "buildwatch/forecast/past.hpp"
#include "buildwatch/model/event.hpp"
#include "buildwatch/model/observation.hpp"
#include "buildwatch/model/outcome.hpp"

namespace buildwatch::service {

class past_builds {
 public:
  past_builds() = default;
  /// The highest number first.
  explicit past_builds(std::vector<model::build> builds) : builds_(std::move(builds)) {}

  /// Adds what is not known yet. `words`: as of the job; may be null.
  void add(std::span<model::build_record const> records, model::outcome_words const* words);

  /// The highest number; 0: none.
  [[nodiscard]] std::uint32_t newest() const { return builds_.empty() ? 0 : builds_.front().number; }
  /// When that build began, by a record or the first poll that saw it; nullopt: unknown.
  [[nodiscard]] std::optional<base::wall_time> began(std::uint32_t number) const;
  /// How long builds took, the newest first.
  [[nodiscard]] std::vector<forecast::past_build> lengths() const;
  /// The highest-numbered one below that passed or failed.
  [[nodiscard]] std::optional<model::previous_build> before(std::uint32_t number) const;
  /// Whether one above has passed or failed already.
  [[nodiscard]] bool overtaken(std::uint32_t number) const;

 private:
  std::vector<model::build> builds_;
};

}  // namespace buildwatch::service
