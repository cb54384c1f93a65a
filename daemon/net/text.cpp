#include "net/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace buildwatch::net {

std::string lower(std::string_view text) {
  std::string low(text);
  for (char& c : low) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return low;
}

std::string_view trimmed(std::string_view text) {
  auto const first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<std::uint64_t> parse_number(std::string_view digits) {
  std::uint64_t value = 0;
  char const* const end = digits.data() + digits.size();
  auto const [stop, fault] = std::from_chars(digits.data(), end, value);
  if (digits.empty() || fault != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::string bracketed(std::string_view host) {
  bool const v6 = host.find(':') != std::string_view::npos;
  return v6 ? fmt::format("[{}]", host) : std::string(host);
}

std::string host_and_port(std::string_view host, std::uint16_t port) {
  return fmt::format("{}:{}", bracketed(host), port);
}

std::string words(base::duration length) {
  // Two digits or so: a deadline of 10 s has lost some microseconds by the time it is told of.
  double const seconds = std::max(std::chrono::duration<double>(length).count(), 0.0);
  if (seconds >= 9.95) return fmt::format("{:.0f} s", seconds);
  if (seconds >= 0.995) return fmt::format("{:.2g} s", seconds);
  return fmt::format("{:.0f} ms", seconds < 0.0995 ? seconds * 1000 : std::round(seconds * 100) * 10);
}

}  // namespace buildwatch::net
