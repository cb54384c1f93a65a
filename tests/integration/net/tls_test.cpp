// Verification, its words, client certificates, and sessions that are resumed.
#include <openssl/ssl.h>

#include "harness.hpp"

namespace buildwatch::net::testing {
namespace {

struct Tls : ::testing::Test {
  identity root = make_identity({.subject = "Test Root", .authority = true});
  identity good = make_identity({}, &root);
  folder files;
  std::string ca = files.write_certificate("ca.pem", root);
  harness h;

  tls_options trusting() const {
    tls_options options;
    options.ca_file = ca;
    return options;
  }
  /// What comes of a request to a server that shows `as`.
  std::string try_with(identity const& as, tls_options const& options, std::string const& host = "localhost") {
    server with([&](peer& c) {
      if (c.accept_tls(as)) serve(c);
    });
    h.name("localhost", {"127.0.0.1"});
    h.name("wrong.example", {"127.0.0.1"});
    h.use(at(with.port(), "https", host), options);
    auto const got = h.send();
    if (got->failed) {
      EXPECT_EQ(got->failed->code, errc::no_connection);
    }
    h.made->close();
    h.turn();
    std::string text = text_of(got);
    std::string const prefix = "TLS with " + host + ":" + std::to_string(with.port()) + ": ";
    return text.rfind(prefix, 0) == 0 ? text.substr(prefix.size()) : text;
  }
};

TEST_F(Tls, NamesAndAddressesThatAreRight) {
  EXPECT_EQ(try_with(good, trusting()), "answered 200");
  EXPECT_EQ(try_with(good, trusting(), "127.0.0.1"), "answered 200");
}

TEST_F(Tls, WrongHost) {
  EXPECT_EQ(try_with(good, trusting(), "wrong.example"),
            "the certificate is for localhost, 127.0.0.1, ::1, not for wrong.example");
  identity const other = make_identity({.alternative_names = "DNS:*.elsewhere.example"}, &root);
  EXPECT_EQ(try_with(other, trusting()), "the certificate is for *.elsewhere.example, not for localhost");
  EXPECT_EQ(try_with(other, trusting(), "127.0.0.1"), "the certificate is for *.elsewhere.example, not for 127.0.0.1");
}

TEST_F(Tls, Expired) {
  identity const old = make_identity({.valid_from_days = -30, .valid_to_days = -2}, &root);
  std::string const text = try_with(old, trusting());
  EXPECT_EQ(text.find("the certificate expired on 20"), 0U) << text;
  EXPECT_NE(text.find(" UTC"), std::string::npos);
}

TEST_F(Tls, NotYetValid) {
  identity const early = make_identity({.valid_from_days = 2}, &root);
  std::string const text = try_with(early, trusting());
  EXPECT_EQ(text.find("the certificate is not valid before 20"), 0U) << text;
}

TEST_F(Tls, SelfSigned) {
  identity const alone = make_identity({});
  EXPECT_EQ(try_with(alone, {}),
            "the certificate is self-signed and nobody vouches for it; to trust it, name it in tls.ca_file");
  tls_options pinned;
  pinned.ca_file = files.write_certificate("alone.pem", alone);
  EXPECT_EQ(try_with(alone, pinned), "answered 200");
}

TEST_F(Tls, UnknownAuthority) {
  std::string const text = try_with(good, {});
  EXPECT_EQ(text.find("the certificate comes from an unknown authority (CN=Test Root)"), 0U) << text;
  EXPECT_NE(text.find("tls.ca_file"), std::string::npos) << text;
}

TEST_F(Tls, CaFileReplacesTheSystems) {
  identity const other = make_identity({.subject = "Other Root", .authority = true});
  tls_options options;
  options.ca_file = files.write_certificate("other.pem", other);
  EXPECT_EQ(try_with(good, options).find("the certificate comes from an unknown authority"), 0U);
}

TEST_F(Tls, AnIntermediateAuthorityMayBeNamed) {
  identity const middle = make_identity({.subject = "Middle", .authority = true}, &root);
  identity const leaf = make_identity({}, &middle);
  tls_options options;
  options.ca_file = files.write_certificate("middle.pem", middle);
  EXPECT_EQ(try_with(leaf, options), "answered 200");
}

TEST_F(Tls, ServerNameIsSentForNamesOnly) {
  server with([&](peer& c) {
    if (!c.accept_tls(good)) return;
    c.read_request();
    c.answer("[" + c.sni() + "]", "200 OK", "Connection: close\r\n");
  });
  h.name("localhost", {"127.0.0.1"});
  h.use(at(with.port(), "https", "localhost"), trusting());
  EXPECT_EQ(h.send()->answer.body, "[localhost]");
  h.made->close();
  h.use(at(with.port(), "https", "127.0.0.1"), trusting());
  EXPECT_EQ(h.send()->answer.body, "[]");
}

TEST_F(Tls, ServerThatSpeaksPlainHttp) {
  server with([](peer& c) {
    c.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    c.linger();
  });
  h.use(at(with.port(), "https"), trusting());
  EXPECT_EQ(text_of(h.send()), "TLS with 127.0.0.1:" + std::to_string(with.port()) +
                                   ": the other side does not speak TLS (wrong version number)");
}

TEST_F(Tls, ServerThatHangsUpInTheHandshake) {
  server with([](peer&) {});
  h.use(at(with.port(), "https"), trusting());
  auto const got = h.send();
  ASSERT_TRUE(got->failed);
  EXPECT_EQ(got->failed->code, errc::no_connection);
}

TEST_F(Tls, OldVersionsAreRefused) {
  server with([&](peer& c) { c.accept_tls(good, nullptr, TLS1_1_VERSION); });
  h.use(at(with.port(), "https"), trusting());
  EXPECT_TRUE(h.send()->failed);
}

/// Both versions: in 1.3 the session comes after the handshake.
struct Resumption : Tls, ::testing::WithParamInterface<int> {};

TEST_P(Resumption, ALaterConnectionResumesTheSession) {
  server with([&](peer& c) {
    if (!c.accept_tls(good, nullptr, GetParam())) return;
    c.read_request();
    c.answer(c.resumed() ? "resumed" : "full", "200 OK", "Connection: close\r\n");
  });
  h.use(at(with.port(), "https"), trusting());
  EXPECT_EQ(h.send()->answer.body, "full");
  EXPECT_EQ(h.send()->answer.body, "resumed");
  EXPECT_EQ(h.send()->answer.body, "resumed");
  EXPECT_EQ(h.made->statistics().handshakes_full, 1U);
  EXPECT_EQ(h.made->statistics().handshakes_resumed, 2U);
}

TEST_P(Resumption, AlsoAfterAConnectionThatBroke) {
  server with([&](peer& c) {
    if (!c.accept_tls(good, nullptr, GetParam())) return;
    c.read_request();
    c.answer(c.resumed() ? "resumed" : "full");
    c.read_request();
    c.cut();
  });
  h.use(at(with.port(), "https"), trusting());
  EXPECT_EQ(h.send()->answer.body, "full");
  EXPECT_EQ(h.send()->answer.body, "resumed") << "the stale connection's session is still good";
  EXPECT_EQ(h.made->statistics().retried_stale, 1U);
}

INSTANTIATE_TEST_SUITE_P(Versions, Resumption, ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

TEST_F(Tls, ConnectionOpenedAheadSurvivesItsTickets) {
  server with([&](peer& c) {
    if (c.accept_tls(good)) serve(c);
  });
  h.use(at(with.port(), "https"), trusting());
  EXPECT_FALSE(h.connect()->failed);
  h.rest(50ms);
  auto const post = h.send(method::post, 10s, "x");  // looks at the connection first, and finds tickets there
  ASSERT_FALSE(post->failed) << text_of(post);
  EXPECT_EQ(with.connections(), 1U);
}

TEST_F(Tls, ABodyWithoutLengthNeedsAProperEnd) {
  server with([&](peer& c) {
    if (!c.accept_tls(good)) return;
    c.read_request();
    c.send("HTTP/1.1 200 OK\r\n\r\nall of it");
    if (c.number() == 1) c.cut();
  });
  h.use(at(with.port(), "https"), trusting());
  EXPECT_EQ(h.send()->answer.body, "all of it");
  auto const cut = h.send();
  ASSERT_TRUE(cut->failed);
  EXPECT_EQ(cut->failed->code, errc::broken);
  EXPECT_EQ(text_of(cut), "127.0.0.1:" + std::to_string(with.port()) + " closed the connection in mid-answer");
}

TEST_F(Tls, LargeBodiesGoBothWays) {
  server with([&](peer& c) {
    if (!c.accept_tls(good)) return;
    for (std::string request = c.read_request(); !request.empty(); request = c.read_request()) {
      c.answer(std::string_view(request).substr(request.find("\r\n\r\n") + 4));
    }
  });
  h.use(at(with.port(), "https"), trusting());
  std::string const body(1024 * 1024, 'b');
  EXPECT_EQ(h.send(method::post, 30s, body)->answer.body, body);
}

TEST_F(Tls, ClientCertificate) {
  identity const me = make_identity({.subject = "client"}, &root);
  server with([&](peer& c) {
    if (c.accept_tls(good, root.certificate.get())) serve(c);
  });
  tls_options options = trusting();
  h.use(at(with.port(), "https"), options);
  auto const refused = h.send();
  ASSERT_TRUE(refused->failed);
  EXPECT_EQ(refused->failed->code, errc::no_connection);
  EXPECT_NE(text_of(refused).find("certificate required"), std::string::npos) << text_of(refused);
  h.made->close();
  options.cert_file = files.write_certificate("me.pem", me);
  options.key_file = files.write_key("me.key", me);
  h.use(at(with.port(), "https"), options);
  EXPECT_EQ(h.send()->answer.body, "hello");
}

TEST_F(Tls, FilesThatCanNotBeUsedAreNamed) {
  identity const me = make_identity({.subject = "client"}, &root);
  std::string const cert = files.write_certificate("me.pem", me);
  std::string const key = files.write_key("me.key", me);
  std::string const missing = files.path() + "/missing.pem";
  std::string const garbage = files.write("garbage.pem", "no PEM at all");
  std::string const nothing = files.write("empty.pem", "");
  std::string const locked = files.write_key("locked.key", me, "hunter2");
  std::string const others = files.write_key("others.key", good);
  struct {
    tls_options options;
    std::string text;
  } const table[] = {
      {{missing, "", ""}, "tls.ca_file " + missing + ": No such file or directory"},
      {{files.path(), "", ""}, "tls.ca_file " + files.path() + ": Is a directory"},
      {{garbage, "", ""}, "tls.ca_file " + garbage + ": no PEM certificates: "},
      {{nothing, "", ""}, "tls.ca_file " + nothing + ": it is empty"},
      {{"", missing, key}, "tls.cert_file " + missing + ": No such file or directory"},
      {{"", garbage, key}, "tls.cert_file " + garbage + ": no PEM certificate: "},
      {{"", cert, missing}, "tls.key_file " + missing + ": No such file or directory"},
      {{"", cert, garbage}, "tls.key_file " + garbage + ": no PEM private key without a password: "},
      {{"", cert, locked}, "tls.key_file " + locked + ": no PEM private key without a password: "},
      {{"", cert, others}, "tls.key_file " + others + ": the key does not belong to the certificate in tls.cert_file"},
  };
  for (auto const& row : table) {
    client_options options;
    options.origin = parse_url("https://a.example/").value();
    options.tls = row.options;
    auto const made = make_client(*h.shared, options);
    ASSERT_FALSE(made) << row.text;
    EXPECT_EQ(made.error().text.find(row.text), 0U) << made.error().text;
  }
}

}  // namespace
}  // namespace buildwatch::net::testing
