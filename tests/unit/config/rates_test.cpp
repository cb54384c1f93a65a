// What `check` says where a provider's rate_limit is less than its jobs ask for.
#include <fmt/format.h>

#include "unit/config/support.hpp"

namespace buildwatch::config {
namespace {

std::string jobs(std::size_t count, std::string_view more = "") {
  std::string text = "jobs:\n";
  for (std::size_t i = 0; i < count; ++i) text += fmt::format("  - {{name: j{}, job_id: \"{:032}\"{}}}\n", i, i, more);
  return text;
}

std::string provider(std::string_view more) {
  return fmt::format(
      "version: 1\nproviders:\n  huawei: {{type: codearts, region: r, auth: {{type: none}}, proxy: none{}}}\n", more);
}

/// The one complaint, without its file; empty: none.
std::string warning(std::string const& text) {
  auto const result = testing::load_text(text);
  EXPECT_TRUE(result.settings.has_value()) << testing::lines(result);
  EXPECT_LE(result.complaints.size(), 1U) << testing::lines(result);
  if (result.complaints.empty()) return "";
  auto const& c = result.complaints[0];
  EXPECT_TRUE(c.warning);
  return fmt::format("{}:{} {}: {}", c.line, c.column, c.path, c.text);
}

TEST(a_rate_limit, below_what_idle_jobs_ask_for_is_warned_of) {
  EXPECT_EQ(warning(provider(", rate_limit: 5/s") + jobs(400)),
            "3:84 providers.huawei.rate_limit: 400 jobs ask for 6.7/s while nothing builds and for 33.3/s while "
            "everything does; rate_limit allows 5/s: a new build is seen after about 1 min 20 s instead of 1 min, and "
            "while everything builds, an end after about 1 min 40 s instead of 15 s");
}

TEST(a_rate_limit, counts_no_new_builds_where_a_number_is_watched) {
  EXPECT_EQ(warning(provider(", rate_limit: 5/s") + jobs(400, ", build: 7")),
            "3:84 providers.huawei.rate_limit: 400 jobs ask for 6.7/s while nothing builds and for 26.7/s while "
            "everything does; rate_limit allows 5/s: a new build is seen after about 1 min 20 s instead of 1 min, and "
            "while everything builds, an end after about 1 min 20 s instead of 15 s");
}

TEST(a_rate_limit, far_below_what_running_builds_ask_for_is_warned_of_at_the_provider) {
  EXPECT_EQ(warning(provider("") + "defaults: {poll: {building: 1s}}\n" + jobs(30)),
            "3:3 providers.huawei: 30 jobs ask for 30/m while nothing builds and for 30.5/s while everything does; "
            "rate_limit allows 10/s: while everything builds, an end is seen after about 4 s instead of 1 s");
}

TEST(a_rate_limit, takes_the_times_of_each_job) {
  std::string const slow = provider(", rate_limit: 2/m") + "defaults: {poll: {idle: 10m, building: 5m}}\n";
  EXPECT_EQ(warning(slow + jobs(3)), "");
  EXPECT_NE(warning(slow + jobs(1, ", poll: {idle: 10s}")).find("one job asks for 6/m while nothing builds"),
            std::string::npos);
}

TEST(a_rate_limit, that_is_enough_for_what_is_likely_is_not_warned_of) {
  EXPECT_EQ(warning(provider("") + jobs(1)), "");
  EXPECT_EQ(warning(provider("") + jobs(20)), "");
  EXPECT_EQ(warning(provider("") + jobs(200)), "") << "not all of 200 jobs build at once";
  EXPECT_NE(warning(provider("") + jobs(300)), "");
}

TEST(a_rate_limit, is_each_provider_s_own) {
  std::string const two =
      "version: 1\nproviders:\n  a: {type: codearts, region: r, auth: {type: none}, proxy: none}\n"
      "  b: {type: codearts, region: r, auth: {type: none}, proxy: none, rate_limit: 1/m}\n";
  EXPECT_EQ(warning(two + jobs(20, ", provider: a")), "");
  EXPECT_NE(warning(two + jobs(20, ", provider: b")).find("4:79 providers.b.rate_limit: 20 jobs"), std::string::npos);
}

}  // namespace
}  // namespace buildwatch::config
