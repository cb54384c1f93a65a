// Every file of tests/data/config/broken: the complaints that its first lines expect, no other, and no secret in any.
//   # expect: LINE:COLUMN KEY.PATH part of the text      ("-": no path)
#include <algorithm>
#include <sstream>
#include <vector>

#include "unit/config/support.hpp"

namespace buildwatch::config {
namespace {

struct expectation {
  std::size_t line = 0;
  std::size_t column = 0;
  std::string path;
  std::string text;
};

std::vector<expectation> expectations(std::string const& file) {
  std::vector<expectation> all;
  std::ifstream in(file);
  std::string line;
  while (std::getline(in, line)) {
    if (line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
    if (line.ends_with('\r')) line.pop_back();
    constexpr std::string_view lead = "# expect: ";
    if (!line.starts_with(lead)) break;
    std::istringstream words(line.substr(lead.size()));
    expectation e;
    char colon = 0;
    words >> e.line >> colon >> e.column >> std::ws;
    // A path may hold a blank (a key that is no name does), so it ends where two blanks stand.
    std::string rest;
    std::getline(words, rest);
    auto const end = rest.find("  ");
    e.path = rest.substr(0, end);
    e.text = end == std::string::npos ? "" : rest.substr(end + 2);
    if (e.path == "-") e.path.clear();
    all.push_back(e);
  }
  return all;
}

std::vector<std::string> broken_files() {
  std::vector<std::string> names;
  for (auto const& f : std::filesystem::directory_iterator(TEST_DATA "/config/broken")) {
    names.push_back(f.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

class broken : public ::testing::TestWithParam<std::string> {};

TEST_P(broken, is_told_where_and_why) {
  std::string const file = TEST_DATA "/config/broken/" + GetParam() + ".yaml";
  auto const wanted = expectations(file);
  ASSERT_FALSE(wanted.empty()) << "the file expects nothing";
  auto const result = load(file, testing::world_of({{"PATH", "/usr/bin:/bin"},
                                                    {"EMPTY", ""},
                                                    {"SET", "x"},
                                                    {"NUMBER", "15"},
                                                    {"REFERENCE", "${env:SET}"},
                                                    {"NOT_UTF8", "\xFF"}}));
  EXPECT_FALSE(result.settings.has_value());
  std::string const all = testing::lines(result);
  EXPECT_EQ(all.find("SECRET"), std::string::npos) << all;

  std::vector<complaint> errors = result.complaints;
  std::erase_if(errors, [](complaint const& c) { return c.warning; });
  ASSERT_EQ(errors.size(), wanted.size()) << all;
  for (auto const& w : wanted) {
    bool const told = std::ranges::any_of(errors, [&](complaint const& c) {
      return c.file == file && c.line == w.line && c.column == w.column && c.path == w.path &&
             c.text.find(w.text) != std::string::npos;
    });
    EXPECT_TRUE(told) << w.line << ":" << w.column << " " << w.path << ": " << w.text << "\nis not among\n" << all;
  }
}

INSTANTIATE_TEST_SUITE_P(files, broken, ::testing::ValuesIn(broken_files()), [](auto const& i) {
  std::string name = i.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

TEST(broken_files, are_many) { EXPECT_GE(broken_files().size(), 150U); }

}  // namespace
}  // namespace buildwatch::config
