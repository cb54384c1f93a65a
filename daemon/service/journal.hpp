// systemd's journal as a place for log events: entries with fields.
#pragma once

#include <string>
#include <string_view>

#include "buildwatch/base/log.hpp"

namespace buildwatch::service {

/// Whether what is written to `fd` ends up in the journal: $JOURNAL_STREAM names the device and inode of its stream
/// (systemd.exec(5), section "Environment Variables Set or Propagated by the Service Manager").
[[nodiscard]] bool goes_to_journal(int fd);

/// 32 hexadecimal digits that stand for a kind of log event, for ever: a name-based UUID (RFC 4122, section 4.3) of its
/// id. systemd/buildwatch.catalog explains each.
[[nodiscard]] std::string message_id(std::string_view event_id);

/// One entry: MESSAGE, PRIORITY (syslog(3)), MESSAGE_ID, and each field as BUILDWATCH_NAME (sd_journal_sendv(3),
/// systemd.journal-fields(7)). A journal that takes nothing loses it.
void write_to_journal(base::log_event const& event);

}  // namespace buildwatch::service
