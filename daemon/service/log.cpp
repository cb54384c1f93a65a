#include "buildwatch/service/log.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

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

bool takes_bytes(int fd) {
  pollfd p{fd, POLLOUT, 0};
  return ::poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) != 0;
}

// Writes what the descriptor takes without waiting. A pipe that polls writable takes PIPE_BUF bytes at once (pipe(7)),
// so longer lines go piecewise. False: not all of it went out.
bool write_now(int fd, std::string_view bytes) {
  constexpr std::size_t piece = 4096;
  while (!bytes.empty()) {
    if (!takes_bytes(fd)) return false;
    auto const n = ::write(fd, bytes.data(), std::min(bytes.size(), piece));
    if (n < 0 && errno != EINTR) return false;
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

class descriptor_sink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit descriptor_sink(int fd) : fd_(fd) {}

 protected:
  void sink_it_(spdlog::details::log_msg const& msg) override {
    spdlog::memory_buf_t line;
    formatter_->format(msg, line);
    std::string out;
    // After a line that broke off, a line break keeps the next one whole.
    if (dropped_ > 0) out = fmt::format("\n[{} log lines were dropped: nobody read them]\n", dropped_);
    out.append(line.data(), line.size());
    if (write_now(fd_, out)) {
      dropped_ = 0;
    } else {
      ++dropped_;
    }
  }
  void flush_() override {}

 private:
  int fd_;
  std::uint64_t dropped_ = 0;
};

std::string one_line(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return out;
}

std::string json_line(base::log_event const& event, std::string_view level, std::string const& time) {
  nlohmann::ordered_json line{{"time", time}, {"level", level}, {"event", event.id}, {"message", event.text}};
  for (auto const& [name, value] : event.fields) line[std::string(name)] = value;
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

class spdlog_log final : public base::log {
 public:
  spdlog_log(config::log_options const& options, int fd)
      : json_(options.format == config::log_options::style::json),
        logger_("buildwatchd", std::make_shared<descriptor_sink>(fd)) {
    logger_.set_level(level_of(options.level));
    logger_.set_pattern(json_ ? "%v" : "%Y-%m-%dT%H:%M:%S.%e%z %-5l %v");
  }

  [[nodiscard]] bool wants(base::log_level level) const override { return logger_.should_log(level_of(level)); }

  void write(base::log_event const& event) override {
    auto const level = level_of(event.level);
    if (!logger_.should_log(level)) return;
    if (json_) {
      auto const name = spdlog::level::to_string_view(level);
      auto const now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
      logger_.log(level, spdlog::string_view_t(json_line(event, {name.data(), name.size()}, model::to_rfc3339(now))));
    } else {
      logger_.log(level, spdlog::string_view_t(one_line(event.text)));
    }
  }

 private:
  bool json_;
  spdlog::logger logger_;
};

}  // namespace

std::unique_ptr<base::log> make_log(config::log_options const& options, int fd) {
  return std::make_unique<spdlog_log>(options, fd);
}

}  // namespace buildwatch::service
