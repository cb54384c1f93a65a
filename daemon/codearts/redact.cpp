#include "codearts/redact.hpp"

#include <algorithm>
#include <vector>

namespace buildwatch::codearts {
namespace {

constexpr std::size_t shortest_secret = 6;
constexpr std::size_t shortest_stretch = 12;

void mark(std::string_view text, std::string_view secret, std::vector<bool>& hidden) {
  // A secret shorter than a stretch is looked for whole.
  std::size_t const window = std::min(secret.size(), shortest_stretch);
  for (std::size_t at = 0; at + window <= text.size(); ++at) {
    if (secret.find(text.substr(at, window)) == std::string_view::npos) continue;
    std::fill_n(hidden.begin() + static_cast<std::ptrdiff_t>(at), window, true);
  }
}

}  // namespace

void redact(std::string& text, std::span<std::string_view const> secrets) {
  std::vector<bool> hidden(text.size());
  for (auto const secret : secrets) {
    if (secret.size() >= shortest_secret) mark(text, secret, hidden);
  }
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!hidden[i]) {
      out += text[i];
    } else if (i == 0 || !hidden[i - 1]) {
      out += "***";
    }
  }
  text = std::move(out);
}

}  // namespace buildwatch::codearts
