// Receipts as `history --events` and `outbox` show them, and how a store that exists is opened for them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "buildwatch/base/result.hpp"
#include "buildwatch/store/reader.hpp"
#include "store/connection.hpp"

namespace buildwatch::store {

/// Of deliveries, with what is known of their sinks and events; a WHERE may follow.
inline constexpr std::string_view receipt_select =
    "SELECT number, id, refused, sink, rule, standing, added, due, deliveries.at, tries, answer, why, "
    "coalesce(paused, 0) FROM deliveries JOIN events ON sequence = event LEFT JOIN sinks ON name = sink";
[[nodiscard]] receipt read_receipt(query& q);
/// The same for receipts that stand alone, and say what they are about.
[[nodiscard]] std::string const& lone_receipt_select();
[[nodiscard]] receipt read_lone_receipt(query& q);

/// A connection to a store of today's schema, made by `connect`. Fails where it is another's, newer, older or damaged.
/// nullopt: nothing is in it yet, a daemon is just making it.
[[nodiscard]] base::result<std::optional<connection>> open_existing(std::string const& path,
                                                                    connection (*connect)(std::string));

}  // namespace buildwatch::store
