// Answers about jobs and records, read in one line each.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "buildwatch/codearts/answers.hpp"

namespace buildwatch::codearts::testing {

using model::build_record;
using model::observation;

inline observation running_status(unsigned status, std::string_view body) {
  observation seen;
  raw_answer const answer{status, body, nullptr};
  read_running_status(answer, seen);
  return seen;
}

inline observation list(unsigned status, std::string_view body) {
  observation seen;
  raw_answer const answer{status, body, nullptr};
  read_build_list(answer, seen);
  return seen;
}

inline observation record(unsigned status, std::string_view body, std::uint32_t build = 42) {
  observation seen;
  raw_answer const answer{status, body, nullptr};
  read_build_record(answer, build, seen);
  return seen;
}

inline std::string example(std::string const& name) {
  std::ifstream file(TEST_DATA "/codearts/examples/" + name);
  EXPECT_TRUE(file) << name;
  std::stringstream all;
  all << file.rdbuf();
  return all.str();
}

inline std::string good(std::string const& result) {
  return R"({"result":)" + result + R"(,"error":null,"status":"success"})";
}
inline std::string listed(std::string const& records) { return good(R"({"job_build_states":)" + records + "}"); }

/// The record of build 42 with these members beside its number.
inline build_record one(std::string const& members) {
  auto const seen = record(200, good(R"({"number":42,)" + members + "}"));
  EXPECT_EQ(seen.sight, model::sight::record) << members << ": " << seen.text;
  return seen.records.empty() ? build_record() : seen.records[0];
}

}  // namespace buildwatch::codearts::testing
