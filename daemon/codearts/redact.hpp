// Takes secrets out of words of the other side.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace buildwatch::codearts {

/// Replaces by "***" each occurrence of a secret of 6 bytes or more, and each stretch of 12 bytes or more that also
/// stands in one of them: servers like to quote the beginning of a token. Shorter secrets would make a riddle of any
/// text, and protect nothing.
void redact(std::string& text, std::span<std::string_view const> secrets);

}  // namespace buildwatch::codearts
