// Addresses of pages in answers, made fit to be shown.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace buildwatch::codearts {

/// `text` without the name and password in it, if any. Empty where it is no http or https URL, is longer than `longest`
/// bytes (half a link leads nowhere), or may hold a password in a way that makes it no proper URL.
[[nodiscard]] std::string web_url(std::string_view text, std::size_t longest);

}  // namespace buildwatch::codearts
