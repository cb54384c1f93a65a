#include "buildwatch/base/alarms.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "unit/support/fakes.hpp"

namespace buildwatch::base {
namespace {

using namespace std::chrono_literals;

constexpr time_point at(std::chrono::milliseconds ms) { return time_point{ms}; }

class noted final : public alarm {
 public:
  noted(std::vector<int>& rung, int name) : rung_(rung), name_(name) {}
  alarm* set_when_ringing = nullptr;
  alarms* in = nullptr;

 private:
  void ring(time_point now) override {
    rung_.push_back(name_);
    if (set_when_ringing != nullptr) in->set(*set_when_ringing, now + 1ms);
  }
  std::vector<int>& rung_;
  int name_;
};

struct alarms_test : ::testing::Test {
  buildwatch::testing::idle_waker waker;
  std::vector<int> rung;
  alarms all{waker};
};

TEST_F(alarms_test, ring_in_order_of_their_time_and_only_when_due) {
  noted a(rung, 1), b(rung, 2), c(rung, 3);
  all.set(a, at(30ms));
  all.set(b, at(10ms));
  all.set(c, at(20ms));
  all.run(at(20ms));
  EXPECT_EQ(rung, (std::vector{2, 3}));
  EXPECT_TRUE(a.set());
  EXPECT_FALSE(b.set());
  EXPECT_EQ(waker.asked, at(30ms));
}

TEST_F(alarms_test, the_waker_is_asked_for_the_earliest_only) {
  noted a(rung, 1), b(rung, 2);
  all.set(a, at(10ms));
  EXPECT_EQ(waker.asked, at(10ms));
  all.set(b, at(50ms));
  EXPECT_EQ(waker.asked, at(10ms));
  all.set(b, at(5ms));
  EXPECT_EQ(waker.asked, at(5ms));
  all.run(at(100ms));
  EXPECT_EQ(waker.asked, time_point::max());
}

TEST_F(alarms_test, one_set_again_while_ringing_rings_later) {
  noted a(rung, 1), b(rung, 2);
  a.set_when_ringing = &b;
  a.in = &all;
  all.set(a, at(10ms));
  all.run(at(10ms));
  EXPECT_EQ(rung, std::vector{1});
  EXPECT_EQ(waker.asked, at(11ms));
}

TEST_F(alarms_test, one_that_dies_is_forgotten) {
  auto a = std::make_unique<noted>(rung, 1);
  all.set(*a, at(10ms));
  a.reset();
  all.run(at(20ms));
  EXPECT_TRUE(rung.empty());
  EXPECT_EQ(all.size(), 0U);
}

TEST_F(alarms_test, keeps_order_under_random_changes) {
  std::mt19937 random(7);  // NOLINT: the same run each time
  std::vector<std::unique_ptr<noted>> many;
  std::vector<int> due(200);
  for (int i = 0; i < 200; ++i) many.push_back(std::make_unique<noted>(rung, i));
  for (int step = 0; step < 5000; ++step) {
    auto const i = random() % many.size();
    if (random() % 4 == 0) {
      all.clear(*many[i]);
    } else {
      due[i] = static_cast<int>(random() % 1000);
      all.set(*many[i], at(std::chrono::milliseconds(due[i])));
    }
  }
  auto const expected = std::ranges::count_if(many, [](auto const& a) { return a->set(); });
  all.run(at(1000ms));
  EXPECT_EQ(std::ssize(rung), expected);
  EXPECT_TRUE(std::ranges::is_sorted(rung, {}, [&](int i) { return due[static_cast<std::size_t>(i)]; }));
}

}  // namespace
}  // namespace buildwatch::base
