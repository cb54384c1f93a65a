// Answers of the API -> observations: the examples, the rules, and bytes nobody should send.
#include "buildwatch/codearts/answers.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

namespace buildwatch::codearts {
namespace {

using model::fault;
using model::observation;
using model::sight;

observation build_info(unsigned status, std::string_view body, std::string_view region = {}) {
  observation seen;
  raw_answer const answer{status, body, nullptr};
  read_build_info(answer, region, seen);
  return seen;
}

observation running_status(unsigned status, std::string_view body) {
  observation seen;
  raw_answer const answer{status, body, nullptr};
  read_running_status(answer, seen);
  return seen;
}

std::string read_file(std::string const& name) {
  std::ifstream file(TEST_DATA "/codearts/examples/" + name);
  EXPECT_TRUE(file) << name;
  std::stringstream all;
  all << file.rdbuf();
  return all.str();
}

struct wanted {
  model::sight sight;
  model::fault fault = model::fault::none;
  std::string word = {};
};

/// What each `expect` of index.json means here. An answer about a build that ended otherwise than by success is still
/// `finished`: which outcome a word stands for is model::outcome_of's.
std::map<std::string, wanted> const by_expectation{
    {"running", {sight::running}},
    {"succeeded", {sight::finished}},
    {"failed", {sight::finished}},
    {"aborted", {sight::finished}},
    {"timed out", {sight::finished}},
    {"failed to start", {sight::finished}},
    {"finished, result unknown", {sight::finished}},
    {"no data", {sight::no_such_build}},  // contract section 3: an empty result
    {"permanent", {sight::failed, fault::other}},
    {"retry", {sight::failed, fault::other}},
    {"retry a few times", {sight::failed, fault::other}},
    {"retry after a pause", {sight::failed, fault::throttled}},
    {"renew the token once", {sight::failed, fault::refused}},
    {"stop; not before five minutes", {sight::failed, fault::refused}},
    {"not a valid reply", {sight::failed, fault::other}},
};

/// Where index.json leaves the choice, or where the contract says more than it.
std::map<std::string, wanted> const by_file{
    // Of several results the one for the provider's region, else the first: both are for the same one, so the first.
    {"build-info-two-items-array.json", {sight::finished, fault::none, "SUCCESS"}},
    // A missing or wrongly typed needed field is a failed poll: guessing could announce an end that was none.
    {"build-info-missing-building.json", {sight::failed, fault::other}},
    {"build-info-building-as-string.json", {sight::failed, fault::other}},
    {"error-not-found-422.json", {sight::no_such_build}},
    {"error-history-gone-403.json", {sight::no_such_build}},
    {"error-gateway-signature-401.json", {sight::failed, fault::refused}},
    {"error-iam-401.json", {sight::failed, fault::refused}},
    {"error-empty-503.txt", {sight::failed, fault::throttled}},  // any 503
};

TEST(answers, reads_every_example_as_its_index_suggests) {
  auto const index = nlohmann::json::parse(read_file("index.json"));
  int checked = 0;
  for (auto const& example : index.at("examples")) {
    if (!example.contains("expect")) continue;  // an answer to another call
    std::string const file = example.at("file"), expect = example.at("expect");
    SCOPED_TRACE(file + ": " + expect);
    auto const special = by_file.find(file);
    ASSERT_TRUE(special != by_file.end() || by_expectation.contains(expect));
    wanted const& want = special != by_file.end() ? special->second : by_expectation.at(expect);
    auto const seen = build_info(example.at("http_status"), read_file(file), "ap-southeast-3");
    EXPECT_EQ(seen.sight, want.sight) << seen.text;
    EXPECT_EQ(seen.fault, want.fault);
    if (!want.word.empty()) {
      EXPECT_EQ(seen.word, want.word);
    }
    if (seen.sight == sight::failed) {
      EXPECT_TRUE(seen.text.starts_with("HTTP ")) << seen.text;
    }
    ++checked;
  }
  EXPECT_EQ(checked, 52);
}

TEST(answers, keeps_word_and_region_as_they_came) {
  auto const seen = build_info(200, read_file("build-info-timeout-array.json"));
  EXPECT_EQ(seen.word, "timeout");
  EXPECT_EQ(seen.region, "ap-southeast-3");
  EXPECT_EQ(seen.text, "");
  EXPECT_EQ(build_info(200, read_file("build-info-region-object.json")).region, "");
}

TEST(answers, every_shape_of_error_is_told_in_words) {
  std::pair<std::string, std::string> const table[] = {
      {"error-internal-500.json", "HTTP 500 CB.00060101: Internal error."},
      {"error-in-200.json", "HTTP 200 DEV.CB.032011: Invalid task ID."},
      {"error-gateway-no-api-404.json",
       "HTTP 404 APIGW.0101: The API does not exist or has not been published in the environment."},
      {"error-nested-reason-200.json", "HTTP 200 DEV.CB.032011: Invalid task ID."},
      {"error-nested-message-400.json", "HTTP 400 CB.00060201: Invalid task ID."},
      {"error-string-200.json", "HTTP 200: Invalid task ID."},
      {"error-stringified-400.json", "HTTP 400 DEV.CB.032302: The task state has changed."},
      {"error-success-false.json", "HTTP 200 CB.00060201: Invalid task ID."},
      {"error-iam-401.json", "HTTP 401 401: The username or password is wrong."},
      {"error-html-502.html", "HTTP 502, the body is a page of HTML or XML, no JSON: 502 Bad Gateway"},
      {"error-empty-503.txt", "HTTP 503, the body is empty"},
      {"error-truncated-200.txt", "HTTP 200, the body is broken JSON (37 bytes)"},
  };
  auto const index = nlohmann::json::parse(read_file("index.json"));
  for (auto const& [file, text] : table) {
    unsigned status = 0;
    for (auto const& e : index.at("examples")) {
      if (e.at("file") == file) status = e.at("http_status");
    }
    EXPECT_EQ(build_info(status, read_file(file)).text, text) << file;
  }
}

struct rule {
  unsigned status;
  std::string body;
  model::sight sight;
  model::fault fault = model::fault::none;
};

TEST(answers, follows_the_rules_of_the_contract) {
  auto const good = [](std::string const& result) { return R"({"result":)" + result + R"(,"status":"success"})"; };
  rule const table[] = {
      // not decided
      {200, good(R"({"building":false})"), sight::undecided},
      {200, good(R"({"building":false,"build_result":null})"), sight::undecided},
      {200, good(R"({"building":false,"build_result":""})"), sight::undecided},
      {200, good(R"({"building":false,"build_result":"InQueue"})"), sight::undecided},
      {200, good(R"({"building":false,"build_result":7})"), sight::failed, fault::other},
      // while it runs, build_result may hold anything
      {200, good(R"({"building":true,"build_result":7})"), sight::running},
      {200, good(R"({"building":true,"build_result":"SUCCESS"})"), sight::running},
      {200, good(R"({"building":1,"build_result":"SUCCESS"})"), sight::failed, fault::other},
      {200, good(R"({"building":null,"build_result":"SUCCESS"})"), sight::failed, fault::other},
      // status and error
      {200, R"({"result":{"building":true}})", sight::running},
      {200, R"({"result":{"building":true},"status":null})", sight::running},
      {200, R"({"result":{"building":true},"status":"SUCCESS"})", sight::running},
      {200, R"({"result":{"building":true},"status":"fail"})", sight::failed, fault::other},
      {200, R"({"result":{"building":true},"status":""})", sight::failed, fault::other},
      {200, R"({"result":{"building":true},"status":200})", sight::failed, fault::other},
      {200, R"({"result":{"building":true},"status":"success","error":"no"})", sight::failed, fault::other},
      {200, R"({"result":{"building":true},"status":"success","error":{"code":"X"}})", sight::failed, fault::other},
      {200, R"({"result":{"building":true},"status":"success","error":[{"code":"X"}]})", sight::failed, fault::other},
      {200, R"({"result":{"building":true},"status":"success","error":true})", sight::failed, fault::other},
      {200, R"({"result":{"building":true},"status":"success","error":""})", sight::running},
      {200, R"({"result":{"building":true},"status":"success","error":{}})", sight::running},
      {200, R"({"result":{"building":true},"status":"success","error":{"code":null}})", sight::running},
      {200, R"({"result":{"building":true},"status":"success","error_code":null,"error_msg":""})", sight::running},
      {200, R"({"result":{"building":true},"status":"success","error_code":"CB.1"})", sight::failed, fault::other},
      {200, R"({"result":{"building":true},"status":"success","success":false})", sight::failed, fault::other},
      {200, R"({"result":{"building":true},"status":"success","success":true,"code":"0","message":"ok"})",
       sight::running},
      {200, R"({"result":{"building":true,"x":{"error_code":"y","error_msg":"z"}},"status":"success"})",
       sight::running},
      {200, R"({"error_code":"CB.00060211","error_msg":"Too many requests."})", sight::failed, fault::throttled},
      {200, R"({"error_code":"CB.00031006","error_msg":"gone"})", sight::failed, fault::other},
      // results
      {200, good("[]"), sight::no_such_build},
      {200, good("{}"), sight::no_such_build},
      {200, good("null"), sight::no_such_build},
      {200, R"({"status":"success","error":null})", sight::failed, fault::other},
      {200, R"({"result":null})", sight::failed, fault::other},
      {200, "{}", sight::failed, fault::other},
      {200, "null", sight::failed, fault::other},
      {200, "[]", sight::failed, fault::other},
      {200, "true", sight::failed, fault::other},
      {200, "\"running\"", sight::failed, fault::other},
      {200, good("[{}]"), sight::failed, fault::other},
      {200, good("[null]"), sight::failed, fault::other},
      {200, good("[[]]"), sight::failed, fault::other},
      {200, good("\"\""), sight::failed, fault::other},
      {200, good("7"), sight::failed, fault::other},
      {200, good(R"("{\"building\":true}")"), sight::failed, fault::other},
      // no such build
      {404, R"({"error_code":"CB.00031006","error_msg":"gone"})", sight::no_such_build},
      {404, R"({"error":"Not Found","status":404})", sight::no_such_build},
      {404, R"({"error_code":"APIGW.0101","error_msg":"no API"})", sight::failed, fault::other},
      {404, R"({"error_code":"APIG.0101","error_msg":"no API"})", sight::failed, fault::other},
      {404, "<html>404</html>", sight::failed, fault::other},
      {404, "", sight::failed, fault::other},
      {404, "{}", sight::failed, fault::other},
      {422, R"({"error_code":"DEVCB.00031006"})", sight::no_such_build},
      {422, R"({"error":{"code":"CB.00031006","reason":"x"},"status":"error"})", sight::no_such_build},
      {422, R"({"error_code":"DEVCB.00030000"})", sight::failed, fault::other},
      {403, R"({"error_code":"CB.00031059"})", sight::no_such_build},
      {403, R"({"error_code":"CB.00031060"})", sight::failed, fault::other},
      {403, R"({"error_code":"APIGW.0302"})", sight::failed, fault::other},
      // back-off and credentials
      {401, "", sight::failed, fault::refused},
      {429, "", sight::failed, fault::throttled},
      {503, R"({"error_code":"APIGW.0703"})", sight::failed, fault::throttled},
      {500, R"({"error_code":"CB.00060211"})", sight::failed, fault::throttled},
      {400, R"("{\"error\":{\"code\":\"CB.00060211\"}}")", sight::failed, fault::throttled},
      // other statuses are never good, whatever the body says
      {500, good(R"({"building":true})"), sight::failed, fault::other},
      {201, good(R"({"building":true})"), sight::failed, fault::other},
      {204, "", sight::failed, fault::other},
      {302, good(R"({"building":true})"), sight::failed, fault::other},
      {200,
       "\""
       R"({\"result\":{\"building\":true},\"status\":\"success\"})"
       "\"",
       sight::failed, fault::other},
  };
  for (auto const& r : table) {
    auto const seen = build_info(r.status, r.body);
    EXPECT_EQ(seen.sight, r.sight) << r.status << ' ' << r.body << ": " << seen.text;
    EXPECT_EQ(seen.fault, r.fault) << r.status << ' ' << r.body << ": " << seen.text;
    if (seen.sight == sight::failed) {
      EXPECT_NE(seen.text, "");
    }
  }
}

TEST(answers, the_word_is_kept_also_where_it_decides_nothing) {
  auto const seen = build_info(200, R"({"result":{"building":false,"build_result":"Queued"},"status":"success"})");
  EXPECT_EQ(seen.sight, sight::undecided);
  EXPECT_EQ(seen.word, "Queued");
}

TEST(answers, of_several_results_takes_the_one_for_the_region_else_the_first) {
  std::string const three =
      R"({"result":[{"building":true,"region":"a"},{"building":false,"build_result":"OK",)"
      R"("region":"b"},{"building":false,"build_result":"RED","region":"b"}],"status":"success"})";
  EXPECT_EQ(build_info(200, three, "b").word, "OK");
  EXPECT_EQ(build_info(200, three, "a").sight, sight::running);
  EXPECT_EQ(build_info(200, three, "c").sight, sight::running);
  EXPECT_EQ(build_info(200, three).sight, sight::running);
  // What is wrong with the others does not matter.
  EXPECT_EQ(build_info(200, R"({"result":[7,{"building":true,"region":"b"}],"status":"success"})", "b").sight,
            sight::running);
}

TEST(answers, a_redirect_says_so) { EXPECT_EQ(build_info(302, "moved").text, "HTTP 302: redirects are not followed"); }

TEST(answers, running_status_tells_whether_the_job_exists) {
  for (auto const* file :
       {"running-status-idle.json", "running-status-queued.json", "running-status-never-built.json"}) {
    EXPECT_EQ(running_status(200, read_file(file)).sight, sight::job_exists) << file;
  }
  rule const table[] = {
      {200, R"({"result":null,"status":"success"})", sight::no_such_job},
      {200, R"({"result":"","status":"success"})", sight::failed, fault::other},
      {200, R"({"result":{"is_running":false},"status":"error"})", sight::failed, fault::other},
      {200, R"({"error_code":"DEV.CB.032011"})", sight::failed, fault::other},
      {404, R"({"error_code":"CB.1","error_msg":"x"})", sight::no_such_job},
      {404, R"({"error_code":"APIGW.0101","error_msg":"x"})", sight::refused_call},
      {404, "", sight::refused_call},
      {405, "", sight::refused_call},
      {403, R"({"error_code":"APIGW.0302"})", sight::refused_call},
      {403, R"({"error_code":"CB.00031059"})", sight::no_such_job},
      {403, R"({"error_code":"CB.00060211"})", sight::failed, fault::throttled},
      {422, R"({"error_code":"DEVCB.00031006"})", sight::no_such_job},
      {401, "", sight::failed, fault::refused},
      {429, "", sight::failed, fault::throttled},
      {500, "", sight::failed, fault::other},
      {302, "", sight::failed, fault::other},
  };
  for (auto const& r : table) {
    auto const seen = running_status(r.status, r.body);
    EXPECT_EQ(seen.sight, r.sight) << r.status << ' ' << r.body;
    EXPECT_EQ(seen.fault, r.fault) << r.status << ' ' << r.body;
    if (r.sight != sight::job_exists) {
      EXPECT_NE(seen.text, "") << r.status << ' ' << r.body;
    }
  }
}

TEST(answers, hostile_bytes_are_failed_polls) {
  std::string const deep(1 << 20, '[');
  std::string const deep_objects = [] {
    std::string s;
    for (int i = 0; i < 100'000; ++i) s += "{\"result\":";
    return s;
  }();
  std::string const nul("{\"result\"\0:{\"building\":true}}", 29);
  for (std::string const& body :
       {deep, deep_objects, nul, std::string("\xff\xfe{}"), std::string(R"({"a":1e999999})"), std::string(1 << 20, '9'),
        std::string(R"({"result":{"building":true},"status":"success"}x)"),
        std::string("{\"result\":{\"building\":false,\"build_result\":\"\xc3\x28\"},\"status\":\"success\"}")}) {
    auto const seen = build_info(200, body);
    EXPECT_EQ(seen.sight, sight::failed) << body.substr(0, 40);
    EXPECT_LE(seen.text.size(), 300u);
  }
}

TEST(answers, escapes_and_a_byte_order_mark_are_read_like_what_they_stand_for) {
  observation const seen = build_info(200,
                                      "\xEF\xBB\xBF{\"\\u0072esult\":{\"building\":false,\"build_result\":"
                                      "\"SUC\\u0043\\/ESS\"},\"st\\u0061tus\":\"succ\\u0065ss\"} \n");
  EXPECT_EQ(seen.sight, sight::finished) << seen.text;
  EXPECT_EQ(seen.word, "SUCC/ESS");
}

TEST(answers, nesting_of_unknown_fields_is_bounded_but_generous) {
  auto const nested = [](int depth) {
    std::string const n(static_cast<std::size_t>(depth), '['), m(static_cast<std::size_t>(depth), ']');
    return R"({"result":{"building":true,"x":)" + n + m + R"(},"status":"success"})";
  };
  EXPECT_EQ(build_info(200, nested(60)).sight, sight::running);
  EXPECT_EQ(build_info(200, nested(70)).sight, sight::failed);
}

TEST(answers, of_a_member_that_stands_twice_the_last_counts) {
  EXPECT_EQ(
      build_info(200, R"({"result":{"building":true,"building":false,"build_result":"OK"},"status":"success"})").word,
      "OK");
  EXPECT_EQ(build_info(200, R"({"result":[{"building":true}],"result":{"building":false,"build_result":"OK"},)"
                            R"("status":"success"})")
                .word,
            "OK");
}

TEST(answers, text_is_one_short_line_whatever_the_server_says) {
  auto const seen = build_info(500, R"({"error_code":"CB.1","error_msg":"a\nb\u0000\u001b[31mc\u2028d\u202ee )" +
                                        std::string(5000, 'x') + "\"}");
  EXPECT_TRUE(seen.text.starts_with("HTTP 500 CB.1: a b [31mc d e xxx")) << seen.text;
  EXPECT_LE(seen.text.size(), 300u);
  EXPECT_TRUE(seen.text.ends_with("x…"));
  EXPECT_EQ(build_info(502, "bad\xff gateway\r\nnow").text, "HTTP 502, the body is no JSON: bad\uFFFD gateway now");
}

TEST(answers, words_are_bounded_and_free_of_control_characters) {
  std::string const body = R"({"result":{"building":false,"build_result":")" + std::string(127, 'x') + "é" +
                           R"(","region":"a\u001bb"},"status":"success"})";
  auto const seen = build_info(200, body);
  EXPECT_EQ(seen.word, std::string(127, 'x'));  // not half a character
  EXPECT_EQ(seen.region, "a\uFFFDb");
}

TEST(answers, secrets_go_before_the_text_is_cut) {
  redaction const hide = [](std::string& words) {
    if (auto const at = words.find("SECRET"); at != std::string::npos) words.replace(at, 6, "***");
  };
  observation seen;
  std::string const body = R"({"error_code":"SECRET","error_msg":")" + std::string(255, 'x') + "SECRET\"}";
  raw_answer const answer{401, body, &hide};
  read_build_info(answer, {}, seen);
  EXPECT_EQ(seen.text.find("SEC"), std::string::npos) << seen.text;
  raw_answer const page{502, "<TITLE>the SECRET</TITLE>", &hide};
  read_build_info(page, {}, seen);
  EXPECT_EQ(seen.text, "HTTP 502, the body is a page of HTML or XML, no JSON: the ***");
}

TEST(answers, an_observation_used_again_keeps_nothing) {
  observation seen;
  seen.word = "OLD";
  seen.region = "old";
  seen.text = "old";
  seen.retry_after = std::chrono::seconds(5);
  raw_answer const answer{200, R"({"result":{"building":true},"status":"success"})", nullptr};
  read_build_info(answer, {}, seen);
  EXPECT_EQ(seen.word + seen.region + seen.text, "");
  EXPECT_EQ(seen.retry_after, std::nullopt);
}

}  // namespace
}  // namespace buildwatch::codearts
