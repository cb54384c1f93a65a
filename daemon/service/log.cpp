#include "buildwatch/service/log.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <nlohmann/json.hpp>

#include "buildwatch/sinks/sinks.hpp"
#include "service/journal.hpp"

namespace buildwatch::service {
namespace {

spdlog::level::level_enum level_of(base::log_level level) {
  switch (level) {
    case base::log_level::trace: return spdlog::level::trace;
    case base::log_level::debug: return spdlog::level::debug;
    case base::log_level::info: return spdlog::level::info;
    case base::log_level::warn: return spdlog::level::warn;
    case base::log_level::error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

/// The words of `log.level` and --log-level.
std::string_view name_of(base::log_level level) {
  switch (level) {
    case base::log_level::trace: return "trace";
    case base::log_level::debug: return "debug";
    case base::log_level::info: return "info";
    case base::log_level::warn: return "warn";
    case base::log_level::error: return "error";
  }
  return "info";
}

bool takes_bytes(int fd) {
  pollfd p{fd, POLLOUT, 0};
  return ::poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) != 0;
}

// Writes what the descriptor takes without waiting. A pipe that polls writable takes PIPE_BUF bytes at once (pipe(7)),
// so longer lines go piecewise. Returns how many bytes went out.
std::size_t write_now(int fd, std::string_view bytes) {
  constexpr std::size_t piece = 4096;
  std::size_t gone = 0;
  while (gone < bytes.size()) {
    if (!takes_bytes(fd)) break;
    auto const n = ::write(fd, bytes.data() + gone, std::min(bytes.size() - gone, piece));
    if (n < 0 && errno != EINTR) break;
    if (n > 0) gone += static_cast<std::size_t>(n);
  }
  return gone;
}

class descriptor_sink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  /// `lost_lines` words how many lines nobody read.
  descriptor_sink(int fd, std::function<std::string(std::uint64_t)> lost_lines)
      : fd_(fd), lost_lines_(std::move(lost_lines)) {}

 protected:
  void sink_it_(spdlog::details::log_msg const& msg) override {
    spdlog::memory_buf_t lines;
    if (dropped_ > 0) {
      std::string const words = lost_lines_(dropped_);
      formatter_->format({msg.time, {}, msg.logger_name, spdlog::level::warn, words}, lines);
    }
    formatter_->format(msg, lines);
    std::string out(lines.data(), lines.size());
    // After a line that broke off, a line break keeps the next one whole.
    if (broken_) out.insert(0, "\n");
    std::size_t const gone = write_now(fd_, out);
    if (gone > 0) broken_ = out[gone - 1] != '\n';
    if (gone == out.size()) {
      dropped_ = 0;
    } else {
      ++dropped_;
    }
  }
  void flush_() override {}

 private:
  int fd_;
  std::function<std::string(std::uint64_t)> lost_lines_;
  std::uint64_t dropped_ = 0;
  bool broken_ = false;
};

std::string one_line(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return out;
}

std::string json_line(base::log_event const& event, std::string const& time) {
  nlohmann::ordered_json line{
      {"time", time}, {"level", name_of(event.level)}, {"event", event.id}, {"message", event.text}};
  for (auto const& [name, value] : event.fields) line[std::string(name)] = value;
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// The level as a terminal shows it.
std::string_view colour_of(base::log_level level) {
  switch (level) {
    case base::log_level::error: return "\x1b[31m";
    case base::log_level::warn: return "\x1b[33m";
    case base::log_level::info: return "\x1b[32m";
    case base::log_level::debug:
    case base::log_level::trace: break;
  }
  return "\x1b[2m";
}

class spdlog_log final : public adjustable_log {
 public:
  spdlog_log(config::log_options const& options, int fd)
      : journal_(goes_to_journal(fd)),
        terminal_(::isatty(fd) == 1),
        colours_(terminal_ && sinks::colours_welcome()),
        logger_("buildwatchd", std::make_shared<descriptor_sink>(fd, [this](std::uint64_t n) { return lost(n); })) {
    spdlog_log::adjust(options);
  }
  spdlog_log(spdlog_log const&) = delete;  // the sink knows its address
  spdlog_log& operator=(spdlog_log const&) = delete;

  void adjust(config::log_options const& options) override {
    style_ = options.format;
    logger_.set_level(level_of(options.level));
    bool const glanced_at = terminal_ && style_ == style::automatic;
    logger_.set_pattern(style_ == style::json ? "%v" : glanced_at ? "%H:%M:%S %v" : "%Y-%m-%dT%H:%M:%S.%e%z %v");
  }

  [[nodiscard]] bool wants(base::log_level level) const override { return logger_.should_log(level_of(level)); }

  void write(base::log_event const& event) override {
    auto const level = level_of(event.level);
    if (!logger_.should_log(level)) return;
    if (journal_ && style_ == style::automatic) {
      return write_to_journal({event.level, event.id, one_line(event.text), event.fields});
    }
    logger_.log(level, spdlog::string_view_t(words(event)));
  }

 private:
  using style = config::log_options::style;

  [[nodiscard]] std::string words(base::log_event const& event) const {
    if (style_ != style::json) {
      bool const coloured = colours_ && style_ == style::automatic;
      return fmt::format("{}{:<5}{} {}", coloured ? colour_of(event.level) : "", name_of(event.level),
                         coloured ? "\x1b[0m" : "", one_line(event.text));
    }
    auto const now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    return json_line(event, model::to_rfc3339(now));
  }
  [[nodiscard]] std::string lost(std::uint64_t lines) const {
    std::string text = fmt::format("{} log lines were dropped: nobody read them", lines);
    return words({base::log_level::warn, "log.dropped", std::move(text), {{"lines", fmt::to_string(lines)}}});
  }

  bool journal_;
  bool terminal_;
  bool colours_;
  style style_ = style::automatic;
  spdlog::logger logger_;
};

}  // namespace

std::unique_ptr<adjustable_log> make_log(config::log_options const& options, int fd) {
  return std::make_unique<spdlog_log>(options, fd);
}

}  // namespace buildwatch::service
