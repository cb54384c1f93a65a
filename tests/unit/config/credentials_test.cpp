// ${credential:NAME}: which file of $CREDENTIALS_DIRECTORY that is.
#include "support.hpp"

namespace buildwatch::config {
namespace {

using namespace testing;

/// The labels of a job whose values are these credentials.
std::map<std::string, std::string> labels_from(folder const& credentials, std::string const& labels) {
  environment world = plain_world();
  world.credentials_dir = credentials.path();
  loaded const got =
      load_text(some_provider +
                    "jobs:\n"
                    "  - {name: nightly, job_id: 48c66c6002964721be537cdc6ce0297b, build: 42, labels: {" +
                    labels + "}}\nsinks:\n  console: {type: stdout}\n",
                world);
  EXPECT_EQ(lines(got), "");
  if (!got.settings) return {};
  auto const& found = *got.settings->watch.jobs.at(0).labels;
  return {found.begin(), found.end()};
}

TEST(credentials, of_a_directory_that_the_unit_loads_keep_the_names_of_their_files) {
  folder const f;
  f.write("buildwatch_plain", "one\n");  // LoadCredential=buildwatch:DIRECTORY
  f.write("encrypted_sealed", "two\n");  // LoadCredentialEncrypted=encrypted:DIRECTORY
  auto const labels =
      labels_from(f, R"(a: "${credential:plain}", b: "${credential:sealed}", c: "${credential:buildwatch_plain}")");
  EXPECT_EQ(labels, (std::map<std::string, std::string>{{"a", "one"}, {"b", "two"}, {"c", "one"}}));
}

TEST(credentials, loaded_under_the_very_name_come_first) {
  folder const f;
  f.write("ak", "mine");
  f.write("buildwatch_ak", "of the directory");
  f.write("encrypted_ak", "of the other");
  EXPECT_EQ(labels_from(f, R"(a: "${credential:ak}")"), (std::map<std::string, std::string>{{"a", "mine"}}));
}

}  // namespace
}  // namespace buildwatch::config
