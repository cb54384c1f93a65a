// Through an HTTP CONNECT proxy.
#include "harness.hpp"

namespace buildwatch::net::testing {
namespace {

/// An authority, and one certificate of it.
struct house {
  identity root = make_identity({.subject = "Test Root", .authority = true});
  identity leaf = make_identity({.subject = "api", .alternative_names = "DNS:api.example"}, &root);
  folder files;
  tls_options trusting{.ca_file = files.write_certificate("ca.pem", root), .cert_file = {}, .key_file = {}};
};

TEST(Proxy, TunnelsTlsToANameItNeverLooksUp) {
  house of;
  std::string connect;
  server proxy([&](peer& c) {
    connect = c.read_request();
    c.send("HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n");
    if (c.accept_tls(of.leaf)) serve(c);
  });
  harness h;
  h.name("proxy.example", {"127.0.0.1"});
  h.use("https://api.example:8443/", of.trusting, at(proxy.port(), "http", "me:p%3ass@proxy.example"));
  auto const got = h.send();
  ASSERT_FALSE(got->failed) << text_of(got);
  EXPECT_EQ(got->answer.body, "hello");
  EXPECT_EQ(
      connect,
      "CONNECT api.example:8443 HTTP/1.1\r\nHost: api.example:8443\r\nProxy-Authorization: Basic bWU6cDpzcw==\r\n\r\n");
  EXPECT_EQ(h.send()->answer.body, "hello");
  EXPECT_EQ(proxy.connections(), 1U);
}

TEST(Proxy, VerifiesTheTargetThroughTheTunnel) {
  house of;
  server proxy([&](peer& c) {
    c.read_request();
    c.send("HTTP/1.0 200 OK\r\n\r\n");
    c.accept_tls(of.leaf);
  });
  harness h;
  h.use("https://other.example/", of.trusting, at(proxy.port()));
  EXPECT_EQ(text_of(h.send()), "TLS with other.example:443: the certificate is for api.example, not for other.example");
}

TEST(Proxy, SaysWhatItAnswered) {
  server proxy([](peer& c) {
    c.read_request();
    c.answer("who are you?", c.number() == 0 ? "407 Proxy Authentication Required" : "502 Bad Gateway");
  });
  harness h;
  h.use("https://api.example/", {}, at(proxy.port(), "http", "me:hunter2@127.0.0.1"));
  std::string const where = "proxy http://127.0.0.1:" + std::to_string(proxy.port());
  auto const refused = h.send();
  ASSERT_TRUE(refused->failed);
  EXPECT_EQ(refused->failed->code, errc::no_connection);
  EXPECT_EQ(
      text_of(refused),
      where +
          " answered 407 to CONNECT api.example:443 (it wants a user name and password, which go into its address)");
  EXPECT_EQ(text_of(h.send()), where + " answered 502 to CONNECT api.example:443");
}

TEST(Proxy, ThatIsDownOrHangsOrBabbles) {
  unsigned short dead = 0;
  { dead = server(serve).port(); }
  harness h;
  h.use("https://api.example/", {}, at(dead));
  EXPECT_EQ(text_of(h.send()), "connect to 127.0.0.1:" + std::to_string(dead) + ": Connection refused");
  h.made->close();

  server proxy([](peer& c) {
    c.read_request();
    if (c.number() == 1) c.send("what?\r\n\r\n");
    if (c.number() == 2) return;
    if (c.number() == 3) c.send("HTTP/1.1 200 OK\r\n\r\nbytes of my own");
    c.linger();
  });
  h.use("https://api.example/", {}, at(proxy.port()));
  std::string const where = "http://127.0.0.1:" + std::to_string(proxy.port());
  EXPECT_EQ(timeless(text_of(h.send(method::get, 150ms))), "proxy " + where + ": no answer within T");
  auto const babble = h.send();
  EXPECT_EQ(babble->failed->code, errc::no_connection);
  EXPECT_EQ(text_of(babble).find("proxy: answer of " + where + " is no HTTP: "), 0U) << text_of(babble);
  EXPECT_EQ(text_of(h.send()), "proxy: " + where + " closed the connection before it answered");
  EXPECT_EQ(text_of(h.send()), "proxy " + where + " sent bytes of its own into the tunnel");
}

TEST(Proxy, OverTlsIsRefusedInWords) {
  harness h;
  client_options options;
  options.origin = parse_url("https://api.example/").value();
  options.proxy = parse_url("https://u:hunter2@proxy.example:3129", true).value();
  auto const made = make_client(*h.shared, options);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().text.find("proxy https://proxy.example:3129: only http:// proxies are supported"), 0U);
}

}  // namespace
}  // namespace buildwatch::net::testing
