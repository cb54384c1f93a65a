// Opening: what a user is told, and that nothing is harmed.
#include <SQLiteCpp/Database.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/failure.hpp"
#include "unit/store/no_room.hpp"
#include "unit/store/support.hpp"

namespace buildwatch::store::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

namespace fs = std::filesystem;

class open_test : public ::testing::Test {
 protected:
  void write(std::string const& path, std::string const& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }
  void execute(char const* sql) {
    SQLite::Database(folder_.file(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(sql);
  }
  static mode_t mode_of(std::string const& path) {
    struct stat s {};
    stat(path.c_str(), &s);
    return s.st_mode & 0777U;
  }
  /// A store with something in it, closed.
  void make() {
    auto const file = opened(folder_.file());
    file->begin();
    for (int i = 1; i <= 200; ++i) file->add({owed_to(event_of(i), {"oncall"})});
    file->commit();
  }

  folder folder_;
};

TEST_F(open_test, makes_a_file_that_is_its_owners_alone) {
  mode_t const before = umask(0);
  auto const file = opened(folder_.file());
  added(*file, owed_to(event_of(1), {"oncall"}));
  umask(before);
  EXPECT_EQ(mode_of(folder_.file()), 0600U);
  EXPECT_EQ(mode_of(folder_.file("state.db-wal")), 0600U);
  EXPECT_EQ(mode_of(folder_.file("state.db.lock")), 0600U);
}

TEST_F(open_test, keeps_everything_from_one_opening_to_the_next_and_leaves_no_log) {
  make();
  EXPECT_THAT(folder_.names(), ElementsAre("state.db", "state.db.lock"));
  auto const file = opened(folder_.file());
  EXPECT_THAT(waiting(*file, "oncall"), SizeIs(200));
}

TEST_F(open_test, makes_the_last_folder_but_none_above_it) {
  EXPECT_EQ(refusal(folder_.file("new/state.db")), "opened");
  EXPECT_EQ(mode_of(folder_.file("new")), 0700U);
  EXPECT_THAT(refusal(folder_.file("far/away/state.db")),
              AllOf(HasSubstr("far/away"), HasSubstr("No such file or directory"), HasSubstr("create it")));
  EXPECT_FALSE(fs::exists(folder_.file("far")));
}

TEST_F(open_test, makes_every_folder_of_a_path_that_nobody_named) {
  auto how = options(folder_.file("home/.local/state/buildwatch/state.db"));
  how.make_folders = true;
  auto const file = database::open(how);
  EXPECT_TRUE(file.has_value()) << file.error().text;
  EXPECT_EQ(mode_of(folder_.file("home/.local")), 0700U);
  EXPECT_EQ(mode_of(folder_.file("home/.local/state/buildwatch")), 0700U);
  write(folder_.file("plain"), "x");
  how.path = folder_.file("plain/far/away/state.db");
  EXPECT_THAT(database::open(how).error().text, HasSubstr("/plain/far/away"));
}

TEST_F(open_test, says_so_where_something_else_is_in_the_way) {
  fs::create_directory(folder_.file());
  EXPECT_THAT(refusal(folder_.file()), HasSubstr("is no file"));
  write(folder_.file("plain"), "x");
  EXPECT_THAT(refusal(folder_.file("plain/state.db")), HasSubstr("/plain"));
}

TEST_F(open_test, a_folder_or_file_that_cannot_be_written_is_named) {
  make();
  fs::permissions(folder_.file(""), fs::perms(0755));
  fs::create_directory(folder_.file("locked"), folder_.file(""));
  fs::permissions(folder_.file("locked"), fs::perms(0555));
  fs::permissions(folder_.file(), fs::perms(0444));
  fs::permissions(folder_.file("state.db.lock"), fs::perms(0666));
  auto const told = [&](std::string const& path, std::vector<std::string> const& parts) {
    pid_t const child = fork();
    if (child == 0) {
      if (geteuid() == 0 && setuid(65534) != 0) _exit(3);  // root may write everywhere
      std::string const said = refusal(path);
      auto const in = [&](std::string const& part) { return said.find(part) != std::string::npos; };
      if (!std::ranges::all_of(parts, in)) fmt::print(stderr, "{}\n", said);
      _exit(std::ranges::all_of(parts, in) ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WEXITSTATUS(status) == 0;
  };
  EXPECT_TRUE(
      told(folder_.file("locked/state.db"), {folder_.file("locked"), "Permission denied", "give it to the user"}));
  if (geteuid() == 0) fs::permissions(folder_.file(""), fs::perms(0777));
  EXPECT_TRUE(told(folder_.file(), {folder_.file(), "Permission denied"}));
}

// ---- one daemon a store ----

TEST_F(open_test, a_second_one_is_refused_with_the_pid_of_the_first) {
  auto const first = opened(folder_.file());
  std::string const pid = "process " + std::to_string(getpid());
  EXPECT_THAT(refusal(folder_.file()), AllOf(HasSubstr(folder_.file()), HasSubstr(pid)));
}

TEST_F(open_test, a_second_process_is_refused_too_and_let_in_after_the_first) {
  auto first = opened(folder_.file());
  std::string const pid = "process " + std::to_string(getpid());
  auto const refused_in_child = [&] {
    pid_t const child = fork();
    if (child == 0) {
      std::string const said = refusal(folder_.file());
      _exit(said == "opened" ? 0 : said.find(pid) != std::string::npos ? 1 : 2);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
  };
  EXPECT_EQ(refused_in_child(), 1);
  first.reset();
  EXPECT_EQ(refused_in_child(), 0);
}

TEST_F(open_test, a_link_to_a_store_in_use_is_refused_too) {
  make();
  fs::create_directory(folder_.file("other"));
  fs::create_symlink(folder_.file(), folder_.file("other/link.db"));
  {
    auto const first = opened(folder_.file());
    EXPECT_THAT(refusal(folder_.file("other/link.db")), HasSubstr("in use by process"));
  }
  EXPECT_EQ(refusal(folder_.file("other/link.db")), "opened");
}

TEST_F(open_test, a_lock_left_by_a_crash_is_nobodys) {
  write(folder_.file("state.db.lock"), "4194304999\n");
  EXPECT_EQ(refusal(folder_.file()), "opened");
  auto const file = opened(folder_.file());
  EXPECT_EQ(bytes_of(folder_.file("state.db.lock")), std::to_string(getpid()) + "\n");
}

// ---- files that are not well ----

TEST_F(open_test, what_is_no_database_is_left_as_it_is) {
  std::string const bytes(10'000, 'x');
  write(folder_.file(), bytes);
  EXPECT_THAT(refusal(folder_.file()),
              AllOf(HasSubstr(folder_.file()), HasSubstr("damaged"), HasSubstr("left as it is"),
                    HasSubstr("Move it away"), HasSubstr("restore a backup")));
  EXPECT_EQ(bytes_of(folder_.file()), bytes);
}

TEST_F(open_test, a_damaged_file_is_left_as_it_is) {
  make();
  std::string const whole = bytes_of(folder_.file());
  ASSERT_GT(whole.size(), 20U * 4096);
  std::string holes = whole;
  for (std::size_t at = 8 * 4096; at + 4096 < holes.size(); at += 8192) holes.replace(at, 600, 600, '\xff');
  for (std::string const& bytes : {holes, whole.substr(0, whole.size() / 2), whole.substr(0, 5000)}) {
    write(folder_.file(), bytes);
    EXPECT_THAT(refusal(folder_.file()),
                AllOf(HasSubstr("damaged"), HasSubstr("left as it is"), ::testing::Not(HasSubstr("\n"))));
    EXPECT_EQ(bytes_of(folder_.file()), bytes);
  }
}

TEST_F(open_test, a_damaged_files_log_is_left_as_it_is) {
  std::string log;
  std::string whole;
  {
    auto const file = opened(folder_.file());
    for (int i = 1; i <= 200; ++i) added(*file, owed_to(event_of(i), {"oncall"}));
    file->checkpoint();
    for (int i = 201; i <= 220; ++i) added(*file, owed_to(event_of(i), {"oncall"}));
    whole = bytes_of(folder_.file());
    log = bytes_of(folder_.file("state.db-wal"));
  }
  for (std::size_t at = 6 * 4096; at + 4096 < whole.size(); at += 4096) whole.replace(at, 600, 600, '\xff');
  write(folder_.file(), whole);
  write(folder_.file("state.db-wal"), log);  // as after a crash
  EXPECT_THAT(refusal(folder_.file()), HasSubstr("damaged"));
  EXPECT_EQ(bytes_of(folder_.file()), whole);
  EXPECT_EQ(bytes_of(folder_.file("state.db-wal")), log);
}

TEST_F(open_test, a_log_without_its_file_is_not_thrown_away) {
  write(folder_.file("state.db-wal"), std::string(5000, 'x'));
  EXPECT_THAT(refusal(folder_.file()), AllOf(HasSubstr("is missing, but its log"), HasSubstr("restore a backup")));
  write(folder_.file(), "");
  EXPECT_THAT(refusal(folder_.file()), HasSubstr("is empty, but its log"));
  EXPECT_EQ(bytes_of(folder_.file("state.db-wal")).size(), 5000U);
}

TEST_F(open_test, an_empty_file_becomes_a_store) {
  write(folder_.file(), "");  // a crash right after it was made
  EXPECT_EQ(refusal(folder_.file()), "opened");
}

TEST_F(open_test, what_a_crash_left_in_the_log_is_there_again) {
  auto first = opened(folder_.file());
  for (int i = 1; i <= 20; ++i) added(*first, owed_to(event_of(i), {"oncall"}));
  first->begin();
  first->add({owed_to(event_of(21), {"oncall"})});  // not committed
  folder other;
  fs::copy_file(folder_.file(), other.file());
  fs::copy_file(folder_.file("state.db-wal"), other.file("state.db-wal"));
  auto const again = opened(other.file());
  EXPECT_THAT(waiting(*again, "oncall"), SizeIs(20));
}

TEST_F(open_test, another_programs_database_is_not_touched) {
  execute("CREATE TABLE recipes (name TEXT)");
  std::string const bytes = bytes_of(folder_.file());
  EXPECT_THAT(refusal(folder_.file()), HasSubstr("another program"));
  EXPECT_EQ(bytes_of(folder_.file()), bytes);
}

TEST_F(open_test, a_newer_schema_is_refused_with_both_versions) {
  make();
  execute("PRAGMA user_version = 7");
  std::string const bytes = bytes_of(folder_.file());
  EXPECT_THAT(refusal(folder_.file()), AllOf(HasSubstr("schema version 7"), HasSubstr("knows 2")));
  EXPECT_EQ(bytes_of(folder_.file()), bytes);
}

TEST_F(open_test, commits_reach_the_disk_and_only_the_log) {
  auto const file = opened(folder_.file());
  file->checkpoint();
  EXPECT_EQ(file->pages_in_log(), 0);
  std::string const before = bytes_of(folder_.file());
  added(*file, owed_to(event_of(1), {"oncall"}));
  EXPECT_GT(file->pages_in_log(), 0);
  EXPECT_EQ(bytes_of(folder_.file()), before);
  file->checkpoint();
  EXPECT_EQ(file->pages_in_log(), 0);
  EXPECT_NE(bytes_of(folder_.file()), before);
}

TEST_F(open_test, a_failure_says_whether_it_concerns_the_request_or_whatever_is_tried) {
  auto const file = opened(folder_.file());
  execute("DROP TABLE builds");  // only what needs it suffers
  auto const concerns_all = [&](model::event const& e) {
    try {
      added(*file, owed_to(e, {}));
      throw std::logic_error("it was stored");
    } catch (failure const& f) {
      file->roll_back();
      EXPECT_THAT(f.what(), HasSubstr("cannot write " + folder_.file()));
      return f.of_the_file();
    }
  };
  model::event const started = event_of_type(model::event_type::build_started);
  EXPECT_FALSE(concerns_all(finished_event()));
  {
    no_room const for_a_page(4096);
    EXPECT_TRUE(concerns_all(started));
  }
  EXPECT_FALSE(added(*file, owed_to(started, {})).known);
}

}  // namespace
}  // namespace buildwatch::store::testing
