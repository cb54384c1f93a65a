#include "codearts/web_url.hpp"

#include <algorithm>

#include "buildwatch/model/outcome.hpp"
#include "codearts/plain_text.hpp"

namespace buildwatch::codearts {
namespace {

/// The length of "http://" or "https://" at the start of `text`; 0: something else stands there.
std::size_t scheme_of(std::string_view text) {
  for (std::string_view const scheme : {"https://", "http://"}) {
    if (model::equal_ignoring_case(text.substr(0, scheme.size()), scheme)) return scheme.size();
  }
  return 0;
}

}  // namespace

std::string web_url(std::string_view text, std::size_t longest) {
  std::size_t const scheme = scheme_of(text);
  // No URL holds a blank, and what follows a backslash is a host to some and a path to others.
  if (scheme == 0 || text.find_first_of(" \\") != std::string_view::npos) return {};
  auto const end = std::min(text.find_first_of("/?#", scheme), text.size());
  std::string_view authority = text.substr(scheme, end - scheme);
  std::string_view const rest = text.substr(end);
  if (auto const at = authority.rfind('@'); at != std::string_view::npos) {
    authority.remove_prefix(at + 1);
  } else if (authority.find(':') != std::string_view::npos && rest.find('@') != std::string_view::npos) {
    return {};  // perhaps a name and a password with a slash in it
  }
  if (authority.empty()) return {};
  std::string out(text.substr(0, scheme));
  out.append(authority).append(rest);
  if (clean_word(out, longest) != out) return {};
  return out;
}

}  // namespace buildwatch::codearts
