// Where the store is, what it keeps, and where a dead notification goes.
#include "unit/config/support.hpp"

namespace buildwatch::config {
namespace {

using namespace std::chrono_literals;
using testing::load_text;
using testing::some_job;
using testing::some_provider;
using testing::world_of;

std::string path_in(std::map<std::string, std::string> variables) {
  auto const result = load_text(some_provider + some_job, world_of(std::move(variables)));
  EXPECT_EQ(testing::lines(result), "");
  return result.settings ? result.settings->store.path : "";
}

TEST(the_store, is_where_the_environment_keeps_state) {
  EXPECT_EQ(path_in({{"STATE_DIRECTORY", "/var/lib/buildwatch"}, {"XDG_STATE_HOME", "/x"}, {"HOME", "/h"}}),
            "/var/lib/buildwatch/state.db");
  EXPECT_EQ(path_in({{"STATE_DIRECTORY", "/var/lib/buildwatch:/var/lib/other"}}), "/var/lib/buildwatch/state.db")
      << "systemd's list: the first";
  EXPECT_EQ(path_in({{"STATE_DIRECTORY", ""}, {"XDG_STATE_HOME", "/x/state"}, {"HOME", "/h"}}),
            "/x/state/buildwatch/state.db");
  EXPECT_EQ(path_in({{"XDG_STATE_HOME", "relative"}, {"HOME", "/h"}}), "/h/.local/state/buildwatch/state.db")
      << "the XDG specification: relative paths are to be ignored";
  EXPECT_EQ(path_in({{"HOME", "/h/"}}), "/h/.local/state/buildwatch/state.db");
}

TEST(the_store, is_in_the_home_of_the_user_where_no_variable_names_it) {
  auto world = world_of({});
  world.variable = [](std::string const&) -> std::optional<std::string> { return std::nullopt; };
  world.home = "/home/ci";
  auto const result = load_text(some_provider + some_job, world);
  ASSERT_TRUE(result.settings.has_value()) << testing::lines(result);
  EXPECT_EQ(result.settings->store.path, "/home/ci/.local/state/buildwatch/state.db");
}

TEST(the_store, may_make_folders_above_its_own_only_where_nobody_named_them) {
  auto const result = load_text(some_provider + some_job, world_of({{"HOME", "/h"}}));
  ASSERT_TRUE(result.settings.has_value()) << testing::lines(result);
  EXPECT_TRUE(result.settings->store.make_folders);
  auto const named = load_text("store: sqlite:/mnt/big/state.db\n" + (some_provider + some_job), world_of({}));
  ASSERT_TRUE(named.settings.has_value()) << testing::lines(named);
  EXPECT_FALSE(named.settings->store.make_folders) << "a disk that is not mounted is no reason to write elsewhere";
}

TEST(the_store, must_be_somewhere) {
  auto const result = load_text(some_provider + some_job, world_of({{"HOME", ""}}));
  EXPECT_FALSE(result.settings.has_value());
  ASSERT_EQ(result.complaints.size(), 1U) << testing::lines(result);
  EXPECT_EQ(result.complaints[0].path, "store");
  EXPECT_EQ(result.complaints[0].line, 1U);
  EXPECT_NE(result.complaints[0].text.find("$STATE_DIRECTORY"), std::string::npos);
  EXPECT_NE(result.complaints[0].text.find("sqlite:/"), std::string::npos);

  auto const given = load_text("store: sqlite:/x/y.db\n" + some_provider + some_job, world_of({{"HOME", ""}}));
  ASSERT_TRUE(given.settings.has_value()) << testing::lines(given);
  EXPECT_EQ(given.settings->store.path, "/x/y.db");
}

TEST(the_store, is_relative_to_the_file_that_names_it) {
  testing::folder const f;
  auto const file = f.write("etc/main.yaml", "store: \"sqlite:${env:NAME}.db\"\n" + some_provider + some_job);
  auto const result = load(file, world_of({{"NAME", "state/builds"}, {"STATE_DIRECTORY", "/elsewhere"}}));
  ASSERT_TRUE(result.settings.has_value()) << testing::lines(result);
  EXPECT_EQ(result.settings->store.path, f.path() + "/etc/state/builds.db");
}

TEST(the_store, is_not_made_by_reading_the_file) {
  testing::folder const f;
  auto const result = load(f.write("main.yaml", some_provider + some_job), world_of({{"HOME", f.path()}}));
  ASSERT_TRUE(result.settings.has_value());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(f.path()), {}), 1) << "the file itself";
}

TEST(retention, has_the_documented_defaults) {
  auto const s = load_text(some_provider + some_job).settings.value();
  EXPECT_EQ(s.store.builds, 1000U);
  EXPECT_EQ(s.store.events, 30 * 24h);
}

TEST(retention, is_as_given) {
  auto const both = load_text("retention: {builds: 1, events: 1h}\n" + some_provider + some_job);
  ASSERT_TRUE(both.settings.has_value()) << testing::lines(both);
  EXPECT_EQ(both.settings->store.builds, 1U);
  EXPECT_EQ(both.settings->store.events, 1h);
  auto const one = load_text("retention: {builds: 1000000}\n" + some_provider + some_job).settings.value();
  EXPECT_EQ(one.store.builds, 1'000'000U);
  EXPECT_EQ(one.store.events, 30 * 24h);
}

TEST(a_fallback, is_another_sink) {
  auto const s = load_text(some_provider + some_job + R"(
sinks:
  hook: {type: webhook, url: "https://hooks.example.com", fallback: script, fallback_after: 90s, proxy: none}
  script: {type: exec, command: [sh], fallback: console}
  console: {type: stdout}
)",
                           testing::plain_world())
                     .settings.value();
  EXPECT_EQ(s.sinks[0].delivery.fallback, "script");
  EXPECT_EQ(s.sinks[0].delivery.fallback_after, 90s);
  EXPECT_EQ(s.sinks[1].delivery.fallback, "console");
  EXPECT_EQ(s.sinks[1].delivery.fallback_after, 1h);
  EXPECT_EQ(s.sinks[2].delivery.fallback, "");
}

TEST(a_fallback, may_stand_in_another_file) {
  testing::folder const f;
  f.write("more.yaml", "sinks: {spare: {type: log}, other: {type: stdout, fallback: hook}}\n");
  std::string const main = "include: [more.yaml]\n" + some_provider + some_job +
                           "sinks:\n  hook: {type: webhook, url: 'https://example.com', fallback: ";
  auto const right = load(f.write("a.yaml", main + "spare}\n"), testing::plain_world());
  EXPECT_TRUE(right.settings.has_value()) << testing::lines(right);
  auto const loop = load(f.write("b.yaml", main + "other}\n"), testing::plain_world());
  EXPECT_NE(testing::lines(loop).find("sinks.hook.fallback: the fallbacks lead back to this sink: hook → other → hook"),
            std::string::npos)
      << testing::lines(loop);
}

}  // namespace
}  // namespace buildwatch::config
