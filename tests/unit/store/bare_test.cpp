// A file in which nothing stands yet, as a command sees it that comes while a daemon is making its store.
#include <SQLiteCpp/Database.h>
#include <gtest/gtest.h>

#include <string>

#include "buildwatch/store/reader.hpp"
#include "unit/store/support.hpp"

namespace buildwatch::store {
namespace {

void expect_no_store(std::string const& path) {
  auto const reader = reader::open(path);
  ASSERT_TRUE(reader) << reader.error().text;
  EXPECT_EQ(*reader, nullptr);
  auto const editor = editor::open(path);
  ASSERT_FALSE(editor);
  EXPECT_NE(editor.error().text.find("there is no store"), std::string::npos) << editor.error().text;
}

TEST(a_bare_file, is_no_store_yet) {
  testing::folder const f;
  std::string const path = f.file();
  SQLite::Database file(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  file.exec("PRAGMA journal_mode = WAL");
  expect_no_store(path);
  file.exec("BEGIN IMMEDIATE; CREATE TABLE half_made (id INTEGER)");
  expect_no_store(path);
}

TEST(a_bare_file, is_no_longer_one_with_the_tables_of_another_program) {
  testing::folder const f;
  std::string const path = f.file();
  SQLite::Database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("CREATE TABLE theirs (id INTEGER)");
  auto const reader = reader::open(path);
  ASSERT_FALSE(reader);
  EXPECT_NE(reader.error().text.find("another program"), std::string::npos);
}

}  // namespace
}  // namespace buildwatch::store
