#include "service/journal.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#define SD_JOURNAL_SUPPRESS_LOCATION  // entries are told apart by MESSAGE_ID, not by paths of the machine that built us
#include <systemd/sd-journal.h>

#include <algorithm>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid.hpp>
#include <cctype>
#include <cstdlib>
#include <vector>

namespace buildwatch::service {
namespace {

// The namespace of our message ids (RFC 4122, section 4.3). Never changes: administrators' filters rely on the ids.
constexpr boost::uuids::uuid id_space{
    {0x5b, 0x0c, 0x7d, 0x1e, 0x94, 0x2a, 0x4f, 0x63, 0xb8, 0x1d, 0x2e, 0x6f, 0x0a, 0x93, 0x4c, 0x57}};

int priority_of(base::log_level level) {
  switch (level) {
    case base::log_level::trace:
    case base::log_level::debug: return LOG_DEBUG;
    case base::log_level::info: return LOG_INFO;
    case base::log_level::warn: return LOG_WARNING;
    case base::log_level::error: return LOG_ERR;
  }
  return LOG_INFO;
}

std::string field_name(std::string_view name) {
  std::string out = "BUILDWATCH_";
  for (char const c : name) out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

}  // namespace

bool goes_to_journal(int fd) {
  char const* const stream = std::getenv("JOURNAL_STREAM");
  struct stat what {};
  if (stream == nullptr || ::fstat(fd, &what) != 0) return false;
  return fmt::format("{}:{}", what.st_dev, what.st_ino) == stream;
}

std::string message_id(std::string_view event_id) {
  boost::uuids::name_generator_sha1 generator(id_space);
  boost::uuids::uuid const id = generator(event_id.data(), event_id.size());
  return fmt::format("{:02x}", fmt::join(id.begin(), id.end(), ""));
}

void write_to_journal(base::log_event const& event) {
  std::vector<std::string> fields{"MESSAGE=" + event.text, fmt::format("PRIORITY={}", priority_of(event.level)),
                                  "MESSAGE_ID=" + message_id(event.id), "SYSLOG_IDENTIFIER=buildwatchd",
                                  fmt::format("BUILDWATCH_EVENT={}", event.id)};
  for (auto const& [name, value] : event.fields) fields.push_back(field_name(name) + "=" + value);
  std::vector<iovec> entry;
  entry.reserve(fields.size());
  for (std::string& f : fields) entry.push_back({f.data(), f.size()});
  static_cast<void>(::sd_journal_sendv(entry.data(), static_cast<int>(entry.size())));
}

}  // namespace buildwatch::service
