// Included files.
#include "unit/config/support.hpp"

namespace buildwatch::config {
namespace {

std::string job(std::string const& name, char digit, std::string const& more = "") {
  return "jobs:\n  - {name: " + name + ", job_id: " + std::string(32, digit) + ", build: 1" + more + "}\n";
}

class include : public ::testing::Test {
 protected:
  loaded load_main(std::string const& patterns, std::string const& more = "") {
    return load(files_.write("main.yaml", "include: " + patterns + "\n" + testing::some_provider + more),
                testing::plain_world());
  }
  /// Complaints with file names as one would write them in the folder.
  std::string lines(loaded const& what) const {
    std::string all = testing::lines(what);
    for (auto at = all.find(files_.path() + "/"); at != std::string::npos; at = all.find(files_.path() + "/")) {
      all.erase(at, files_.path().size() + 1);
    }
    return all;
  }
  testing::folder files_;
};

TEST_F(include, adds_jobs_sinks_and_rules_in_order_of_name) {
  files_.write("d/b.yaml", job("b", '2') + "sinks: {two: {type: log}}\nrules: [{to: [two]}]\n");
  files_.write("d/a.yaml", job("a", '1') + "sinks: {one: {type: stdout}}\nrules: [{to: [one]}]\n");
  files_.write("d/c.txt", "not read: [");
  auto const result =
      load_main("[\"d/*.yaml\"]", job("m", '0') + "sinks: {zero: {type: log}}\nrules: [{to: [zero, one]}]\n");
  ASSERT_TRUE(result.settings.has_value()) << lines(result);
  auto const& s = *result.settings;
  ASSERT_EQ(s.watch.jobs.size(), 3U);
  EXPECT_EQ(s.watch.jobs[0].name + s.watch.jobs[1].name + s.watch.jobs[2].name, "mab");
  ASSERT_EQ(s.rules->size(), 3U);
  EXPECT_EQ((*s.rules)[0].to, (std::vector<notify::sink_index>{0, 1}));
  EXPECT_EQ((*s.rules)[2].to, (std::vector<notify::sink_index>{2})) << "their rules come after";
}

TEST_F(include, complains_under_the_name_of_each_file) {
  files_.write("d/a.yaml", job("m", '1', ", poll: {idle: 5}"));
  files_.write("d/b.yaml",
               "version: 1\ninclude: [x]\nlog: {}\nsnks: {}\n" + job("x", '0') + "sinks: {s: {type: log}}\n");
  auto const result = load_main("[\"d/*.yaml\"]", job("m", '0') + "sinks: {s: {type: log}}\n");
  std::string const all = lines(result);
  EXPECT_EQ(
      all,
      "d/a.yaml:2:12: jobs[0].name: another job has this name already: line 6 of main.yaml\n"
      "d/a.yaml:2:80: jobs[0].poll.idle: a duration needs a unit, such as 5s\n"
      "d/b.yaml:1:1: version: belongs in the main file; included files hold jobs, sinks and rules only\n"
      "d/b.yaml:2:1: include: belongs in the main file; included files hold jobs, sinks and rules only\n"
      "d/b.yaml:3:1: log: belongs in the main file; included files hold jobs, sinks and rules only\n"
      "d/b.yaml:4:1: snks: unknown key; did you mean \"sinks\"?\n"
      "d/b.yaml:6:23: jobs[0].job_id: another job watches this build of this provider already: line 6 of main.yaml\n"
      "d/b.yaml:7:9: sinks.s: another sink has this name already: line 7 of main.yaml\n");
}

TEST_F(include, lets_a_pattern_match_nothing_but_not_a_name) {
  auto const pattern = load_main("[\"none.d/*.yaml\"]", job("m", '0'));
  EXPECT_TRUE(pattern.settings.has_value()) << lines(pattern);
  auto const name = load_main("[none.yaml]", job("m", '0'));
  EXPECT_EQ(lines(name), "main.yaml:1:11: include[0]: \"none.yaml\" cannot be read: No such file or directory\n");
}

TEST_F(include, reads_each_file_once_and_never_the_main_one) {
  files_.write("a.yaml", job("a", '1'));
  auto const result = load_main("[a.yaml, \"*.yaml\", ./a.yaml]", job("m", '0'));
  ASSERT_TRUE(result.settings.has_value()) << lines(result);
  EXPECT_EQ(result.settings->watch.jobs.size(), 2U);
}

TEST_F(include, with_a_syntax_error_brings_no_complaints_about_what_it_may_define) {
  files_.write("a.yaml", "sinks:\n  late: {type: log\n");
  auto const result = load_main("[a.yaml]", job("m", '0') + "rules: [{to: [late], jobs: [later]}]\n");
  ASSERT_EQ(result.complaints.size(), 1U) << lines(result);
  EXPECT_TRUE(result.complaints[0].file.ends_with("a.yaml"));
}

TEST_F(include, resolves_paths_from_the_file_they_stand_in) {
  files_.write("d/secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
  auto const script = files_.write("d/run.sh", "#!/bin/sh\n");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  files_.write("d/a.yaml",
               "sinks:\n  h: {type: webhook, url: 'https://h.example.com', proxy: none, secret: \"${file:secret}\", "
               "tls: {ca_file: secret}}\n"
               "  e: {type: exec, command: [./run.sh]}\n");
  auto const result = load_main("[d/a.yaml]", job("m", '0'));
  ASSERT_TRUE(result.settings.has_value()) << lines(result);
  auto const& hook = std::get<sinks::webhook_options>(result.settings->sinks[0].kind);
  EXPECT_EQ(hook.tls.ca_file, files_.path() + "/d/secret");
  auto const& command = std::get<sinks::exec_options>(result.settings->sinks[1].kind).command;
  EXPECT_TRUE(std::filesystem::equivalent(command.at(0), script));
  EXPECT_TRUE(command.at(0).starts_with('/'));
}

TEST_F(include, takes_a_folder_of_any_name) {
  files_.write("odd [x]*/jobs.yaml", job("a", '1'));
  auto const file = files_.write("odd [x]*/main.yaml", "include: [\"jobs*\"]\n" + testing::some_provider);
  auto const result = load(file, testing::plain_world());
  ASSERT_TRUE(result.settings.has_value()) << lines(result);
  EXPECT_EQ(result.settings->watch.jobs.size(), 1U);
}

TEST_F(include, may_be_of_an_empty_file) {
  files_.write("a.yaml", "# nothing yet\n");
  auto const result = load_main("[a.yaml]", job("m", '0'));
  EXPECT_TRUE(result.settings.has_value()) << lines(result);
}

}  // namespace
}  // namespace buildwatch::config
