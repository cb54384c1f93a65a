// Answers as servers send them, well and badly, in whatever pieces.
#include "net/answer_parser.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace buildwatch::net {
namespace {

/// Presents `bytes` in pieces of `piece`, as a connection does: what is not taken comes again with what follows.
struct reading {
  explicit reading(std::string_view bytes, std::size_t piece = 1 << 20, bool then_end = false, bool head_only = false) {
    parser.begin(answer, head_only);
    std::string pending;
    for (std::size_t at = 0; at < bytes.size() && seen == verdict::more; at += piece) {
      pending += bytes.substr(at, piece);
      std::size_t used = 0;
      seen = parser.feed(pending, used);
      pending.erase(0, used);
    }
    rest = pending;
    if (seen == verdict::more && then_end) seen = parser.end();
  }
  answer_parser parser;
  response answer;
  verdict seen = verdict::more;
  std::string rest;
};

std::vector<std::size_t> all_pieces(std::string_view bytes) {
  std::vector<std::size_t> sizes;
  for (std::size_t size = 1; size <= bytes.size(); ++size) sizes.push_back(size);
  return sizes;
}

TEST(AnswerParser, WithLengthInAnyPieces) {
  std::string_view const bytes =
      "HTTP/1.1 200 OK\r\nContent-Length: 11\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After:  7 \r\n"
      "X-Subject-TOKEN: abc\r\nX-Other: 1\r\n\r\nhello world";
  for (auto const piece : all_pieces(bytes)) {
    reading const read(bytes, piece);
    ASSERT_EQ(read.seen, verdict::complete) << piece;
    EXPECT_EQ(read.answer.status, 200U);
    EXPECT_EQ(read.answer.body, "hello world");
    EXPECT_EQ(read.answer.date, "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(read.answer.retry_after, "7");
    EXPECT_EQ(read.answer.subject_token, "abc");
    EXPECT_TRUE(read.parser.keep_alive());
    EXPECT_EQ(read.rest, "");
  }
}

TEST(AnswerParser, ChunkedInAnyPieces) {
  for (std::string_view const bytes :
       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\nRetry-After: "
        "9\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n00B\r\nhello world\r\n0\r\n\r\n"}) {
    for (auto const piece : all_pieces(bytes)) {
      reading const read(bytes, piece);
      ASSERT_EQ(read.seen, verdict::complete) << piece;
      EXPECT_EQ(read.answer.body, "hello world");
      EXPECT_EQ(read.answer.retry_after, "") << "a trailer is no header";
      EXPECT_TRUE(read.parser.keep_alive());
    }
  }
}

TEST(AnswerParser, EmptyChunkedBodyInAnyPieces) {
  std::string_view const bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  for (auto const piece : all_pieces(bytes)) EXPECT_EQ(reading(bytes, piece).seen, verdict::complete) << piece;
}

TEST(AnswerParser, BodyThatEndsWithTheConnection) {
  std::string_view const bytes = "HTTP/1.1 200 OK\r\n\r\nhello";
  for (auto const piece : all_pieces(bytes)) {
    EXPECT_EQ(reading(bytes, piece).seen, verdict::more);
    reading const read(bytes, piece, true);
    ASSERT_EQ(read.seen, verdict::complete);
    EXPECT_EQ(read.answer.body, "hello");
    EXPECT_FALSE(read.parser.keep_alive());
  }
}

TEST(AnswerParser, CutShortAnywhere) {
  for (std::string_view const bytes :
       {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"}) {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_EQ(reading(bytes.substr(0, size), 3, true).seen, verdict::cut) << size;
    }
  }
}

TEST(AnswerParser, WithoutBody) {
  EXPECT_EQ(reading("HTTP/1.1 204 No Content\r\n\r\n").seen, verdict::complete);
  EXPECT_EQ(reading("HTTP/1.1 304 Not Modified\r\nContent-Length: 12\r\n\r\n").seen, verdict::complete);
  EXPECT_EQ(reading("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").seen, verdict::complete);
  reading const tunnel("HTTP/1.1 200 Connection established\r\n\r\n", 7, false, true);
  EXPECT_EQ(tunnel.seen, verdict::complete);
}

TEST(AnswerParser, InterimAnswersAreSkipped) {
  std::string_view const bytes =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nDate: no\r\nLink: </x>\r\n\r\n"
      "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok";
  for (auto const piece : all_pieces(bytes)) {
    reading const read(bytes, piece);
    ASSERT_EQ(read.seen, verdict::complete) << piece;
    EXPECT_EQ(read.answer.status, 201U);
    EXPECT_EQ(read.answer.body, "ok");
    EXPECT_EQ(read.answer.date, "");
  }
}

TEST(AnswerParser, EndlessInterimAnswersAreTooLarge) {
  std::string bytes;
  for (int i = 0; i < 5000; ++i) bytes += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(reading(bytes, 1000).seen, verdict::too_large);
}

TEST(AnswerParser, UninvitedSwitchOfProtocolsIsBad) {
  reading const read("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n");
  EXPECT_EQ(read.seen, verdict::bad);
  EXPECT_NE(read.parser.fault().find("101"), std::string::npos);
}

TEST(AnswerParser, KeepAlive) {
  EXPECT_FALSE(reading("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").parser.keep_alive());
  EXPECT_FALSE(reading("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").parser.keep_alive());
  EXPECT_TRUE(reading("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n").parser.keep_alive());
}

TEST(AnswerParser, LeavesWhatFollows) {
  reading const read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n");
  EXPECT_EQ(read.seen, verdict::complete);
  EXPECT_EQ(read.rest, "HTTP/1.1 200 OK\r\n");
}

TEST(AnswerParser, GarbageIsBad) {
  for (std::string_view const bytes : {
           "\x15\x03\x01\x01\x02\x02\x46 some alert of TLS\r\n\r\n",
           "SSH-2.0-OpenSSH_9.2\r\n\r\n",
           "<html>no HTTP</html>\r\n\r\n",
           "HTTP/2 200\r\n\r\n",
           "HTTP/1.1 20x OK\r\n\r\n",
           "HTTP/1.1 200 OK\nContent-Length: 2\n\nok\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
           "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyzzy\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokay\r\n0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nbad name: 1\r\n\r\n",
           "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
       }) {
    for (std::size_t const piece : {std::size_t{1}, std::size_t{7}, std::size_t{4096}}) {
      reading const read(bytes, piece);
      EXPECT_EQ(read.seen, verdict::bad) << bytes << " in pieces of " << piece;
      EXPECT_FALSE(read.parser.fault().empty());
    }
  }
}

TEST(AnswerParser, HeadOver64KiB) {
  std::string const line = "X-Filler: " + std::string(1000, 'x') + "\r\n";
  std::string head = "HTTP/1.1 200 OK\r\n";
  while (head.size() < 60 * 1024) head += line;
  EXPECT_EQ(reading(head + "Content-Length: 0\r\n\r\n", 900).seen, verdict::complete);
  while (head.size() < 80 * 1024) head += line;
  for (std::size_t const piece : {std::size_t{900}, std::size_t{16384}, std::size_t{1} << 20}) {
    reading const read(head + "Content-Length: 0\r\n\r\n", piece);
    EXPECT_EQ(read.seen, verdict::too_large) << piece;
    EXPECT_EQ(read.parser.fault(), "head over 64 KiB");
  }
  EXPECT_EQ(reading("HTTP/1.1 200 " + std::string(80'000, 'x'), 16384).seen, verdict::too_large);
}

TEST(AnswerParser, LongFieldsAreLeftOut) {
  std::string const fields =
      "Retry-After: " + std::string(9000, '1') + "\r\nX-Subject-Token: " + std::string(20'000, 't') + "\r\n";
  reading const read("HTTP/1.1 200 OK\r\n" + fields + "Content-Length: 0\r\n\r\n", 4096);
  ASSERT_EQ(read.seen, verdict::complete);
  EXPECT_EQ(read.answer.retry_after, "");
  EXPECT_EQ(read.answer.subject_token.size(), 20'000U);
}

TEST(AnswerParser, BodyOver1MiB) {
  std::string const exact(body_limit, 'x');
  EXPECT_EQ(reading("HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n" + exact, 16384).seen, verdict::complete);
  EXPECT_EQ(reading("HTTP/1.1 200 OK\r\n\r\n" + exact, 16384, true).seen, verdict::complete);

  reading const announced("HTTP/1.1 200 OK\r\nContent-Length: 52428800\r\n\r\n");
  EXPECT_EQ(announced.seen, verdict::too_large) << "at once, with no byte of the body";
  EXPECT_EQ(announced.parser.fault(), "body over 1 MiB");
  EXPECT_LT(announced.answer.body.capacity(), 1024U);
  EXPECT_EQ(reading("HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n").seen, verdict::too_large);
  EXPECT_EQ(reading("HTTP/1.1 200 OK\r\n\r\n" + exact + "y", 16384).seen, verdict::too_large);
  EXPECT_EQ(reading("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n").seen, verdict::too_large);
  EXPECT_EQ(reading("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n").seen,
            verdict::too_large);
  EXPECT_EQ(
      reading("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n" + exact + "\r\n1\r\ny\r\n0\r\n\r\n",
              16384)
          .seen,
      verdict::too_large);
}

TEST(AnswerParser, IsUsedAgain) {
  answer_parser parser;
  response answer;
  for (int i = 0; i < 3; ++i) {
    answer.clear();
    parser.begin(answer);
    EXPECT_FALSE(parser.started());
    std::size_t used = 0;
    EXPECT_EQ(parser.feed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", used), verdict::complete);
    EXPECT_TRUE(parser.started());
    EXPECT_EQ(answer.body, "ok");
  }
}

}  // namespace
}  // namespace buildwatch::net
