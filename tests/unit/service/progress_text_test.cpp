// What `watch` draws, and what it writes where nothing can be drawn.
#include "service/progress_text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <regex>

namespace buildwatch::service {
namespace {

using namespace std::chrono_literals;

follow_view half_way() {
  follow_view v;
  v.job = "firmware-nightly";
  v.number = 42;
  v.stage = follow_stage::running;
  v.elapsed = 12min + 3s;
  v.left = forecast::estimate{7min, 5min, 11min, 0.625};
  return v;
}

std::string drawn(follow_view const& v, std::size_t columns, bool unicode = true, std::uint64_t beat = 0) {
  return bar_line(v, beat, {columns, false, unicode});
}

/// Columns of a line without colours: each character takes one.
std::size_t width(std::string const& line) {
  return static_cast<std::size_t>(std::ranges::count_if(line, [](char c) { return (c & 0xC0) != 0x80; }));
}

TEST(a_bar, shows_how_far_the_build_is_and_what_is_left) {
  EXPECT_EQ(drawn(half_way(), 79, false),
            "firmware-nightly #42  ########-----  62 %  12 min 3 s  7 min left (5 to 11 min)");
  EXPECT_EQ(drawn(half_way(), 79), "firmware-nightly #42  ████████▏░░░░  62 %  12 min 3 s  7 min left (5 to 11 min)");
}

TEST(a_bar, drops_what_does_not_fit_and_never_takes_more) {
  EXPECT_EQ(drawn(half_way(), 65, false), "firmware-nightly #42  ######----  62 %  12 min 3 s  7 min left");
  EXPECT_EQ(drawn(half_way(), 45, false), "firmware-nightly #42  ######-----  62 %");
  EXPECT_EQ(drawn(half_way(), 27, false), "firmware-nightly #42  62 %");
  EXPECT_EQ(drawn(half_way(), 20, false), "firmware.. #42  62 %");
  auto waiting = half_way(), troubled = half_way(), unknown = half_way();
  waiting.stage = follow_stage::absent;
  troubled.trouble = "no good answer for 12 s: HTTP 500 größer \x1b[2J";
  unknown.left.reset();
  for (auto const& v : {half_way(), waiting, troubled, unknown}) {
    for (std::size_t columns = 1; columns < 200; ++columns) {
      for (bool const unicode : {false, true}) EXPECT_LE(width(drawn(v, columns, unicode, columns)), columns);
    }
  }
}

TEST(a_bar, keeps_its_width_while_numbers_change) {
  auto v = half_way();
  v.job = "website";
  std::string const before = drawn(v, 100, false);
  v.elapsed = 12min + 13s;
  auto const bar = [](std::string const& line) {
    return std::ranges::count_if(line, [](char c) { return c == '#' || c == '-'; });
  };
  EXPECT_EQ(bar(drawn(v, 100, false)), bar(before));
}

TEST(a_bar, is_never_full_while_the_build_runs) {
  auto v = half_way();
  v.left->progress = 0.9999;
  EXPECT_NE(drawn(v, 79).find(" 99 %"), std::string::npos);
}

TEST(a_bar, never_goes_back_while_one_build_is_followed) {
  held_progress shown;
  auto v = half_way();
  EXPECT_EQ(shown.of(v).left->progress, 0.625);
  v.left->progress = 0.97;
  EXPECT_EQ(shown.of(v).left->progress, 0.97);
  v.left = forecast::estimate{4min, 3min, 9min, 0.75};
  v.overdue = true;
  auto const held = shown.of(v);
  EXPECT_EQ(plain_line(held), "firmware-nightly #42: 97 %, running for 12 min 3 s, overdue, 4 min left (3 to 9 min)");
  v.left.reset();
  EXPECT_FALSE(shown.of(v).left);
}

TEST(a_bar, moves_to_and_fro_where_there_is_no_forecast) {
  auto v = half_way();
  v.left.reset();
  EXPECT_EQ(drawn(v, 44, false, 0), "firmware-nightly #42  ###-------  12 min 3 s");
  EXPECT_EQ(drawn(v, 44, false, 3), "firmware-nightly #42  ---###----  12 min 3 s");
  EXPECT_EQ(drawn(v, 44, false, 7), "firmware-nightly #42  -------###  12 min 3 s");
  EXPECT_EQ(drawn(v, 44, false, 8), "firmware-nightly #42  ------###-  12 min 3 s");
  v.elapsed.reset();
  EXPECT_NE(drawn(v, 79).find("running"), std::string::npos) << "not even since when";
}

TEST(a_bar, has_colours_only_where_they_are_wanted) {
  EXPECT_EQ(drawn(half_way(), 79).find('\x1b'), std::string::npos);
  std::string const coloured = bar_line(half_way(), 0, {79, true, true});
  EXPECT_NE(coloured.find("\x1b[32m█"), std::string::npos);
  EXPECT_EQ(std::regex_replace(coloured, std::regex("\x1b\\[[0-9]*m"), ""), drawn(half_way(), 79));
}

TEST(a_bar, tells_what_is_waited_for) {
  auto v = half_way();
  v.stage = follow_stage::queued;
  EXPECT_EQ(drawn(v, 79), "firmware-nightly #42  queued");
  v.stage = follow_stage::absent;
  EXPECT_EQ(drawn(v, 79), "firmware-nightly #42  not there yet; waiting for it");
  v.number = 0;
  v.stage = follow_stage::unbuilt;
  EXPECT_EQ(drawn(v, 79), "firmware-nightly  no build yet; waiting for the first");
  v.trouble = "no good answer for 12 s: HTTP 500 \x1b[2J";
  EXPECT_EQ(drawn(v, 79), "firmware-nightly  no good answer for 12 s: HTTP 500 \uFFFD[2J");
}

TEST(a_bar, rounds_what_is_left_to_what_a_forecast_is_worth) {
  auto v = half_way();
  auto const left = [&](base::duration middle, base::duration low, base::duration high) {
    v.left = forecast::estimate{middle, low, high, 0.5};
    std::string const line = plain_line(v);
    return line.substr(line.rfind(", ") + 2);
  };
  EXPECT_EQ(left(44s, 41s, 50s), "44 s left (41 to 50 s)");
  EXPECT_EQ(left(95s, 40s, 4min), "95 s left (40 s to 4 min)");
  EXPECT_EQ(left(7min + 31s, 7min + 30s, 7min + 40s), "8 min left");
  EXPECT_EQ(left(2h, 95min, 3h), "2 h left (95 min to 3 h)");
  EXPECT_EQ(left(50h, 49h, 97h), "2 d left (2 to 4 d)");
  EXPECT_EQ(left(1ms, 1ms, 1ms), "1 s left") << "nobody waits for 0 s";
}

TEST(plain_lines, come_at_each_change_and_then_at_each_tenth_but_not_within_a_minute) {
  plain_lines lines;
  base::time_point now{};
  auto v = half_way();
  v.stage = follow_stage::queued;
  EXPECT_EQ(lines.next(v, now), "firmware-nightly #42: queued");
  EXPECT_FALSE(lines.next(v, now + 1h)) << "nothing has changed";
  v.stage = follow_stage::running;
  v.left->progress = 0.01;
  EXPECT_EQ(lines.next(v, now += 1s), "firmware-nightly #42: 1 %, running for 12 min 3 s, 7 min left (5 to 11 min)");
  v.left->progress = 0.35;
  EXPECT_FALSE(lines.next(v, now + 59s)) << "a tenth, but no minute";
  EXPECT_TRUE(lines.next(v, now += 60s));
  v.left->progress = 0.39;
  EXPECT_FALSE(lines.next(v, now + 10min)) << "minutes, but no tenth";
  v.left->progress = 0.40;
  EXPECT_TRUE(lines.next(v, now += 10min));
  v.left->progress = 0.30;
  EXPECT_FALSE(lines.next(v, now + 10min)) << "it fell back";
}

TEST(plain_lines, come_each_minute_without_a_forecast) {
  plain_lines lines;
  auto v = half_way();
  v.left.reset();
  EXPECT_EQ(lines.next(v, base::time_point{}), "firmware-nightly #42: running for 12 min 3 s");
  EXPECT_FALSE(lines.next(v, base::time_point{} + 59s));
  EXPECT_TRUE(lines.next(v, base::time_point{} + 60s));
}

TEST(plain_lines, tell_of_trouble_once_and_when_it_is_over) {
  plain_lines lines;
  auto v = half_way();
  static_cast<void>(lines.next(v, base::time_point{}));
  v.trouble = "no good answer for 0 s: HTTP 500";
  EXPECT_EQ(lines.next(v, base::time_point{} + 1s), "firmware-nightly #42: no good answer for 0 s: HTTP 500");
  v.trouble = "no good answer for 12 s: HTTP 502";
  EXPECT_FALSE(lines.next(v, base::time_point{} + 2s));
  v.trouble.clear();
  EXPECT_TRUE(lines.next(v, base::time_point{} + 3s));
}

}  // namespace
}  // namespace buildwatch::service
