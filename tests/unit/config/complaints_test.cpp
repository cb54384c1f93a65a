// How complaints read, their order, warnings, and what is never in them.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "unit/config/support.hpp"

namespace buildwatch::config {
namespace {

using testing::load_text;
using testing::some_job;
using testing::some_provider;

TEST(complaint, reads_as_compilers_write_theirs) {
  EXPECT_EQ(to_string({"a.yaml", 7, 12, "jobs[2].poll.idle", "needs a unit", false}),
            "a.yaml:7:12: jobs[2].poll.idle: needs a unit");
  EXPECT_EQ(to_string({"a.yaml", 7, 12, "sinks.x", "no rule and no fallback uses this sink", true}),
            "a.yaml:7:12: warning: sinks.x: no rule and no fallback uses this sink");
  EXPECT_EQ(to_string({"a.yaml", 0, 0, "", "cannot be read", false}), "a.yaml: cannot be read");
  EXPECT_EQ(to_string({"a\n.yaml", 1, 1, "", "\x1b[31mred\x7f", false}), "a?.yaml:1:1: ?[31mred?");
}

TEST(complaints, come_in_the_order_of_the_file_whatever_found_them) {
  auto const result = load_text(
      "sinks: {a: {type: log}, b: {type: lgo}}\n"
      "rules: [{to: [c]}]\n"
      "jobs: [{name: x, job_id: y, build: 0, provider: z}]\n" +
      some_provider);
  std::vector<std::pair<std::size_t, std::size_t>> places;
  for (auto const& c : result.complaints) places.emplace_back(c.line, c.column);
  EXPECT_TRUE(std::ranges::is_sorted(places));
  EXPECT_EQ(result.complaints.size(), 7U) << testing::lines(result);
}

std::vector<std::string> warnings(std::string const& text) {
  auto const result = load_text(text);
  EXPECT_TRUE(result.settings.has_value()) << testing::lines(result);
  std::vector<std::string> all;
  for (auto const& c : result.complaints) {
    all.push_back(std::to_string(c.line) + ":" + std::to_string(c.column) + " " + c.path + ": " + c.text);
    EXPECT_TRUE(c.warning);
  }
  return all;
}

TEST(warnings, name_sinks_and_globs_without_use) {
  auto const all = warnings(some_provider + some_job +
                            "sinks:\n  used: {type: log}\n  idle: {type: log}\n"
                            "rules:\n  - {to: [used], jobs: [\"night*\", \"web-*\", nightly, \"n[a-k]*\", weekly]}\n");
  EXPECT_EQ(all, (std::vector<std::string>{"8:3 sinks.idle: no rule and no fallback uses this sink",
                                           "10:35 rules[0].jobs[1]: matches no job",
                                           "10:64 rules[0].jobs[4]: matches no job"}));
}

TEST(warnings, take_a_fallback_for_a_use) {
  auto const all = warnings(some_provider + some_job +
                            "sinks:\n  used: {type: stdout, fallback: spare}\n  spare: {type: log}\n"
                            "rules: [{to: [used]}]\n");
  EXPECT_EQ(all, std::vector<std::string>{});
}

TEST(warnings, name_plain_http_and_show_no_path_of_it) {
  auto const all =
      warnings("version: 1\nproviders:\n  p: {type: codearts, endpoint: 'http://127.0.0.1:1', auth: {type: none}}\n" +
               some_job + "sinks: {h: {type: webhook, url: 'http://hooks.example.com/SECRET?SECRET'}}\n");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0], "3:33 providers.p.endpoint: plain http://: nothing is encrypted");
  EXPECT_EQ(all[1], "6:33 sinks.h.url: plain http://: what is sent to http://hooks.example.com is not encrypted");
}

TEST(warnings, tell_that_nothing_is_watched) {
  EXPECT_EQ(warnings("version: 1\n"), std::vector<std::string>{"1:1 jobs: there is none, so nothing is watched"});
  EXPECT_EQ(warnings("version: 1\njobs: []\n"),
            std::vector<std::string>{"2:1 jobs: there is none, so nothing is watched"});
}

