// What a reload takes for a change: of a provider, of a sink, of a credential.
#include <set>

#include "unit/config/support.hpp"

namespace buildwatch::config {
namespace {

using testing::some_job;

/// One folder with a configuration and the files that it names, read as often as a test likes.
class reloads : public ::testing::Test {
 protected:
  reloads() {
    files_.write("token", "one\n");
    files_.write("ca.pem", "authority\n");
    files_.write("cert.pem", "certificate\n");
    files_.write("key.pem", "key\n");
  }

  settings read(std::string const& provider, std::string const& sink = "type: log",
                environment const& world = testing::plain_world()) const {
    auto const file =
        files_.write("main.yaml", "version: 1\nproviders:\n  p: {type: codearts, region: r, proxy: none, " + provider +
                                      "}\n" + some_job + "sinks: {s: {" + sink + "}}\n");
    auto result = load(file, world);
    EXPECT_TRUE(result.settings.has_value()) << testing::lines(result);
    return result.settings ? std::move(*result.settings) : settings{};
  }

  bool same_provider(std::string const& before, std::string const& after) const {
    return read(before).providers == read(after).providers;
  }
  bool same_sink(std::string const& before, std::string const& after) const {
    return read("auth: {type: none}", before).sinks == read("auth: {type: none}", after).sinks;
  }
  std::uint32_t mark(std::string const& auth) const {
    return read("auth: {type: " + auth + "}").watch.providers.at(0).credential;
  }

