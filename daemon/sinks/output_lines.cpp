#include "sinks/output_lines.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "buildwatch/notify/format.hpp"

namespace buildwatch::sinks {
namespace {

// Shorter values ("1", "yes") are no secrets, and hiding them would make output unreadable.
constexpr std::size_t shortest_secret = 4;

void hide(std::string& line, std::string const& secret) {
  constexpr std::string_view instead = "[hidden]";
  for (auto at = line.find(secret); at != std::string::npos; at = line.find(secret, at + instead.size())) {
    line.replace(at, secret.size(), instead);
  }
}

}  // namespace

std::vector<std::string> secret_texts(std::vector<std::string_view> const& values) {
  std::vector<std::string> texts;
  for (std::string_view value : values) {
    while (!value.empty()) {
      std::string_view const line = value.substr(0, value.find_first_of("\r\n"));
      if (line.size() >= shortest_secret) texts.emplace_back(line);
      value.remove_prefix(std::min(value.size(), line.size() + 1));
    }
  }
  std::ranges::sort(texts, [](auto const& a, auto const& b) { return a.size() > b.size(); });
  return texts;
}

output_lines::output_lines(std::vector<std::string> const& hidden, std::function<void(std::string const&)> show)
    : hidden_(hidden),
      show_(std::move(show)),
      keep_(longest_line + std::max<std::size_t>(4, hidden.empty() ? 0 : hidden.front().size())) {}

void output_lines::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    std::string_view const part = bytes.substr(0, bytes.find('\n'));
    std::string_view const kept = part.substr(0, keep_ - std::min(keep_, line_.size()));
    line_ += kept;
    beyond_ += part.size() - kept.size();
    bytes.remove_prefix(part.size());
    if (bytes.empty()) return;
    bytes.remove_prefix(1);
    end_line();
  }
}

void output_lines::finish() {
  end_line();
  if (not_shown_ > 0) show_(fmt::format("… {} more bytes not shown", not_shown_));
}

void output_lines::end_line() {
  if (line_.ends_with('\r')) line_.pop_back();
  if (lines_ < most_lines && bytes_ < most_bytes) {
    if (!line_.empty()) show_line();
  } else {
    not_shown_ += line_.size();
  }
  not_shown_ += std::exchange(beyond_, 0);
  line_.clear();
}

void output_lines::show_line() {
  for (std::string const& secret : hidden_) hide(line_, secret);
  std::size_t room = std::min(longest_line, most_bytes - bytes_);
  if (line_.size() > room) {
    while (room > 0 && (static_cast<unsigned char>(line_[room]) & 0xC0U) == 0x80U) --room;  // not inside a character
    not_shown_ += line_.size() - room;
    line_.resize(room);
  }
  std::string const shown = notify::clean_line(line_);
  ++lines_;
  bytes_ += line_.size();
  show_(shown);
}

}  // namespace buildwatch::sinks
