// What servers answer, well and badly, over plain connections.
#include "harness.hpp"

namespace buildwatch::net::testing {
namespace {

TEST(Answers, RequestIsWrittenAsPromised) {
  server with([](peer& c) {
    std::string const request = c.read_request();
    c.answer(request, "200 OK", "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: 3\r\nX-Subject-Token: tok\r\n");
  });
  harness h;
  h.use(at(with.port()));
  auto const got = h.send();
  ASSERT_FALSE(got->failed) << text_of(got);
  EXPECT_EQ(got->answer.status, 200U);
  EXPECT_EQ(got->answer.body, "GET /path?query=1 HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(with.port()) +
                                  "\r\nAccept: application/json\r\n\r\n");
  EXPECT_EQ(got->answer.date, "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(got->answer.retry_after, "3");
  EXPECT_EQ(got->answer.subject_token, "tok");
  EXPECT_EQ(h.alarms.size(), 1U) << "nothing but the look for idle connections";
}

TEST(Answers, PostAndPutSendALengthEvenOfNothing) {
  server with([](peer& c) {
    for (std::string request = c.read_request(); !request.empty(); request = c.read_request()) c.answer(request);
  });
  harness h;
  h.use(at(with.port()));
  EXPECT_NE(h.send(method::post, 10s, "{}")->answer.body.find("\r\nContent-Length: 2\r\n\r\n{}"), std::string::npos);
  EXPECT_NE(h.send(method::post)->answer.body.find("\r\nContent-Length: 0\r\n\r\n"), std::string::npos);
  EXPECT_EQ(h.send(method::put)->answer.body.find("PUT /path"), 0U);
  EXPECT_EQ(with.connections(), 1U);
}

TEST(Answers, AnyStatusIsAnAnswer) {
  server with([](peer& c) {
    for (auto const* status : {"404 Not Found", "500 Oops", "302 Found", "204 No Content"}) {
      c.read_request();
      c.answer("", status, "Location: http://elsewhere.example/\r\n");
    }
  });
  harness h;
  h.use(at(with.port()));
  for (unsigned const status : {404U, 500U, 302U, 204U}) EXPECT_EQ(h.send()->answer.status, status);
  EXPECT_EQ(with.connections(), 1U);
}

TEST(Answers, LargeBodiesGoBothWays) {
  server with([](peer& c) {
    for (std::string request = c.read_request(); !request.empty(); request = c.read_request()) {
      c.answer(std::string_view(request).substr(request.find("\r\n\r\n") + 4));
    }
  });
  harness h;
  h.use(at(with.port()));
  std::string const body(1024 * 1024, 'b');
  auto const got = h.send(method::post, 30s, body);
  ASSERT_FALSE(got->failed) << text_of(got);
  EXPECT_EQ(got->answer.body, body);
  EXPECT_EQ(h.send(method::post, 30s, "x")->answer.body, "x");
}

TEST(Answers, BodyOf50MiBIsRefusedWithoutReadingIt) {
  std::atomic<std::size_t> sent{0};
  server with([&](peer& c) {
    c.read_request();
    c.send("HTTP/1.1 200 OK\r\n" + std::string(c.number() == 0 ? "Content-Length: 52428800\r\n\r\n" : "\r\n"));
    std::string const piece(64 * 1024, 'x');
    for (int i = 0; i < 800 && c.send(piece); ++i) sent += piece.size();
  });
  harness h;
  h.use(at(with.port()));
  for (int i = 0; i < 2; ++i) {
    auto const got = h.send();
    ASSERT_TRUE(got->failed);
    EXPECT_EQ(got->failed->code, errc::too_large);
    EXPECT_EQ(text_of(got), "answer of 127.0.0.1:" + std::to_string(with.port()) + ": body over 1 MiB");
    EXPECT_LE(got->answer.body.capacity(), 2U * 1024 * 1024);
    EXPECT_EQ(h.made->statistics().open, 0U);
  }
}

TEST(Answers, GarbageIsNoHttp) {
  server with([](peer& c) {
    c.read_request();
    c.send("220 mail.example ESMTP ready\r\n\r\n");
    c.linger();
  });
  harness h;
  h.use(at(with.port()));
  auto const got = h.send();
  ASSERT_TRUE(got->failed);
  EXPECT_EQ(got->failed->code, errc::broken);
  EXPECT_EQ(text_of(got).find("answer of 127.0.0.1:" + std::to_string(with.port()) + " is no HTTP: "), 0U)
      << text_of(got);
}

TEST(Answers, EndlessTrailersAreTooLarge) {
  server with([](peer& c) {
    c.read_request();
    c.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n");
    while (c.send("X-Trailer: 0123456789012345678901234567890123456789\r\n")) {
    }
  });
  harness h;
  h.use(at(with.port()));
  auto const got = h.send();
  ASSERT_TRUE(got->failed);
  EXPECT_EQ(got->failed->code, errc::too_large) << text_of(got);
}

TEST(Answers, CutInMidAnswer) {
  server with([](peer& c) {
    c.read_request();
    c.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    if (c.number() == 1) c.reset();
  });
  harness h;
  h.use(at(with.port()));
  std::string const where = "127.0.0.1:" + std::to_string(with.port());
  auto const closed = h.send();
  ASSERT_TRUE(closed->failed);
  EXPECT_EQ(closed->failed->code, errc::broken);
  EXPECT_EQ(text_of(closed), where + " closed the connection in mid-answer");
  auto const reset = h.send();
  ASSERT_TRUE(reset->failed);
  EXPECT_EQ(reset->failed->code, errc::broken);
  // The kernel may throw away what came before a reset, so the words differ.
  EXPECT_EQ(text_of(reset).find("connection to " + where + " lost "), 0U) << text_of(reset);
}

TEST(Answers, BodyWithoutLengthEndsWithTheConnection) {
  server with([](peer& c) {
    c.read_request();
    c.send("HTTP/1.1 200 OK\r\n\r\nall of it");
  });
  harness h;
  h.use(at(with.port()));
  auto const got = h.send();
  ASSERT_FALSE(got->failed) << text_of(got);
  EXPECT_EQ(got->answer.body, "all of it");
  EXPECT_EQ(h.made->statistics().open, 0U);
}

TEST(Answers, AnswerBeforeTheWholeRequestWasRead) {
  server with([](peer& c) {
    c.send("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    c.linger();
  });
  harness h;
  h.use(at(with.port()));
  auto const got = h.send(method::post, 10s, std::string(512 * 1024, 'x'));
  ASSERT_FALSE(got->failed) << text_of(got);
  EXPECT_EQ(got->answer.status, 413U);
}

}  // namespace
}  // namespace buildwatch::net::testing
