// Whatever hangs ends at the deadline, or when the client is closed.
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>

#include "harness.hpp"

namespace buildwatch::net::testing {
namespace {

/// Takes no connection: its backlog is full, so that connecting neither succeeds nor fails.
class deaf_port {
 public:
  explicit deaf_port(char const* address = "127.0.0.1", unsigned short port = 0) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    ::inet_pton(AF_INET, address, &where.sin_addr);
    socklen_t size = sizeof where;
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&where), size);
    ::listen(listener_, 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&where), &size);
    port_ = ntohs(where.sin_port);
    for (int& filler : fillers_) {
      filler = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      ::connect(filler, reinterpret_cast<sockaddr*>(&where), size);
    }
  }
  ~deaf_port() {
    for (int const filler : fillers_) ::close(filler);
    ::close(listener_);
  }
  deaf_port(deaf_port const&) = delete;
  deaf_port& operator=(deaf_port const&) = delete;
  [[nodiscard]] unsigned short port() const { return port_; }

 private:
  int listener_ = -1;
  unsigned short port_ = 0;
  int fillers_[4] = {-1, -1, -1, -1};
};

TEST(Deadlines, AHangingServer) {
  server with([](peer& c) {
    c.read_request();
    c.linger();
  });
  harness h;
  h.use(at(with.port()));
  auto const got = h.send(method::get, 150ms);
  ASSERT_TRUE(got->failed);
  EXPECT_EQ(got->failed->code, errc::timed_out);
  EXPECT_EQ(timeless(text_of(got)), "no answer within T from 127.0.0.1:" + std::to_string(with.port()));
  EXPECT_EQ(h.made->statistics().open, 0U);
  EXPECT_EQ(h.alarms.size(), 0U);
}

TEST(Deadlines, ASlowDripDoesNotMoveIt) {
  server with([](peer& c) {
    c.read_request();
    c.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    while (c.send("x")) std::this_thread::sleep_for(10ms);
  });
  harness h;
  h.use(at(with.port()));
  auto const got = h.send(method::get, 200ms);
  ASSERT_TRUE(got->failed);
  EXPECT_EQ(got->failed->code, errc::timed_out);
  EXPECT_EQ(timeless(text_of(got)), "no complete answer within T from 127.0.0.1:" + std::to_string(with.port()));
}

TEST(Deadlines, AServerThatReadsNothing) {
  server with([](peer&) { std::this_thread::sleep_for(400ms); });
  harness h;
  h.use(at(with.port()));
  std::string const body(20 * 1024 * 1024, 'x');
  auto const got = h.send(method::post, 150ms, body);
  ASSERT_TRUE(got->failed);
  EXPECT_EQ(got->failed->code, errc::timed_out);
}

TEST(Deadlines, AHandshakeThatDoesNotCome) {
  server with([](peer& c) { c.linger(); });
  harness h;
  h.use(at(with.port(), "https"));
  auto const got = h.send(method::get, 150ms);
  ASSERT_TRUE(got->failed);
  EXPECT_EQ(got->failed->code, errc::no_connection);
  EXPECT_EQ(timeless(text_of(got)), "TLS with 127.0.0.1:" + std::to_string(with.port()) + ": no answer within T");
}

TEST(Deadlines, AnAddressThatDoesNotAnswerLeavesTimeForTheNext) {
  server with(serve, "127.0.0.2");
  deaf_port const deaf("127.0.0.3", with.port());
  harness h;
  h.name("two.example", {"127.0.0.3", "127.0.0.2"});
  h.use(at(with.port(), "http", "two.example"));
  auto const got = h.send(method::get, 1s);
  ASSERT_FALSE(got->failed) << text_of(got);
  EXPECT_EQ(got->answer.body, "hello");
}

TEST(Deadlines, NoAddressAnswers) {
  deaf_port const deaf;
  harness h;
  h.name("one.example", {"127.0.0.1"});
  h.use(at(deaf.port(), "http", "one.example"));
  auto const got = h.send(method::get, 150ms);
  ASSERT_TRUE(got->failed);
  EXPECT_EQ(got->failed->code, errc::no_connection);
  EXPECT_EQ(timeless(text_of(got)),
            "connect to one.example:" + std::to_string(deaf.port()) + ": no answer within T (127.0.0.1)");
}

TEST(Deadlines, OnePassedAlreadyFailsAtOnce) {
  server with(serve);
  harness h;
  h.use(at(with.port()));
  auto const got = h.send(method::get, -1s);
  ASSERT_TRUE(got->failed);
}

TEST(Close, EndsWhatIsUnderWay) {
  deaf_port const deaf;
  server hanging([](peer& c) {
    c.read_request();
    c.linger();
  });
  for (auto const& address : {at(hanging.port()), at(hanging.port(), "https"), at(deaf.port())}) {
    harness h;
    h.use(address, {}, "", 1);
    auto const first = h.begin();
    auto const waiting = h.begin();
    h.rest(50ms);
    EXPECT_FALSE(first->done);
    h.made->close();
    h.turn();
    for (auto const& ended : {first, waiting}) {
      ASSERT_TRUE(ended->done && ended->failed) << address;
      EXPECT_EQ(ended->failed->code, errc::stopped) << address << text_of(ended);
    }
    auto const late = h.send();
    EXPECT_EQ(late->failed->code, errc::stopped);
    EXPECT_EQ(h.made->statistics().open, 0U);
    EXPECT_EQ(h.alarms.size(), 0U);
  }
}

TEST(Close, EndsALookupThatHangs) {
  harness h;
  std::atomic<bool> release{false};
  h.names.emplace(h.loop.get_executor(), h.alarms, [&](std::string const&) -> base::result<resolver::addresses> {
    release.wait(false);
    return base::error{"too late"};
  });
  h.use("http://hangs.example:1");
  auto const got = h.begin();
  h.turn();
  EXPECT_FALSE(got->done);
  h.made->close();
  h.turn();
  ASSERT_TRUE(got->done && got->failed);
  EXPECT_EQ(got->failed->code, errc::stopped);
  h.names->close();
  release = true;
  release.notify_all();
  std::this_thread::sleep_for(50ms);  // the look-up's thread still holds a reference to `release`
}

}  // namespace
}  // namespace buildwatch::net::testing
