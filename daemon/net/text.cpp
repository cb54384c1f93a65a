#include "net/text.hpp"

#include <fmt/format.h>

#include <charconv>

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
  auto const ms = std::chrono::duration_cast<std::chrono::milliseconds>(length).count();
  if (ms < 1000) return fmt::format("{} ms", ms < 0 ? 0 : ms);
  if (ms < 60'000) return fmt::format("{:.4g} s", static_cast<double>(ms) / 1000.0);
  return fmt::format("{:.4g} min", static_cast<double>(ms) / 60'000.0);
}

}  // namespace buildwatch::net
