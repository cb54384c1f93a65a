#include "buildwatch/model/imagined.hpp"

#include <gtest/gtest.h>

#include <set>

namespace buildwatch::model {
namespace {

base::wall_time const now{std::chrono::milliseconds(1'795'465'103'417)};

event imagined(selector s) {
  return imagined_event(s, job{"firmware", "huawei", "48c66c6002964721be537cdc6ce0297b", {{"team", "a"}}}, 42, now);
}

/// The words that match an event, `all` aside.
std::set<std::string_view> words_of(event const& e) {
  std::set<std::string_view> words;
  for (auto const word : selector_words()) {
    if (word != "all" && matches(*selector_named(word), e)) words.insert(word);
  }
  return words;
}

using words = std::set<std::string_view>;

TEST(an_imagined_event, is_matched_by_its_selector_and_by_what_follows_from_it) {
  EXPECT_EQ(words_of(imagined(selector::started)), (words{"started"}));
  EXPECT_EQ(words_of(imagined(selector::success)), (words{"finished", "success"}));
  EXPECT_EQ(words_of(imagined(selector::failure)), (words{"finished", "failure"}));
  EXPECT_EQ(words_of(imagined(selector::unstable)), (words{"finished", "unstable"}));
  EXPECT_EQ(words_of(imagined(selector::aborted)), (words{"finished", "aborted"}));
  EXPECT_EQ(words_of(imagined(selector::unknown)), (words{"finished", "unknown"}));
  EXPECT_EQ(words_of(imagined(selector::broken)), (words{"finished", "failure", "broken"}));
  EXPECT_EQ(words_of(imagined(selector::fixed)), (words{"finished", "success", "fixed"}));
  EXPECT_EQ(words_of(imagined(selector::still_failing)), (words{"finished", "failure", "still_failing"}));
  EXPECT_EQ(words_of(imagined(selector::still_passing)), (words{"finished", "success", "still_passing"}));
  EXPECT_EQ(words_of(imagined(selector::overdue)), (words{"overdue"}));
  EXPECT_EQ(words_of(imagined(selector::unreachable)), (words{"unreachable"}));
  EXPECT_EQ(words_of(imagined(selector::recovered)), (words{"recovered"}));
}

TEST(an_imagined_event, has_what_an_event_of_its_kind_has) {
  auto const fixed = imagined(selector::fixed);
  EXPECT_EQ(fixed.job->name, "firmware");
  EXPECT_EQ(fixed.provider, "huawei");
  ASSERT_TRUE(fixed.previous);
  EXPECT_EQ(fixed.previous->number, 41U);
  EXPECT_EQ(fixed.previous->outcome, outcome::failure);
  EXPECT_FALSE(imagined(selector::failure).previous) << "no change, so no build before it is made up";
  EXPECT_TRUE(imagined(selector::overdue).build->building);
  EXPECT_FALSE(imagined(selector::unreachable).build);
}

TEST(an_imagined_event, may_be_a_providers) {
  auto const down = imagined_event(selector::unreachable, "huawei", now);
  EXPECT_EQ(down.type, event_type::provider_unreachable);
  EXPECT_EQ(down.provider, "huawei");
  EXPECT_FALSE(down.job);
  EXPECT_EQ(words_of(down), (words{"unreachable"}));
  EXPECT_EQ(imagined_event(selector::recovered, "huawei", now).type, event_type::provider_recovered);
}

}  // namespace
}  // namespace buildwatch::model