  testing::folder files_;
};

TEST_F(reloads, leave_what_reads_the_same) {
  for (std::string const auth :
       {"{type: none}", "{type: ecs}", "{type: aksk, access_key: a, secret_key: s, security_token: t}",
        "{type: token, token: t}", "{type: token, token: '${file:token}'}",
        "{type: iam, domain: d, user: u, password: p}"}) {
    std::string const text = "auth: " + auth + ", tls: {ca_file: ca.pem, cert_file: cert.pem, key_file: key.pem}";
    EXPECT_TRUE(same_provider(text, text)) << auth;
  }
  for (std::string const sink :
       {"type: log", "type: stdout, format: json", "type: exec, command: [sh, -c, x], env: {A: b}",
        "type: webhook, url: 'https://example.com/x', headers: {A: b}, fallback: s2}, s2: {type: log"}) {
    EXPECT_TRUE(same_sink(sink, sink)) << sink;
  }
}

TEST_F(reloads, see_a_provider_change) {
  std::string const text = "auth: {type: aksk, access_key: a, secret_key: s}";
  for (std::string const other :
       {"auth: {type: aksk, access_key: b, secret_key: s}", "auth: {type: aksk, access_key: a, secret_key: t}",
        "auth: {type: ecs}", "auth: {type: aksk, access_key: a, secret_key: s}, timeout: 9s",
        "auth: {type: aksk, access_key: a, secret_key: s}, connections: 9",
        "auth: {type: aksk, access_key: a, secret_key: s}, rate_limit: 9/s",
        "auth: {type: aksk, access_key: a, secret_key: s}, endpoint: 'https://example.com'",
        "auth: {type: aksk, access_key: a, secret_key: s}, tls: {ca_file: ca.pem}"}) {
    EXPECT_FALSE(same_provider(text, other)) << other;
  }
}

TEST_F(reloads, see_a_sink_change) {
  std::string const text = "type: webhook, url: 'https://example.com/x', headers: {A: b}";
  for (std::string const other :
       {"type: webhook, url: 'https://example.com/y', headers: {A: b}",
        "type: webhook, url: 'https://example.com/x', headers: {A: c}",
        "type: webhook, url: 'https://example.com/x', headers: {A: b}, timeout: 1s",
        "type: webhook, url: 'https://example.com/x', headers: {A: b}, retry: [1s]",
        "type: webhook, url: 'https://example.com/x', headers: {A: b}, fallback: t}, t: {type: log"}) {
    EXPECT_FALSE(same_sink(text, other)) << other;
  }
}

TEST_F(reloads, see_a_renewed_certificate_under_the_same_name) {
  std::string const tls = ", tls: {ca_file: ca.pem, cert_file: cert.pem, key_file: key.pem}";
  for (char const* file : {"ca.pem", "cert.pem", "key.pem"}) {
    auto const before = read("auth: {type: none}" + tls, "type: webhook, url: 'https://example.com'" + tls);
    files_.write(file, "renewed\n");
    auto const after = read("auth: {type: none}" + tls, "type: webhook, url: 'https://example.com'" + tls);
    EXPECT_NE(before.providers, after.providers) << file;
    EXPECT_NE(before.sinks, after.sinks) << file;
  }
  EXPECT_EQ(read("auth: {type: none}").providers.at(0).tls.contents, 0U) << "no files, nothing to compare";
}

TEST_F(reloads, see_what_moves_from_one_file_to_the_other) {
  std::string const tls = "auth: {type: none}, tls: {cert_file: cert.pem, key_file: key.pem}";
  files_.write("cert.pem", "ab");
  files_.write("key.pem", "c");
  auto const before = read(tls);
  files_.write("cert.pem", "a");
  files_.write("key.pem", "bc");
  EXPECT_NE(before.providers, read(tls).providers);
}

TEST_F(reloads, see_another_token_and_another_file_of_it) {
  std::string const text = "auth: {type: token, token: '${file:token}'}";
  auto const before = read(text);
  EXPECT_EQ(before.providers, read(text).providers);
  files_.write("token", "two\n");
  EXPECT_NE(before.providers, read(text).providers);
  files_.write("token", "one\n");
  files_.write("other", "one\n");
  EXPECT_NE(before.providers, read("auth: {type: token, token: '${file:other}'}").providers)
      << "the same token for now, but the other file is where the next one will be";
  EXPECT_NE(before.providers, read("auth: {type: token, token: one}").providers);
}

TEST_F(reloads, without_secrets_read_no_key) {
  auto world = testing::plain_world();
  world.skip_secrets = true;
  std::string const file = files_.path() + "/gone.pem";
  auto const s = read("auth: {type: none}, tls: {cert_file: gone.pem, key_file: gone.pem}", "type: log", world);
  EXPECT_EQ(s.providers.at(0).tls.key_file, file);
  EXPECT_EQ(s.providers.at(0).tls.contents, 0U);
}

TEST_F(reloads, tell_credentials_apart_by_their_marks) {
  std::vector<std::uint32_t> const marks = {mark("aksk, access_key: a, secret_key: s"),
                                            mark("aksk, access_key: a, secret_key: t"),
                                            mark("aksk, access_key: a, secret_key: s, security_token: t"),
                                            mark("aksk, access_key: as, secret_key: s"),
                                            mark("aksk, access_key: a, secret_key: ss"),
                                            mark("token, token: a"),
                                            mark("token, token: '${file:token}'"),
                                            mark("iam, domain: d, user: u, password: p"),
                                            mark("iam, domain: d, user: u, password: q"),
                                            mark("iam, domain: d, user: v, password: p")};
  std::set<std::uint32_t> const all(marks.begin(), marks.end());
  EXPECT_EQ(all.size(), marks.size());
  EXPECT_EQ(all.count(0), 0U);
  EXPECT_LE(*all.rbegin(), 0xffffU) << "16 bits: the store keeps them, and a password must not be guessed by them";
  EXPECT_EQ(mark("token, token: a"), mark("token, token: a"));
  EXPECT_EQ(mark("none"), 0U);
  EXPECT_EQ(mark("ecs"), 0U);
}

TEST_F(reloads, see_a_token_written_anew_by_its_mark) {
  auto const before = mark("token, token: '${file:token}'");
  files_.write("token", "two\n");
  EXPECT_NE(mark("token, token: '${file:token}'"), before);
}

}  // namespace
}  // namespace buildwatch::config
