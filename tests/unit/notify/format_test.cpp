#include "buildwatch/notify/format.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "unit/notify/events.hpp"

namespace buildwatch::notify {
namespace {

using json = nlohmann::ordered_json;
using model::event_type;
using testing::at;
using testing::event_of_type;
using testing::finished_event;

// The golden files are indented for people; what is sent is the same on one line.
std::string golden(std::string const& name) {
  std::ifstream file(std::string(TEST_DATA) + "/events/" + name + ".json");
  return json::parse(file).dump();
}

TEST(standard_json, every_type_is_as_in_its_golden_file) {
  for (auto const type : {event_type::build_started, event_type::build_overdue, event_type::job_recovered,
                          event_type::provider_recovered}) {
    EXPECT_EQ(standard_json(event_of_type(type)), golden(std::string(model::to_string(type))));
  }
  auto job = event_of_type(event_type::job_unreachable);
  job.reason = "HTTP 500";
  EXPECT_EQ(standard_json(job), golden("job.unreachable"));
  auto provider = event_of_type(event_type::provider_unreachable);
  provider.reason = "HTTP 503";
  EXPECT_EQ(standard_json(provider), golden("provider.unreachable"));
  auto finished = finished_event();
  finished.change = model::change::broken;
  finished.previous = model::previous_build{41, model::outcome::success};
  EXPECT_EQ(standard_json(finished), golden("build.finished"));
}

TEST(standard_json, test_is_said_of_test_events_only) {
  auto e = finished_event();
  EXPECT_FALSE(json::parse(standard_json(e)).contains("test"));
  e.test = true;
  EXPECT_EQ(json::parse(standard_json(e)).at("test"), true);
}

TEST(standard_json, an_end_first_seen_finished_has_no_lower_bound) {
  auto e = finished_event();
  e.build->last_seen_running.reset();
  auto const between = json::parse(standard_json(e)).at("data").at("build").at("finished_between");
  EXPECT_EQ(between, json::parse(R"([null, "2026-11-23T20:18:23.417Z"])"));
}

TEST(standard_json, durations_keep_fractions_and_are_null_when_unknown) {
  auto e = finished_event();
  e.build->finished_at = *e.build->started_at + std::chrono::milliseconds(1500);
  EXPECT_EQ(json::parse(standard_json(e)).at("data").at("build").at("duration_seconds").dump(), "1.5");
  e.build->started_at.reset();
  EXPECT_TRUE(json::parse(standard_json(e)).at("data").at("build").at("duration_seconds").is_null());
}

TEST(standard_json, words_and_region_that_are_unknown_are_null) {
  auto e = finished_event();
  e.build->result.clear();
  e.build->region.clear();
  e.build->outcome.reset();
  auto const build = json::parse(standard_json(e)).at("data").at("build");
  EXPECT_TRUE(build.at("result").is_null());
  EXPECT_TRUE(build.at("region").is_null());
  EXPECT_TRUE(build.at("outcome").is_null());
}

TEST(standard_json, the_source_is_an_object_with_null_for_what_is_unknown) {
  auto e = finished_event();
  auto const source = [&] { return json::parse(standard_json(e)).at("data").at("build").at("source"); };
  EXPECT_TRUE(source().is_null());
  e.build->source = model::build_source{"main", "0a1b2c", "alice", "https://builds.example.com/42"};
  EXPECT_EQ(source().dump(),
            R"({"branch":"main","commit":"0a1b2c","trigger":"alice","url":"https://builds.example.com/42"})");
  e.build->source = model::build_source{"", "0a1b2c", "", ""};
  EXPECT_EQ(source().dump(), R"({"branch":null,"commit":"0a1b2c","trigger":null,"url":null})");
}

TEST(standard_json, is_one_line_of_valid_utf8_whatever_the_api_said) {
  auto e = finished_event(model::outcome::unknown);
  e.build->result = "bad \xff\xc3 \"word\"\n";
  std::string const text = standard_json(e);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_TRUE(json::accept(text));
  EXPECT_EQ(json::parse(text).at("data").at("build").at("result"), "bad \xEF\xBF\xBD\xEF\xBF\xBD \"word\"\n");
}

TEST(standard_json, labels_are_an_object_even_when_there_are_none) {
  auto e = finished_event();
  e.job->labels.clear();
  EXPECT_EQ(json::parse(standard_json(e)).at("data").at("job").at("labels"), json::object());
}

class text_line_in : public ::testing::TestWithParam<std::pair<char const*, char const*>> {
 protected:
  void TearDown() override { ::unsetenv("TZ"); }
};

TEST_P(text_line_in, local_time_has_the_offset_of_the_zone) {
  ::setenv("TZ", GetParam().first, 1);
  EXPECT_EQ(text_line(finished_event(), false),
            std::string(GetParam().second) + "  ✗ firmware-nightly #42 failed after 1 h 13 min");
}

// POSIX zones: their sign is the other way round.
INSTANTIATE_TEST_SUITE_P(zones, text_line_in,
                         ::testing::Values(std::pair{"UTC0", "2026-11-23 20:18:23+00:00"},
                                           std::pair{"CET-1", "2026-11-23 21:18:23+01:00"},
                                           std::pair{"CST-8", "2026-11-24 04:18:23+08:00"},
                                           std::pair{"NST3:30", "2026-11-23 16:48:23-03:30"}));

TEST(text_line, each_kind_has_its_mark) {
  auto const marked = [](model::event const& e) { return text_line(e, false).substr(27); };
  EXPECT_EQ(marked(finished_event(model::outcome::success)).substr(0, 3), "✓");
  EXPECT_EQ(marked(finished_event(model::outcome::failure)).substr(0, 3), "✗");
  EXPECT_EQ(marked(finished_event(model::outcome::unstable)).substr(0, 2), "! ");
  EXPECT_EQ(marked(finished_event(model::outcome::aborted)).substr(0, 3), "■");
  EXPECT_EQ(marked(finished_event(model::outcome::unknown)).substr(0, 2), "? ");
  EXPECT_EQ(marked(event_of_type(event_type::build_started)).substr(0, 3), "▶");
  EXPECT_EQ(marked(event_of_type(event_type::job_unreachable)).substr(0, 3), "⊘");
  EXPECT_EQ(marked(event_of_type(event_type::provider_recovered)).substr(0, 3), "↺");
}

TEST(text_line, colours_only_when_asked) {
  EXPECT_EQ(text_line(finished_event(), false).find('\x1b'), std::string::npos);
  EXPECT_NE(text_line(finished_event(), true).find("\x1b[31m✗\x1b[0m "), std::string::npos);
}

TEST(text_line, says_that_a_test_is_a_test) {
  auto e = finished_event();
  e.test = true;
  EXPECT_TRUE(text_line(e, false).ends_with(" [test]"));
}

TEST(text_line, a_word_of_the_api_can_not_drive_the_terminal) {
  auto e = finished_event(model::outcome::unknown);
  e.build->result = "\x1b[2J\r\nWIPED";
  std::string const line = text_line(e, false);
  EXPECT_EQ(line.find_first_of("\x1b\r\n"), std::string::npos);
  EXPECT_NE(line.find("WIPED"), std::string::npos);
}

struct cleaning {
  char const* what;
  std::string given, clean;
};

class clean_line_of : public ::testing::TestWithParam<cleaning> {};

TEST_P(clean_line_of, is_safe) { EXPECT_EQ(clean_line(GetParam().given), GetParam().clean) << GetParam().what; }

#define BAD "\xEF\xBF\xBD"
INSTANTIATE_TEST_SUITE_P(
    texts, clean_line_of,
    ::testing::Values(
        cleaning{"plain", "a b", "a b"}, cleaning{"UTF-8 stays", "✗ 构建 🚀", "✗ 构建 🚀"},
        cleaning{"tab", "a\tb", "a b"}, cleaning{"C0", "a\x01\n", "a" BAD BAD}, cleaning{"DEL", "\x7f", BAD},
        cleaning{"C1 (CSI)", "\xC2\x9B", BAD}, cleaning{"line separator", "\xE2\x80\xA8", BAD},
        cleaning{"right-to-left override", "\xE2\x80\xAE", BAD}, cleaning{"isolate", "\xE2\x81\xA6", BAD},
        cleaning{"lone continuation", "\x80z", BAD "z"}, cleaning{"cut off", "\xE2\x80", BAD BAD},
        cleaning{"overlong", "\xC0\x80", BAD BAD}, cleaning{"overlong of three", "\xE0\x80\x80", BAD BAD BAD},
        cleaning{"surrogate", "\xED\xA0\x80", BAD BAD BAD}, cleaning{"too large", "\xF4\x90\x80\x80", BAD BAD BAD BAD},
        cleaning{"NUL", std::string("a\0b", 3), "a" BAD "b"}));
#undef BAD

TEST(clean_line, never_cuts_inside_a_character) {
  EXPECT_EQ(clean_line("ab✗", 4), "ab");
  EXPECT_EQ(clean_line("ab✗", 5), "ab✗");
  EXPECT_EQ(clean_line("abc", 0), "");
}

}  // namespace
}  // namespace buildwatch::notify
