#include "service/progress_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <string_view>
#include <vector>

#include "buildwatch/notify/format.hpp"

namespace buildwatch::service {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t least_bar = 10;
constexpr std::size_t widest_bar = 40;

/// A number and its unit, no finer than a forecast is worth.
struct rough {
  std::int64_t count;
  std::string_view unit;
  [[nodiscard]] std::string text() const { return fmt::format("{} {}", count, unit); }
};

rough roughly(base::duration d) {
  auto const in = [&](base::duration unit, std::string_view name) {
    return rough{std::max<std::int64_t>((d + unit / 2) / unit, 1), name};
  };
  if (d < 100s) return in(1s, "s");
  if (d < 100min) return in(1min, "min");
  if (d < 48h) return in(1h, "h");
  return in(24h, "d");
}

std::string left_text(forecast::estimate const& e) { return roughly(e.left).text() + " left"; }

/// " (5 to 11 min)"; empty where both ends are the same in words.
std::string range_text(forecast::estimate const& e) {
  rough const low = roughly(e.left_low), high = roughly(e.left_high);
  if (low.text() == high.text()) return {};
  if (low.unit == high.unit) return fmt::format(" ({} to {})", low.count, high.text());
  return fmt::format(" ({} to {})", low.text(), high.text());
}

std::string name_of(follow_view const& v) { return v.number == 0 ? v.job : fmt::format("{} #{}", v.job, v.number); }

/// What there is to say where nothing runs.
std::string_view state_of(follow_view const& v) {
  switch (v.stage) {
    case follow_stage::looking: return v.number == 0 ? "looking for the newest build" : "asking for it";
    case follow_stage::unbuilt: return "no build yet; waiting for the first";
    case follow_stage::absent: return "not there yet; waiting for it";
    case follow_stage::queued: return "queued";
    case follow_stage::running: break;
  }
  return "running";
}

/// What stands beside the bar, from everything to next to nothing.
std::vector<std::string> tails_of(follow_view const& v) {
  std::string const ran = v.elapsed ? "  " + model::for_people(*v.elapsed) : "";
  if (!v.left) return {v.elapsed ? ran : "  running", ""};
  std::string const share = fmt::format("  {:2} %", per_cent(v.left->progress));
  std::string const left = (v.overdue ? "  overdue, " : "  ") + left_text(*v.left);
  return {share + ran + left + range_text(*v.left), share + ran + left, share + left, share};
}

/// The name with its number whole, in so many columns as far as that goes.
std::string short_name(follow_view const& v, std::size_t columns) {
  std::string const whole = name_of(v);
  if (whole.size() <= columns) return whole;
  std::string const number = v.number == 0 ? "" : fmt::format(" #{}", v.number);
  std::size_t const rest = columns > number.size() + 2 ? columns - number.size() - 2 : 1;
  return cut(v.job.substr(0, rest) + ".." + number, columns);
}

std::string repeated(std::string_view what, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += what;
  return all;
}

/// Filled up to `progress`, in eighths of a column where the terminal can show them.
std::string filled_bar(double progress, std::size_t width, std::string_view colour, bar_style const& style) {
  constexpr std::array<std::string_view, 8> parts{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  double const exact = std::clamp(progress, 0.0, 1.0) * static_cast<double>(width);
  auto const whole = static_cast<std::size_t>(exact);
  auto const eighths = static_cast<std::size_t>((exact - std::floor(exact)) * 8);
  std::string_view const part = style.unicode && whole < width ? parts[eighths] : "";
  std::size_t const empty = width - whole - (part.empty() ? 0 : 1);
  std::string const full = repeated(style.unicode ? "█" : "#", whole) + std::string(part);
  return painted(full, colour, style.colour) + painted(repeated(style.unicode ? "░" : "-", empty), "90", style.colour);
}

/// A piece that goes to and fro: it runs, and nobody knows how long.
std::string roaming_bar(std::uint64_t beat, std::size_t width, bar_style const& style) {
  std::size_t const piece = width / 4 + 1, ways = width - piece;
  std::size_t const at = ways == 0 ? 0 : beat % (2 * ways);
  std::size_t const before = at <= ways ? at : 2 * ways - at;
  std::string_view const rest = style.unicode ? "░" : "-";
  return painted(repeated(rest, before), "90", style.colour) +
         painted(repeated(style.unicode ? "█" : "#", piece), "36", style.colour) +
         painted(repeated(rest, width - piece - before), "90", style.colour);
}

/// Of a running build: the first tail that leaves room for a bar, else the first that fits at all.
std::string running_line(follow_view const& v, std::uint64_t beat, bar_style const& style) {
  auto const tails = tails_of(v);
  std::size_t const name = name_of(v).size();
  for (std::string const& tail : tails) {
    if (name + 2 + least_bar + tail.size() > style.columns) continue;
    // In steps, so that the bar keeps its width while numbers grow and shrink.
    std::size_t const beside = (name + tail.size() + 7) / 8 * 8;
    std::size_t const room = style.columns - name - 2 - tail.size();
    std::size_t const steady = style.columns > beside + 2 + least_bar ? style.columns - beside - 2 : least_bar;
    std::size_t const width = std::min({room, steady, widest_bar});
    std::string const bar =
        v.left ? filled_bar(v.left->progress, width, v.overdue ? "33" : "32", style) : roaming_bar(beat, width, style);
    return fmt::format("{}  {}{}", name_of(v), bar, tail);
  }
  std::string const& tail = v.left ? tails.back() : tails.front();
  std::size_t const least_name = std::min<std::size_t>(style.columns, 8);
  if (tail.size() + least_name > style.columns) return short_name(v, style.columns);
  return short_name(v, style.columns - tail.size()) + painted(tail, v.overdue ? "33" : "32", style.colour);
}

}  // namespace

int per_cent(double progress) { return static_cast<int>(std::clamp(100 * progress, 0.0, 99.0)); }

std::string time_left(forecast::estimate const& e, bool with_range) {
  return with_range ? left_text(e) + range_text(e) : left_text(e);
}

std::string cut(std::string_view text, std::size_t columns) {
  std::string const clean = notify::clean_line(text);
  std::size_t used = 0;
  for (std::size_t i = 0; i < clean.size(); ++i) {
    auto const byte = static_cast<unsigned char>(clean[i]);
    bool const continues = (byte & 0xC0U) == 0x80U;
    if (!continues) used += byte < 0x80 ? 1 : 2;
    if (used > columns) return clean.substr(0, i);
  }
  return clean;
}

std::string painted(std::string_view text, std::string_view colour, bool paint) {
  if (!paint || text.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", colour, text);
}

std::string bar_line(follow_view const& v, std::uint64_t beat, bar_style const& style) {
  bool const troubled = !v.trouble.empty();
  if (v.stage == follow_stage::running && !troubled) return running_line(v, beat, style);
  std::string const name = short_name(v, style.columns);
  std::size_t const room = style.columns - std::min(style.columns, name.size() + 2);
  std::string const text = cut(troubled ? std::string_view(v.trouble) : state_of(v), room);
  return text.empty() ? name : name + "  " + painted(text, troubled ? "33" : "36", style.colour);
}

std::string plain_line(follow_view const& v) {
  std::string text = notify::clean_line(name_of(v)) + ": ";
  if (!v.trouble.empty()) return text + notify::clean_line(v.trouble);
  if (v.stage != follow_stage::running) return text + std::string(state_of(v));
  if (v.left) text += fmt::format("{} %, ", per_cent(v.left->progress));
  text += v.elapsed ? "running for " + model::for_people(*v.elapsed) : "running";
  if (v.overdue) text += ", overdue";
  return v.left ? text + ", " + left_text(*v.left) + range_text(*v.left) : text;
}

follow_view held_progress::of(follow_view v) {
  if (v.left) v.left->progress = furthest_ = std::max(furthest_, v.left->progress);
  return v;
}

std::optional<std::string> plain_lines::next(follow_view const& v, base::time_point now) {
  bool const troubled = !v.trouble.empty();
  int const tenths = v.left ? per_cent(v.left->progress) / 10 : 0;
  bool const changed = !any_ || v.stage != stage_ || troubled != troubled_;
  bool const further = v.stage == follow_stage::running && now - written_ >= 1min && (!v.left || tenths > tenths_);
  if (!changed && !further) return std::nullopt;
  any_ = true;
  stage_ = v.stage;
  troubled_ = troubled;
  tenths_ = tenths;
  written_ = now;
  return plain_line(v);
}

}  // namespace buildwatch::service
