#include "buildwatch/service/records.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <nlohmann/json.hpp>

namespace buildwatch::service {
namespace {

using nlohmann::json;
using store::standing;

base::wall_time at(std::int64_t milliseconds) {
  return base::wall_time(std::chrono::milliseconds(1'795'465'103'417 + milliseconds));  // 2026-11-23T20:18:23.417Z
}

class records : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TZ", "UTC-1", 1);  // an hour east
    ::tzset();
  }
  void TearDown() override {
    ::unsetenv("TZ");
    ::tzset();
  }
};

store::kept_build a_build() {
  store::kept_build b{"huawei", "48c66c6002964721be537cdc6ce0297b", "firmware", {}};
  b.build.number = 42;
  b.build.outcome = model::outcome::failure;
  b.build.result = "FAILURE";
  b.build.started_at = at(-4'386'000);
  b.build.finished_at = at(0);
  return b;
}

store::receipt a_receipt(store::standing what, std::uint32_t tries, std::string answer) {
  store::receipt r;
  r.number = 17;
  r.event_id = "evt_1";
  r.webhook_id = "evt_1";
  r.sink = "oncall";
  r.rule = "rules[0]";
  r.standing = what;
  r.added = at(0);
  r.at = at(60'000);
  r.tries = tries;
  r.answer = std::move(answer);
  return r;
}

store::kept_event an_event(std::vector<store::receipt> receipts) {
  store::kept_event e;
  e.event.id = "evt_1";
  e.event.type = model::event_type::build_finished;
  e.event.timestamp = at(0);
  e.event.sequence = 118;
  e.event.provider = "huawei";
  e.event.job = model::job{"firmware", "huawei", "48c66c6002964721be537cdc6ce0297b", {}};
  e.event.build = a_build().build;
  e.receipts = std::move(receipts);
  return e;
}

/// What is said of the first sink.
std::string told(store::receipt r) {
  std::string const all = for_people(an_event({std::move(r)}));
  return all.substr(all.find('\n') + 1);
}

TEST_F(records, a_build_is_a_line_with_local_time) {
  EXPECT_EQ(for_people(a_build()), "2026-11-23 21:18:23+01:00  ✗ firmware #42 failed after 1 h 13 min");
  auto b = a_build();
  b.build.finished_at.reset();
  b.build.first_seen_finished = at(3'600'000);
  EXPECT_EQ(for_people(b), "before 2026-11-23 22:18:23+01:00  ✗ firmware #42 failed") << "a poll found it over";
  b.build.first_seen_finished.reset();
  EXPECT_EQ(for_people(b), "after 2026-11-23 20:05:17+01:00  ✗ firmware #42 failed") << "that is when it began";
  b.build = {};
  b.build.number = 7;
  b.build.outcome = model::outcome::success;
  EXPECT_EQ(for_people(b), "at an unknown time         ✓ firmware #7 passed");
  b.build.outcome.reset();
  b.build.building = true;
  EXPECT_EQ(for_people(b), "at an unknown time         ▶ firmware #7 is running");
}

TEST_F(records, a_build_says_what_it_was_made_of_and_how_long_it_ran_at_least) {
  auto b = a_build();
  b.build.source = model::build_source{"release/2.0", "", "", ""};
  EXPECT_EQ(for_people(b), "2026-11-23 21:18:23+01:00  ✗ firmware #42 failed on release/2.0 after 1 h 13 min");
  b.build.started_at.reset();
  b.build.first_seen_running = at(-600'000);
  b.build.last_seen_running = at(-60'000);
  EXPECT_EQ(for_people(b), "2026-11-23 21:18:23+01:00  ✗ firmware #42 failed on release/2.0 after at least 9 min");
  b.build.source->branch = "\x1b[2J\n";
  EXPECT_EQ(for_people(b).find_first_of("\x1b\n"), std::string::npos);
}

TEST_F(records, an_event_is_followed_by_what_became_of_it) {
  auto e = an_event({a_receipt(standing::delivered, 2, "204")});
  e.not_asked = {{"console", "rules[1]: wants fixed"}};
  EXPECT_EQ(for_people(e),
            "2026-11-23 21:18:23+01:00  ✗ firmware #42 failed after 1 h 13 min  evt_1\n"
            "    oncall: delivered 2026-11-23 21:19:23+01:00, at try 2: 204 (rules[0]; number 17)\n"
            "    console: not asked: rules[1]: wants fixed");
}

TEST_F(records, each_state_says_when_and_why) {
  EXPECT_EQ(told(a_receipt(standing::waiting, 0, "")),
            "    oncall: waiting until 2026-11-23 21:19:23+01:00, not tried yet (rules[0]; number 17)");
  EXPECT_EQ(told(a_receipt(standing::waiting, 0, "503")),
            "    oncall: waiting until 2026-11-23 21:19:23+01:00, to be tried anew: 503 (rules[0]; number 17)");
  EXPECT_EQ(told(a_receipt(standing::waiting, 1, "503")),
            "    oncall: waiting until 2026-11-23 21:19:23+01:00, tried once: 503 (rules[0]; number 17)");
  auto paused = a_receipt(standing::waiting, 3, "time-out");
  paused.behind_pause = true;
  EXPECT_EQ(told(paused),
            "    oncall: waiting until the sink works again, tried 3 times: time-out (rules[0]; number 17)");
  auto dead = a_receipt(standing::dead, 11, "500");
  dead.why = "after 11 tries";
  EXPECT_EQ(told(dead), "    oncall: dead since 2026-11-23 21:19:23+01:00 after 11 tries: 500 (rules[0]; number 17)");
  EXPECT_EQ(told(a_receipt(standing::dropped, 0, "")),
            "    oncall: dropped 2026-11-23 21:19:23+01:00, not tried yet (rules[0]; number 17)");
}

TEST_F(records, what_others_wrote_can_not_steer_a_terminal) {
  auto r = a_receipt(standing::waiting, 1, "\x1b[2J");
  r.rule = "fallback of \n";
  r.summary = "\x1b[31mred";
  EXPECT_EQ(told(r).find_first_of("\x1b\n"), std::string::npos);
  EXPECT_EQ(for_people(r).find_first_of("\x1b\n"), std::string::npos);
}

TEST_F(records, a_delivery_on_its_own_says_what_it_is_about) {
  auto r = a_receipt(standing::waiting, 1, "503");
  r.summary = "firmware #42 failed";
  EXPECT_EQ(for_people(r),
            "17  oncall: waiting until 2026-11-23 21:19:23+01:00, tried once: 503 (owed since 2026-11-23 "
            "21:18:23+01:00)  firmware #42 failed  evt_1");
}

TEST_F(records, a_build_as_json_is_the_object_of_events_and_whose_it_is) {
  auto const o = json::parse(as_json(a_build()));
  EXPECT_EQ(o["provider"], "huawei");
  EXPECT_EQ(o["job"], "firmware");
  EXPECT_EQ(o["job_id"], "48c66c6002964721be537cdc6ce0297b");
  EXPECT_EQ(o["number"], 42);
  EXPECT_EQ(o["outcome"], "failure");
  EXPECT_EQ(o["finished_at"], "2026-11-23T20:18:23.417Z");
  EXPECT_EQ(o["duration_seconds"], 4386);
  EXPECT_TRUE(o.at("region").is_null());
  EXPECT_EQ(o.size(), 14U);
}

TEST_F(records, an_event_as_json_has_its_deliveries) {
  auto dead = a_receipt(standing::dead, 11, "500");
  dead.why = "after 11 tries";
  auto e = an_event({a_receipt(standing::waiting, 0, ""), dead});
  e.not_asked = {{"console", "no rule names it"}};
  auto const o = json::parse(as_json(e));
  EXPECT_EQ(o["id"], "evt_1");
  EXPECT_EQ(o["data"]["sequence"], 118);
  EXPECT_EQ(o["deliveries"][0], json::parse(R"({"number": 17, "sink": "oncall", "webhook_id": "evt_1",
      "state": "waiting", "since": "2026-11-23T20:18:23.417Z", "at": null, "due": "2026-11-23T20:19:23.417Z",
      "tries": 0, "answer": null, "why": null, "rule": "rules[0]", "paused": false})"));
  EXPECT_EQ(o["deliveries"][1], json::parse(R"({"number": 17, "sink": "oncall", "webhook_id": "evt_1",
      "state": "dead", "since": "2026-11-23T20:18:23.417Z", "at": "2026-11-23T20:19:23.417Z", "due": null,
      "tries": 11, "answer": "500", "why": "after 11 tries", "rule": "rules[0]", "paused": false})"));
  EXPECT_EQ(o["not_asked"], json::parse(R"([{"sink": "console", "why": "no rule names it"}])"));
  EXPECT_EQ(json::parse(as_json(an_event({})))["deliveries"], json::array()) << "always there";
}

TEST_F(records, a_delivery_as_json_names_its_event) {
  auto r = a_receipt(standing::waiting, 1, "503");
  r.summary = "firmware #42 failed";
  auto const o = json::parse(as_json(r));
  EXPECT_EQ(o["event_id"], "evt_1");
  EXPECT_EQ(o["summary"], "firmware #42 failed");
  EXPECT_EQ(o["state"], "waiting");
  EXPECT_EQ(as_json(r).find('\n'), std::string::npos);
}

}  // namespace
}  // namespace buildwatch::service
