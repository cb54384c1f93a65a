#include "web/target.hpp"

#include <algorithm>

namespace buildwatch::web {
namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Whether a slash that is escaped becomes one.
enum class slashes { plain, as_they_are };

std::optional<std::string> decoded(std::string_view text, slashes how = slashes::plain) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    int const high = digit(text[i + 1]);
    int const low = digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    char const c = static_cast<char>(high * 16 + low);
    if (c == '/' && how == slashes::as_they_are) {
      plain += text.substr(i, 3);
    } else {
      plain += c;
    }
    i += 2;
  }
  return plain;
}

bool read_query(std::string_view text, target& into) {
  while (!text.empty()) {
    std::string_view const one = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    auto const equals = one.find('=');
    auto name = decoded(one.substr(0, equals));
    auto value = decoded(equals == std::string_view::npos ? std::string_view() : one.substr(equals + 1));
    if (!name || !value) return false;
    if (!name->empty()) into.query.emplace_back(std::move(*name), std::move(*value));
  }
  return true;
}

}  // namespace

std::optional<std::string_view> target::parameter(std::string_view name) const {
  auto const found = std::ranges::find(query, name, &std::pair<std::string, std::string>::first);
  if (found == query.end()) return std::nullopt;
  return found->second;
}

std::optional<target> read_target(std::string_view text) {
  target read;
  constexpr std::string_view scheme = "http://";
  if (text.starts_with(scheme)) {
    text.remove_prefix(scheme.size());
    read.authority = text.substr(0, text.find_first_of("/?"));
    text.remove_prefix(read.authority.size());
    if (read.authority.empty() || read.authority.find('@') != std::string::npos) return std::nullopt;
    if (!text.starts_with('/') && !text.empty()) return std::nullopt;
    if (text.empty()) text = "/";
  }
  if (!text.starts_with('/')) return std::nullopt;
  text = text.substr(0, text.find('#'));
  auto const question = text.find('?');
  auto path = decoded(text.substr(0, question), slashes::as_they_are);
  if (!path || (question != std::string_view::npos && !read_query(text.substr(question + 1), read))) {
    return std::nullopt;
  }
  read.path = std::move(*path);
  return read;
}

}  // namespace buildwatch::web
