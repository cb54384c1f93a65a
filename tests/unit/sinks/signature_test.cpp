// Signing, against values computed elsewhere.
#include <gtest/gtest.h>

#include "buildwatch/sinks/sinks.hpp"

namespace buildwatch::sinks {
namespace {

base::secret key(std::initializer_list<int> bytes) {
  std::string text;
  for (int b : bytes) text += static_cast<char>(b);
  return base::secret(text);
}

// "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", the key of the reference vector of Standard Webhooks, decoded.
base::secret reference_key() {
  return key({0x31, 0xf2, 0x90, 0xf6, 0xbf, 0x06, 0x29, 0x8a, 0xab, 0x4f, 0x08, 0xd4,
              0x3c, 0x3f, 0x08, 0x2c, 0xf6, 0x48, 0xa3, 0x62, 0xda, 0x2d, 0xa4, 0xb0});
}

constexpr auto id = "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp = "1614265330", body = R"({"test": 2432232314})";

TEST(webhook_signature, is_that_of_the_reference_vector) {
  EXPECT_EQ(webhook_signature({reference_key()}, id, timestamp, body),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(webhook_signature, signs_with_each_key_for_rotation) {
  // The second value: Python's hmac and base64 over a key of 32 zero bytes.
  EXPECT_EQ(webhook_signature({reference_key(), base::secret(std::string(32, '\0'))}, id, timestamp, body),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= "
            "v1,woH/1mJtZGSMCmpFTxRYbStS24eLLD/oXIYr4PYyZ7g=");
}

TEST(webhook_signature, without_a_key_is_none) { EXPECT_EQ(webhook_signature({}, id, timestamp, body), ""); }

}  // namespace
}  // namespace buildwatch::sinks
