#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "buildwatch/service/system_clock.hpp"
#include "service/lag.hpp"

namespace buildwatch::service {
namespace {

class once final : public base::alarm {
 public:
  int rung = 0;

 private:
  void ring(base::time_point) override { ++rung; }
};

TEST(boot_timer, rings_what_is_due_and_lets_the_loop_end_when_closed) {
  boost::asio::io_context loop;
  system_clock const clock;
  boot_timer timer(loop.get_executor(), clock);
  once past, future;
  timer.alarms().set(future, clock.now().mono + std::chrono::hours(1));
  timer.alarms().set(past, clock.now().mono - std::chrono::hours(1));
  while (past.rung == 0) loop.run_one();
  EXPECT_EQ(future.rung, 0);
  timer.close();
  loop.run();  // returns: nothing is left to wait for
}

TEST(lag, percentile_is_the_end_of_its_bucket) {
  watch::loop_statistics totals;
  totals.lag.buckets.assign(80, 0);
  EXPECT_EQ(lag_percentile(totals, 0.99), 0);
  totals.lag.buckets[0] = 98;
  totals.lag.buckets[8] = 2;
  EXPECT_DOUBLE_EQ(lag_percentile(totals, 0.5), 0.1);
  EXPECT_NEAR(lag_percentile(totals, 0.99), 0.4, 0.001);
}

}  // namespace
}  // namespace buildwatch::service
