#include "sinks/output_lines.hpp"

#include <gmock/gmock.h>

namespace buildwatch::sinks {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class output : public ::testing::Test {
 protected:
  void hide(std::vector<std::string_view> const& values) { hidden = secret_texts(values); }
  std::vector<std::string> of(std::vector<std::string> const& chunks) {
    std::vector<std::string> lines;
    output_lines under_test(hidden, [&](std::string const& line) { lines.push_back(line); });
    for (auto const& chunk : chunks) under_test.feed(chunk);
    under_test.finish();
    return lines;
  }
  std::vector<std::string> hidden;
};

TEST_F(output, becomes_lines_however_it_arrives) {
  EXPECT_THAT(of({"one\ntw", "o", "\n\nthree\r\nfour"}), ElementsAre("one", "two", "three", "four"));
  EXPECT_THAT(of({""}), ElementsAre());
  EXPECT_THAT(of({"\n\n"}), ElementsAre());
}

TEST_F(output, is_cleaned) { EXPECT_THAT(of({"a\x1b[31mred\tb\n"}), ElementsAre("a\xEF\xBF\xBD[31mred b")); }

TEST_F(output, long_lines_are_cut_not_inside_a_character) {
  EXPECT_THAT(of({std::string(3000, 'x'), std::string(1000, 'y'), "\nnext\n"}),
              ElementsAre(std::string(1024, 'x'), "next", "… 2976 more bytes not shown"));
  EXPECT_THAT(of({std::string(1023, 'x') + "✗\n"}), ElementsAre(std::string(1023, 'x'), "… 3 more bytes not shown"));
}

TEST_F(output, is_bounded_in_lines) {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "line\n";
  auto const lines = of({many});
  EXPECT_THAT(lines, SizeIs(201));
  EXPECT_EQ(lines.back(), "… 3200 more bytes not shown");
}

TEST_F(output, is_bounded_in_bytes) {
  std::string many;
  for (int i = 0; i < 150; ++i) many += std::string(1000, 'x') + "\n";
  std::size_t shown = 0;
  auto lines = of({many});
  EXPECT_EQ(lines.back(), "… 84464 more bytes not shown");
  lines.pop_back();
  for (auto const& line : lines) shown += line.size();
  EXPECT_EQ(shown, output_lines::most_bytes);
}

TEST_F(output, an_endless_line_is_kept_only_as_far_as_it_is_shown) {
  std::vector<std::string> const chunks(1000, std::string(4096, 'x'));
  EXPECT_THAT(of(chunks), ElementsAre(std::string(1024, 'x'), "… 4094976 more bytes not shown"));
}

TEST_F(output, secrets_of_the_environment_are_hidden) {
  hide({"hunter2-and-more", "hunter2", "v"});
  EXPECT_THAT(of({"K=hunter2-and-more x hunt", "er2 v\n"}), ElementsAre("K=[hidden] x [hidden] v"));
}

TEST_F(output, no_part_of_a_secret_shows_where_a_line_is_cut) {
  hide({"0123456789abcdef"});
  auto const lines = of({std::string(1020, 'x') + "0123456789abcdef and more\n"});
  EXPECT_EQ(lines.front().find("0123"), std::string::npos);
}

TEST_F(output, every_line_of_a_secret_of_several_is_hidden) {
  hide({"-----BEGIN KEY-----\nMIIEvQIBADANBg\n-----END KEY-----\n"});
  EXPECT_THAT(of({"cat: MIIEvQIBADANBg\n"}), ElementsAre("cat: [hidden]"));
}

}  // namespace
}  // namespace buildwatch::sinks
