// A hundred thousand jobs.
#include <set>

#include "unit/config/support.hpp"

namespace buildwatch::config {
namespace {

std::string many_jobs(std::size_t count) {
  std::string text = testing::some_provider + "jobs:\n";
  for (std::size_t i = 0; i < count; ++i) {
    std::string const n = std::to_string(i);
    text += "  - name: team-" + std::to_string(i % 50) + "-part-" + n + "\n    job_id: \"" +
            std::string(32 - n.size(), '0') + n + "\"\n    build: " + std::to_string(i % 1000 + 1) +
            "\n    labels: {team: t" + std::to_string(i % 50) + "}\n";
  }
  return text;
}

TEST(a_hundred_thousand_jobs, share_what_is_equal) {
  constexpr std::size_t count = 100'000;
  auto const result = testing::load_text(many_jobs(count));
  ASSERT_TRUE(result.settings.has_value());
  auto const& jobs = result.settings->watch.jobs;
  ASSERT_EQ(jobs.size(), count);
  std::set<void const*> labels;
  std::set<void const*> times;
  for (auto const& j : jobs) {
    labels.insert(j.labels.get());
    times.insert(j.times.get());
  }
  EXPECT_EQ(labels.size(), 50U);
  EXPECT_EQ(times.size(), 1U);
  EXPECT_EQ(jobs.back().name, "team-49-part-99999");
}

TEST(a_hundred_thousand_mistakes, are_told_up_to_a_bound) {
  std::string text = testing::some_provider + "jobs: [";
  for (int i = 0; i < 100'010; ++i) text += "x,\n";
  auto const result = testing::load_text(text + "]\n");
  ASSERT_EQ(result.complaints.size(), 100'001U);
  EXPECT_EQ(result.complaints.back().text, "and 10 more of this kind");
}

}  // namespace
}  // namespace buildwatch::config
