#include "codearts/problem.hpp"

#include <algorithm>

#include "buildwatch/model/outcome.hpp"
#include "codearts/plain_text.hpp"

namespace buildwatch::codearts {
namespace {

constexpr std::size_t longest_excerpt = 80;
constexpr std::size_t searched = 4096;  ///< bytes of a page in which its title is looked for

std::string http(unsigned status) { return "HTTP " + std::to_string(status); }

/// Their words, safe to show. Secrets go before anything is cut: half a secret would not be found.
std::string shown(raw_answer const& answer, std::string_view words, std::size_t longest) {
  std::string text(words.substr(0, 1024));
  if (answer.hide != nullptr && *answer.hide) (*answer.hide)(text);
  return one_line(text, longest);
}

std::size_t find_ignoring_case(std::string_view text, std::string_view what) {
  auto const lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  auto const found = std::ranges::search(text, what, {}, lower, lower);
  return found.empty() ? std::string_view::npos : static_cast<std::size_t>(found.begin() - text.begin());
}

std::string_view title_of(std::string_view page) {
  page = page.substr(0, searched);
  auto const start = find_ignoring_case(page, "<title>");
  if (start == std::string_view::npos) return {};
  page.remove_prefix(start + 7);
  return page.substr(0, find_ignoring_case(page, "</title>"));
}

/// A body that is no JSON: a proxy's page, a cut-off answer, nothing at all. Never the page itself.
std::string describe_body(raw_answer const& answer) {
  auto const start = answer.body.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return http(answer.status) + ", the body is empty";
  auto const body = answer.body.substr(start);
  if (body.front() == '<') {
    auto const title = shown(answer, title_of(body), longest_excerpt);
    return http(answer.status) + ", the body is a page of HTML or XML, no JSON" +
           (title.empty() ? std::string() : ": " + title);
  }
  if (body.front() == '{' || body.front() == '[') {
    return http(answer.status) + ", the body is broken JSON (" + std::to_string(answer.body.size()) + " bytes)";
  }
  return http(answer.status) + ", the body is no JSON: " + shown(answer, body, longest_excerpt);
}

}  // namespace

std::string problem(raw_answer const& answer, std::string_view what) {
  std::string out = http(answer.status);
  out.append(": ").append(what);
  return one_line(out);
}

std::string problem(raw_answer const& answer, reply const& read) {
  if (!read.valid) return one_line(describe_body(answer));
  if (read.code.empty() && read.message.empty()) {
    if (read.status_kind == json_kind::string && !model::equal_ignoring_case(read.status, "success")) {
      return problem(answer, "status is \"" + shown(answer, read.status, longest_excerpt) + "\"");
    }
    return one_line(http(answer.status) + ", without an error code or text");
  }
  std::string out = http(answer.status);
  if (!read.code.empty()) out += ' ' + shown(answer, read.code.text, longest_excerpt);
  if (!read.message.empty()) out += ": " + shown(answer, read.message.text, longest_text);
  return one_line(out);
}

}  // namespace buildwatch::codearts
