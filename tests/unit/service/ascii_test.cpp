// Lines for those who do not read UTF-8, and who that is.
#include "buildwatch/service/ascii.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <map>

#include "buildwatch/notify/format.hpp"

namespace buildwatch::service {
namespace {

TEST(ascii, has_a_letter_for_every_sign_that_events_have) {
  EXPECT_EQ(as_ascii("21:18:23+01:00  ✗ firmware #42 failed"), "21:18:23+01:00  x firmware #42 failed");
  for (int type = 0; type <= static_cast<int>(model::event_type::provider_recovered); ++type) {
    for (int outcome = 0; outcome <= static_cast<int>(model::outcome::unknown); ++outcome) {
      model::event e;
      e.type = static_cast<model::event_type>(type);
      e.job.emplace().name = e.provider = "huawei";
      e.build.emplace().outcome = static_cast<model::outcome>(outcome);
      std::string const line = as_ascii(notify::headline(e, false));
      ASSERT_EQ(line[1], ' ') << line;
      if (e.type != model::event_type::build_finished || e.build->outcome != model::outcome::unknown) {
        EXPECT_NE(line[0], '?') << line;
      }
    }
  }
}

TEST(ascii, asks_what_else_there_is) {
  EXPECT_EQ(as_ascii("größe 構建 \x1b[31mred\x1b[0m"), "gr??e ?? \x1b[31mred\x1b[0m");
  EXPECT_EQ(as_ascii("\x80\xff\xc3"), "???");
  EXPECT_EQ(as_ascii(""), "");
}

class locale : public ::testing::Test {
 protected:
  static constexpr auto names = {"LC_ALL", "LC_CTYPE", "LANG"};
  void SetUp() override {
    for (char const* name : names) {
      char const* const value = std::getenv(name);
      if (value != nullptr) before_[name] = value;
      ::unsetenv(name);
    }
  }
  void TearDown() override {
    for (char const* name : names) ::unsetenv(name);
    for (auto const& [name, value] : before_) ::setenv(name.c_str(), value.c_str(), 1);
    ::close(file_);
  }

  int file_ = ::open("/dev/null", O_WRONLY | O_CLOEXEC);

 private:
  std::map<std::string, std::string> before_;
};

TEST_F(locale, that_is_set_first_says_whether_utf8_is_read) {
  EXPECT_TRUE(takes_utf8(file_)) << "none is set, and it is no terminal";
  ::setenv("LANG", "C", 1);
  EXPECT_FALSE(takes_utf8(file_));
  ::setenv("LC_CTYPE", "de_DE.utf8", 1);
  EXPECT_TRUE(takes_utf8(file_));
  ::setenv("LC_ALL", "zh_CN.GB18030", 1);
  EXPECT_FALSE(takes_utf8(file_));
  ::setenv("LC_ALL", "", 1);
  EXPECT_TRUE(takes_utf8(file_)) << "empty is unset";
}

}  // namespace
}  // namespace buildwatch::service
