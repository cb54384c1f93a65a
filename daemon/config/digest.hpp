// A mark of bytes by which a change shows: FNV-1a, 64 bits. No protection against whoever wants two to be alike.
#pragma once

#include <cstdint>
#include <string_view>

namespace buildwatch::config {

class digest {
 public:
  /// The length goes first, so that "ab", "c" and "a", "bc" differ.
  void add(std::string_view bytes) {
    std::uint64_t length = bytes.size();
    for (int i = 0; i < 8; ++i, length >>= 8U) fold(static_cast<unsigned char>(length));
    for (char const c : bytes) fold(static_cast<unsigned char>(c));
  }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  void fold(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3U; }

  std::uint64_t value_ = 0xcbf29ce484222325U;
};

}  // namespace buildwatch::config
