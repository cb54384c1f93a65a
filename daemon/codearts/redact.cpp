#include "codearts/redact.hpp"

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace buildwatch::codearts {
namespace {

constexpr std::size_t shortest_secret = 6;
constexpr std::size_t shortest_stretch = 12;

/// A hash of a window that moves on byte by byte (Rabin and Karp): a token may have 100 KiB, and every failed poll's
/// words are searched for it.
class rolling_hash {
 public:
  explicit rolling_hash(std::string_view window) {
    for (char const c : window) value_ = value_ * base + byte(c);
    for (std::size_t i = 1; i < window.size(); ++i) first_ *= base;
  }
  void move(char out, char in) { value_ = (value_ - byte(out) * first_) * base + byte(in); }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  static constexpr std::uint64_t base = 0x100000001b3;
  static std::uint64_t byte(char c) { return static_cast<unsigned char>(c) + 1U; }
  std::uint64_t value_ = 0;
  std::uint64_t first_ = 1;  // what the first byte of a window counts
};

/// Calls `visit(start, hash)` for each window of `text`.
template <class Visit>
void each_window(std::string_view text, std::size_t window, Visit visit) {
  if (text.size() < window) return;
  rolling_hash hash(text.substr(0, window));
  for (std::size_t at = 0;; ++at) {
    visit(at, hash.value());
    if (at + window == text.size()) return;
    hash.move(text[at], text[at + window]);
  }
}

void mark(std::string_view text, std::string_view secret, std::vector<bool>& hidden) {
  // A secret shorter than a stretch is looked for whole.
  std::size_t const window = std::min(secret.size(), shortest_stretch);
  std::unordered_multimap<std::uint64_t, std::size_t> windows;
  std::bitset<65536> some;  // of the hashes: most windows of the secret go no further
  each_window(text, window, [&](std::size_t at, std::uint64_t hash) {
    windows.emplace(hash, at);
    some.set(hash >> 48);
  });
  each_window(secret, window, [&](std::size_t in_secret, std::uint64_t hash) {
    if (!some.test(hash >> 48)) return;
    auto const [from, to] = windows.equal_range(hash);
    for (auto found = from; found != to; ++found) {
      if (text.substr(found->second, window) != secret.substr(in_secret, window)) continue;
      std::fill_n(hidden.begin() + static_cast<std::ptrdiff_t>(found->second), window, true);
    }
  });
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
