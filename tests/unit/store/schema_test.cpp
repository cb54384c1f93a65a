// How a file becomes one of today.
#include "store/schema.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "unit/store/support.hpp"

namespace buildwatch::store::testing {
namespace {

using namespace std::chrono_literals;

// `history` and `outbox` may look at the store while its first daemon makes it.
TEST(schema, all_steps_are_one_transaction) {
  folder const place;
  connection file(place.file(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 1s);
  int commits = 0;
  auto const count = [](void* seen) { return ++*static_cast<int*>(seen), 0; };
  sqlite3_commit_hook(file.handle(), count, &commits);
  ASSERT_GE(schema_version(), 2);
  migrate(file);
  EXPECT_EQ(version_of(file), schema_version());
  EXPECT_EQ(kin(file), kinship::ours);
  EXPECT_EQ(commits, 1);
  migrate(file);
  EXPECT_EQ(commits, 1) << "there was nothing left to do";
}

}  // namespace
}  // namespace buildwatch::store::testing
