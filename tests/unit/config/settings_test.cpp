// What a right file becomes.
#include "unit/config/support.hpp"

namespace buildwatch::config {
namespace {

using namespace std::chrono_literals;
using testing::load_text;
using testing::some_job;
using testing::some_provider;
using testing::world_of;

/// Settings of a text that must be right.
settings right(std::string const& text, environment const& world = testing::plain_world()) {
  auto result = load_text(text, world);
  EXPECT_TRUE(result.settings.has_value()) << testing::lines(result);
  return result.settings ? std::move(*result.settings) : settings{};
}

TEST(settings, of_the_least_file_have_the_documented_defaults) {
  auto const s = right(some_provider + some_job);
  EXPECT_EQ(s.log.level, base::log_level::info);
  EXPECT_EQ(s.log.format, log_options::style::automatic);
  ASSERT_EQ(s.providers.size(), 1U);
  auto const& p = s.providers[0];
  EXPECT_EQ(p.name, "huawei");
  EXPECT_EQ(p.endpoint.shown(), "https://cloudbuild-ext.cn-north-4.myhuaweicloud.com");
  EXPECT_EQ(p.endpoint.target.reveal(), "/");
  EXPECT_EQ(p.timeout, 10s);
  EXPECT_EQ(p.connections, 8U);
  EXPECT_EQ(p.rate_per_second, 10);
  EXPECT_FALSE(p.proxy.has_value());
  ASSERT_EQ(s.watch.providers.size(), 1U);
  EXPECT_EQ(s.watch.providers[0].name, "huawei");
  ASSERT_EQ(s.watch.jobs.size(), 1U);
  auto const& j = s.watch.jobs[0];
  EXPECT_EQ(j.name, "nightly");
  EXPECT_EQ(j.job_id, "48c66c6002964721be537cdc6ce0297b");
  EXPECT_EQ(j.build, 42U);
  EXPECT_EQ(*j.times, watch::timing{});
  EXPECT_EQ(j.times->idle, 60s);
  EXPECT_EQ(j.times->building, 15s);
  EXPECT_EQ(j.times->unreachable_after, 5min);
  EXPECT_TRUE(j.times->adaptive);
  EXPECT_TRUE(j.times->overdue_auto);
  EXPECT_EQ(j.times->catch_up, 20U);
  EXPECT_TRUE(j.labels->empty());
  EXPECT_EQ(j.outcomes, nullptr);
  EXPECT_FALSE(s.rules.has_value()) << "no `rules`: every event goes to every sink";
}

TEST(settings, merge_defaults_key_by_key) {
  auto const s = right(some_provider + R"(
jobs:
  - {name: a, job_id: 0000000000000000000000000000000a, build: 1}
  - {name: b, job_id: 0000000000000000000000000000000b, build: 1, poll: {building: 1s}}
  - {name: c, job_id: 0000000000000000000000000000000c, build: 1, unreachable_after: 1h, overdue_after: auto}
  - {name: d, job_id: 0000000000000000000000000000000d, build: 1, poll: {idle: 30s, mode: fixed}}
  - {name: e, job_id: 0000000000000000000000000000000e, poll: {mode: adaptive}, catch_up: 0, overdue_after: never}
defaults: {poll: {idle: 30s, mode: fixed}, unreachable_after: 2m, overdue_after: 1h30m, catch_up: 1000}
)");
  auto const times = [&](std::size_t i) { return *s.watch.jobs[i].times; };
  EXPECT_EQ(times(0), (watch::timing{30s, 15s, 2min, false, false, 90min, 1000}));
  EXPECT_EQ(times(1), (watch::timing{30s, 1s, 2min, false, false, 90min, 1000}));
  EXPECT_EQ(times(2), (watch::timing{30s, 15s, 1h, false, true, 0s, 1000}));
  EXPECT_EQ(times(4), (watch::timing{30s, 15s, 2min, true, false, 0s, 0}));
  EXPECT_EQ(s.watch.jobs[0].times, s.watch.jobs[3].times) << "equal times are one object";
}

TEST(settings, share_equal_labels_and_outcomes) {
  auto const s = right(some_provider + R"(
jobs:
  - {name: a, job_id: 0000000000000000000000000000000a, build: 1, labels: {x: 1, team: fw}, outcomes: {failure: [NO], success: [YES]}}
  - {name: b, job_id: 0000000000000000000000000000000b, build: 1, labels: {team: fw, x: 1}, outcomes: {success: [YES], failure: [NO]}}
)");
  auto const& a = s.watch.jobs[0];
  auto const& b = s.watch.jobs[1];
  EXPECT_EQ(a.labels, b.labels);
  EXPECT_EQ(a.outcomes, b.outcomes);
  EXPECT_EQ(*a.labels, (model::labels{{"team", "fw"}, {"x", "1"}})) << "sorted by key, numbers as text";
  EXPECT_EQ(model::outcome_of("no", *a.outcomes), model::outcome::failure);
  EXPECT_EQ(model::outcome_of("yes", *a.outcomes), model::outcome::success);
}

TEST(settings, hold_what_a_provider_says) {
  auto const s = right(R"(
version: 1
providers:
  one:
    type: codearts
    region: eu-west-101
    iam_project_id: 0123abc
    auth: {type: iam, domain: d, user: u, password: p$$w}
    timeout: 1m
    connections: 1
    rate_limit: 30/m
    proxy: http://me:pa%20ss@proxy.example.com:3128
  two: {type: codearts, endpoint: "https://[::1]:8443/prefix", auth: {type: aksk, access_key: a, secret_key: s, security_token: t}, proxy: none}
  three: {type: codearts, region: cn-east-3, endpoint: "https://gw.example.com", auth: {type: ecs}, proxy: none}
)" + std::string("jobs: [{name: j, provider: two, job_id: 0000000000000000000000000000000a, build: 1}]\n"));
  ASSERT_EQ(s.providers.size(), 3U);
  auto const& one = s.providers[0];
  EXPECT_EQ(one.endpoint.host, "build-backend.eu-west-101.myhuaweicloud.eu");
  EXPECT_EQ(one.iam_project_id, "0123abc");
  auto const& iam = std::get<codearts::iam_auth>(one.auth);
  EXPECT_EQ(iam.password.reveal(), "p$w");
  EXPECT_EQ(iam.project, "eu-west-101");
  EXPECT_EQ(iam.endpoint.shown(), "https://iam.eu-west-101.myhuaweicloud.eu");
  EXPECT_EQ(one.timeout, 1min);
  EXPECT_DOUBLE_EQ(one.rate_per_second, 0.5);
  ASSERT_TRUE(one.proxy.has_value());
  EXPECT_EQ(one.proxy->shown(), "http://proxy.example.com:3128");
  EXPECT_EQ(one.proxy->userinfo.reveal(), "me:pa ss");
  auto const& two = s.providers[1];
  EXPECT_EQ(two.endpoint.host, "::1");
  EXPECT_EQ(two.endpoint.target.reveal(), "/prefix");
  EXPECT_EQ(two.region, "");
  EXPECT_EQ(std::get<codearts::aksk_auth>(two.auth).security_token.reveal(), "t");
  EXPECT_EQ(s.providers[2].region, "cn-east-3");
  EXPECT_EQ(s.providers[2].endpoint.host, "gw.example.com");
  EXPECT_EQ(std::get<codearts::ecs_auth>(s.providers[2].auth).endpoint.shown(), "http://169.254.169.254");
  EXPECT_EQ(s.watch.jobs[0].provider, 1U);
  EXPECT_EQ(s.watch.providers[0].connections, 1U);
  EXPECT_DOUBLE_EQ(s.watch.providers[0].rate_per_second, 0.5);
  EXPECT_EQ(s.watch.providers[0].timeout, 1min);
  EXPECT_EQ(s.watch.providers[1].timeout, 10s);
}

TEST(settings, hold_what_sinks_and_rules_say) {
  auto const s = right(some_provider + some_job + R"(
sinks:
  out: {type: stdout, format: json}
  log: {type: log}
  hook:
    type: webhook
    url: https://hooks.example.com/secret/path?x=y
    format: standard
    secret: [whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="]
    headers: {Authorization: "Bearer ${env:TOKEN}", X-Team: fw}
    timeout: 5s
    retry: [1s, 500ms]
    concurrency: 2
    proxy: none
  script: {type: exec, command: [sh, -c, 'echo $$$1 $${X}'], timeout: 1s, env: {A: "${env:TOKEN}", B: ""}, retry: []}
rules:
  - {to: [hook, out, hook]}
  - {events: [failure, all], jobs: ["night*"], labels: {team: fw}, to: [log, script]}
)",
                       world_of({{"PATH", "relative:/usr/bin:/bin"}, {"TOKEN", "t0ken\n"}}));
  ASSERT_EQ(s.sinks.size(), 4U);
  EXPECT_EQ(std::get<sinks::stdout_options>(s.sinks[0].kind).format, sinks::stdout_options::style::json);
  EXPECT_EQ(s.sinks[1].delivery.name, "log");
  auto const& hook = std::get<sinks::webhook_options>(s.sinks[2].kind);
  EXPECT_EQ(hook.url.target.reveal(), "/secret/path?x=y");
  ASSERT_EQ(hook.secrets.size(), 2U);
  EXPECT_EQ(hook.secrets[0].reveal().size(), 24U);
  std::string counting;
  for (char c = 0; c < 32; ++c) counting.push_back(c);
  EXPECT_EQ(hook.secrets[1].reveal(), counting);
  ASSERT_EQ(hook.headers.size(), 2U);
  EXPECT_EQ(hook.headers[0].second.reveal(), "Bearer t0ken") << "one line break at the end goes";
  EXPECT_EQ(s.sinks[2].delivery.retry, (notify::retry_schedule{1s, 500ms}));
  EXPECT_EQ(s.sinks[2].delivery.concurrency, 2U);
  EXPECT_TRUE(s.sinks[2].delivery.pauses);
  auto const& script = std::get<sinks::exec_options>(s.sinks[3].kind);
  ASSERT_EQ(script.command.size(), 3U);
  EXPECT_TRUE(script.command[0] == "/usr/bin/sh" || script.command[0] == "/bin/sh");
  EXPECT_EQ(script.command[2], "echo $$1 ${X}");
  EXPECT_EQ(script.env[1].second.reveal(), "");
  EXPECT_TRUE(s.sinks[3].delivery.retry.empty()) << "an empty list: one try";
  EXPECT_FALSE(s.sinks[3].delivery.pauses);

  ASSERT_TRUE(s.rules.has_value());
  EXPECT_EQ((*s.rules)[0].to, (std::vector<notify::sink_index>{0, 2})) << "each sink once";
  EXPECT_EQ((*s.rules)[0].events, notify::rule{}.events);
  EXPECT_EQ((*s.rules)[1].events, (std::vector{model::selector::failure, model::selector::all}));
  EXPECT_EQ((*s.rules)[1].labels, (model::labels{{"team", "fw"}}));
}

TEST(settings, tell_no_rules_from_an_empty_list) {
  auto const s = right(some_provider + some_job + "rules: []\n");
  ASSERT_TRUE(s.rules.has_value());
  EXPECT_TRUE(s.rules->empty());
}

TEST(settings, take_the_proxy_of_the_environment) {
  std::string const text =
      "version: 1\nproviders:\n  a: {type: codearts, region: cn-north-4, auth: {type: none}}\n"
      "  b: {type: codearts, region: cn-north-4, auth: {type: none}, proxy: none}\n";
  auto const s = right(text, world_of({{"HTTPS_PROXY", "http://p.example.com:8080"}}));
  ASSERT_TRUE(s.providers[0].proxy.has_value());
  EXPECT_EQ(s.providers[0].proxy->shown(), "http://p.example.com:8080");
  EXPECT_FALSE(s.providers[1].proxy.has_value());
  auto const lower = right(text, world_of({{"HTTPS_PROXY", ""}, {"https_proxy", "http://l.example.com"}}));
  EXPECT_EQ(lower.providers[0].proxy->host, "l.example.com");
  auto const direct =
      right(text, world_of({{"https_proxy", "http://l.example.com"}, {"no_proxy", ".myhuaweicloud.com"}}));
  EXPECT_FALSE(direct.providers[0].proxy.has_value());

  auto const wrong = load_text(text, world_of({{"HTTPS_PROXY", "ftp://SECRET"}}));
  EXPECT_FALSE(wrong.settings.has_value());
  EXPECT_NE(testing::lines(wrong).find("3:6: providers.a.proxy: HTTPS_PROXY"), std::string::npos)
      << testing::lines(wrong);
  EXPECT_EQ(testing::lines(wrong).find("SECRET"), std::string::npos);
}

TEST(settings, type_a_reference_after_it_is_replaced) {
  auto const s = right(
      some_provider + R"(
log: {level: "${env:LEVEL}"}
jobs:
  - {name: "${env:NAME}-x", job_id: "${env:ID}", build: "${env:N}", poll: {idle: "${env:N}s"}, labels: {a: "$${env:N}", b: "${env:REF}"}}
)",
      world_of(
          {{"LEVEL", "debug"}, {"NAME", "job"}, {"ID", std::string(32, '7')}, {"N", "12\r\n"}, {"REF", "${env:N}$$"}}));
  EXPECT_EQ(s.log.level, base::log_level::debug);
  auto const& j = s.watch.jobs.at(0);
  EXPECT_EQ(j.name, "job-x");
  EXPECT_EQ(j.build, 12U);
  EXPECT_EQ(j.times->idle, 12s);
  EXPECT_EQ(*j.labels, (model::labels{{"a", "${env:N}"}, {"b", "${env:N}$$"}})) << "a value is not expanded again";
}

TEST(settings, follow_a_job_unless_it_names_a_build) {
  auto const s = right(some_provider + R"(
jobs:
  - {name: a, job_id: 0000000000000000000000000000000a}
  - {name: b, job_id: 0000000000000000000000000000000b, build: latest}
  - {name: c, job_id: 0000000000000000000000000000000c, build: "${env:WHICH}"}
  - {name: d, job_id: 0000000000000000000000000000000d, build: 2147483647}
)",
                       world_of({{"WHICH", "latest"}}));
  std::vector<std::uint32_t> builds;
  for (auto const& j : s.watch.jobs) builds.push_back(j.build);
  EXPECT_EQ(builds, (std::vector<std::uint32_t>{0, 0, 0, 2147483647}));
}