TEST(a_file, that_cannot_be_read_is_one_complaint) {
  auto const missing = load("/no/such/file.yaml", testing::plain_world());
  EXPECT_FALSE(missing.settings.has_value());
  EXPECT_EQ(testing::lines(missing), "/no/such/file.yaml: cannot be read: No such file or directory\n");
  EXPECT_EQ(testing::lines(load("/tmp", testing::plain_world())), "/tmp: cannot be read: Is a directory\n");
  EXPECT_EQ(testing::lines(load("/dev/null", testing::plain_world())),
            "/dev/null: cannot be read: not a regular file\n");
}

TEST(a_reference, to_a_pipe_does_not_wait) {
  testing::folder const f;
  ASSERT_EQ(::mkfifo((f.path() + "/pipe").c_str(), 0600), 0);
  auto const file = f.write("main.yaml", "version: 1\nlog: {level: \"${file:pipe}\"}\n" + some_job);
  auto const result = load(file, testing::plain_world());
  EXPECT_NE(testing::lines(result).find("log.level: `${file:…}`: cannot be read: not a regular file"),
            std::string::npos);
}

TEST(a_reference, to_a_large_file_is_refused) {
  testing::folder const f;
  f.write("large", std::string(64 * 1024 + 1, 'x'));
  auto const file = f.write("main.yaml", "version: 1\nlog: {level: \"${file:large}\"}\n" + some_job);
  EXPECT_NE(testing::lines(load(file, testing::plain_world())).find("File too large"), std::string::npos);
}

TEST(a_value_from_elsewhere, is_never_quoted) {
  auto const world = testing::world_of({{"V", "SECRET VALUE"}});
  for (char const* text : {
           "log: {level: \"${env:V}\"}",
           "log: {format: \"${env:V}\"}",
           "jobs: [{name: \"${env:V}\", job_id: \"${env:V}\", build: \"${env:V}\"}]",
           "defaults: {poll: {idle: \"${env:V}\", mode: \"${env:V}\"}, overdue_after: \"${env:V}\"}",
           "sinks: {a: {type: \"${env:V}\"}}",
           "sinks: {a: {type: webhook, url: \"${env:V}\", format: \"${env:V}\", secret: \"${env:V}\"}}",
           "sinks: {a: {type: webhook, url: 'https://u:SECRET@h', proxy: 'SECRET', secret: SECRET, headers: {a: "
           "\"SECRET\\n\"}}}",
           "sinks: {a: {type: exec, command: [/bin/sh], env: {A: [SECRET]}, timeout: \"${env:V}\"}}",
           "rules: [{to: [\"${env:V}\"], events: [\"${env:V}\"]}]",
           "providers: {p: {type: \"${env:V}\", region: \"${env:V}\", auth: {type: \"${env:V}\"}, rate_limit: "
           "\"${env:V}\", connections: \"${env:V}\"}}",
           "providers: {p: {type: codearts, region: r, auth: {type: iam, domain: [SECRET], user: {SECRET: SECRET}, "
           "password: [SECRET]}}}",
           "http: {token: [SECRET], listen: \"${env:V}\", hosts: [\"${env:V}\"], connections: \"${env:V}\"}",
           "http: {token: {SECRET: SECRET}}",
           "http: {token: \"SECRET\\n\"}",
           "http: SECRET",
           "version: \"${env:V}\"",
           "include: [\"${env:SECRET}\"]",
           "log: {level: \"${SECRET}\"}",
           "log: {level: \"${SECRET\"}",
           "providers: {p: {type: codearts, region: r, auth: {type: token, token: *SECRET}}}",
           "providers: {p: {type: codearts, region: r, auth: {type: token, token: \"\\SECRET\"}}}",
           "providers: {p: {type: codearts, region: r, auth: {type: token, token: SECRET, token: SECRET}}}",
           "providers: {p: {type: codearts, region: r, auth: {type: token, token: !SECRET x}}}",
           "providers: {p: {type: codearts, region: r, auth: {type: token, token: &SECRET x}}}",
       }) {
    auto const result = load_text(text + std::string("\n"), world);
    EXPECT_FALSE(result.settings.has_value()) << text;
    EXPECT_EQ(testing::lines(result).find("SECRET"), std::string::npos) << text << "\n" << testing::lines(result);
  }
}

