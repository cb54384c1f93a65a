// Lengths of time as an error tells them.
#include "net/text.hpp"

#include <gtest/gtest.h>

namespace buildwatch::net {
namespace {

using namespace std::chrono_literals;

TEST(Words, TellALengthOfTime) {
  EXPECT_EQ(words(10s), "10 s");
  EXPECT_EQ(words(10s - 300us), "10 s");
  EXPECT_EQ(words(1500ms), "1.5 s");
  EXPECT_EQ(words(2s - 1ms), "2 s");
  EXPECT_EQ(words(90s), "90 s");
  EXPECT_EQ(words(999ms), "1 s");
  EXPECT_EQ(words(149ms), "150 ms");
  EXPECT_EQ(words(50ms - 20us), "50 ms");
  EXPECT_EQ(words(-5s), "0 ms");
}

}  // namespace
}  // namespace buildwatch::net