TEST(settings, allow_one_job_several_builds) {
  auto const s = right(R"(
version: 1
providers:
  one: {type: codearts, region: cn-north-4, auth: {type: none}, proxy: none}
  two: {type: codearts, region: cn-north-1, auth: {type: none}, proxy: none}
jobs:
  - {name: a, provider: one, job_id: 0000000000000000000000000000000a, build: 1}
  - {name: b, provider: one, job_id: 0000000000000000000000000000000a, build: 2}
  - {name: c, provider: two, job_id: 0000000000000000000000000000000a}
)");
  EXPECT_EQ(s.watch.jobs.size(), 3U);
}

TEST(examples, are_right) {
  std::string const config = TEST_DATA "/../../config/";
  auto const demo = load(config + "demo.yaml", testing::plain_world());
  ASSERT_TRUE(demo.settings.has_value()) << testing::lines(demo);
  EXPECT_EQ(demo.settings->watch.jobs.size(), 4U);
  ASSERT_EQ(demo.complaints.size(), 1U) << "plain http:// on this machine, and nothing else\n" << testing::lines(demo);
  auto const real = load(config + "buildwatch.yaml", testing::plain_world());
  EXPECT_TRUE(real.settings.has_value());
  EXPECT_EQ(testing::lines(real), "");
}

}  // namespace
}  // namespace buildwatch::config