TEST(check_outside_the_service, takes_credentials_as_given) {
  std::string const text =
      "version: 1\nproviders:\n  p: {type: codearts, region: r, proxy: none, auth: {type: token, token: "
      "\"${credential:t}\"}}\n" +
      some_job;
  auto world = testing::plain_world();
  world.credentials_dir.reset();
  auto const strict = load_text(text, world);
  EXPECT_FALSE(strict.settings.has_value());
  EXPECT_NE(testing::lines(strict).find("there is no credentials directory"), std::string::npos);
  world.missing_credentials_dir_warns = true;
  auto const lenient = load_text(text, world);
  EXPECT_TRUE(lenient.settings.has_value());
  ASSERT_EQ(lenient.complaints.size(), 1U);
  EXPECT_TRUE(lenient.complaints[0].warning);
  EXPECT_EQ(lenient.complaints[0].path, "providers.p.auth.token");
}

TEST(a_command_that_reads_no_secret, leaves_references_in_secret_places_alone) {
  auto world = testing::plain_world();
  world.skip_secrets = true;
  auto const result = load_text(
      "version: 1\nproviders:\n  p: {type: codearts, region: r, proxy: \"${env:NO}\", auth: {type: aksk, access_key: "
      "\"${env:NO}\", secret_key: \"${file:NO}\"}}\n" +
          some_job +
          "sinks:\n  h: {type: webhook, url: \"${env:NO}\", secret: \"${credential:NO}\", headers: {A: "
          "\"${env:NO}\"}}\n"
          "  e: {type: exec, command: [/bin/sh], env: {A: \"${env:NO}\"}}\n",
      world);
  EXPECT_TRUE(result.settings.has_value()) << testing::lines(result);
  auto const elsewhere = load_text(
      some_provider + "jobs: [{name: \"${env:NO}\", job_id: 0000000000000000000000000000000a, build: 1}]\n", world);
  EXPECT_FALSE(elsewhere.settings.has_value()) << "a name is no secret";
}

TEST(a_token_from_a_file, can_be_read_again) {
  testing::folder const f;
  f.write("token", "first\n");
  auto const file = f.write("main.yaml",
                            "version: 1\nproviders:\n  p: {type: codearts, region: r, proxy: none, auth: {type: token, "
                            "token: \"${file:token}\"}}\n" +
                                some_job);
  auto const result = load(file, testing::plain_world());
  ASSERT_TRUE(result.settings.has_value()) << testing::lines(result);
  auto const& auth = std::get<codearts::token_auth>(result.settings->providers[0].auth);
  EXPECT_EQ(auth.token.reveal(), "first");
  ASSERT_TRUE(auth.read_again);
  f.write("token", "second\n");
  EXPECT_EQ(auth.read_again()->reveal(), "second");
  f.write("token", "");
  auto const empty = auth.read_again();
  ASSERT_FALSE(empty.has_value());
  EXPECT_EQ(empty.error().text, "providers.p.auth.token: `${file:…}`: the value is empty");
}

TEST(a_token_in_the_file, cannot_change) {
  auto const result = load_text(
      "version: 1\nproviders:\n  p: {type: codearts, region: r, proxy: none, auth: {type: token, token: t}}\n" +
      some_job);
  EXPECT_FALSE(std::get<codearts::token_auth>(result.settings->providers[0].auth).read_again);
}

}  // namespace
}  // namespace buildwatch::config
