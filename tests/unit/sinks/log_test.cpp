#include <gmock/gmock.h>

#include "unit/sinks/support.hpp"

namespace buildwatch::sinks {
namespace {

using base::log_level;
using ::testing::Contains;
using ::testing::Pair;

class log_sink : public ::testing::Test {
 protected:
  base::log_event told() {
    parts shared{bench.net, bench.log, 1, "1"};
    sink_options options;
    options.delivery.name = "journal";
    options.kind = log_options{};
    auto const sink = make_sink(shared, options);
    EXPECT_EQ(bench.deliver_at_once(**sink).verdict, notify::verdict::delivered);
    return bench.log.events.back();
  }
  testing::sink_bench bench;
};

TEST_F(log_sink, tells_an_event_with_its_fields) {
  auto const event = told();
  EXPECT_EQ(event.id, "event.build.finished");
  EXPECT_EQ(event.text, "firmware-nightly #42 failed");
  for (auto const& [name, value] :
       {std::pair{"job", "firmware-nightly"}, std::pair{"provider", "huawei"}, std::pair{"build", "42"},
        std::pair{"outcome", "failure"}, std::pair{"event_id", "evt_3b1f"}, std::pair{"sink", "journal"}}) {
    EXPECT_THAT(event.fields, Contains(Pair(name, value)));
  }
}

TEST_F(log_sink, warns_of_failures_and_of_what_is_unreachable) {
  EXPECT_EQ(told().level, log_level::warn);
  bench.event.build->outcome = model::outcome::success;
  EXPECT_EQ(told().level, log_level::info);
  bench.event.build.reset();
  bench.event.type = model::event_type::job_unreachable;
  EXPECT_EQ(told().level, log_level::warn);
  EXPECT_EQ(told().id, "event.job.unreachable");
  bench.event.job.reset();
  bench.event.type = model::event_type::provider_recovered;
  EXPECT_EQ(told().level, log_level::info);
  EXPECT_EQ(told().id, "event.provider.recovered");
}

TEST_F(log_sink, a_word_of_the_api_can_not_forge_a_line) {
  bench.event.build->outcome = model::outcome::unknown;
  bench.event.build->result = "X\nERROR all is lost";
  EXPECT_EQ(told().text.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace buildwatch::sinks
