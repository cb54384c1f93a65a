// The TLS side of one client: certificates, verification, the sessions that later connections resume.
#pragma once

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "buildwatch/base/result.hpp"
#include "buildwatch/net/options.hpp"

namespace buildwatch::net {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* held) const {
    Free(held);
  }
};
using ssl_ptr = std::unique_ptr<SSL, freed_by<SSL_free>>;
using ssl_ctx_ptr = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;
using ssl_session_ptr = std::unique_ptr<SSL_SESSION, freed_by<SSL_SESSION_free>>;

/// Everything that connections to one host share. Not movable: OpenSSL's callbacks hold its address.
class tls_context {
 public:
  /// `host` is the name or address that certificates must be for. Fails with the name of the file that can not be used.
  static base::result<std::unique_ptr<tls_context>> make(tls_options const& options, std::string const& host);
  /// Whether its files can be loaded.
  static std::optional<tls_fault> trial(tls_options const& options);
  tls_context(tls_context const&) = delete;
  tls_context& operator=(tls_context const&) = delete;

  /// A client's SSL over `transport` (owned by the result): TLS 1.2 or later, chain and host verified, SNI for a name,
  /// and a session to resume where one is kept. `verify_fault` takes the words for what is wrong with a certificate; it
  /// must outlive the SSL.
  [[nodiscard]] ssl_ptr open(BIO* transport, std::string& verify_fault);

 private:
  tls_context() = default;
  std::optional<tls_fault> load(tls_options const& options);
  void restrict();
  void resume(SSL* ssl);
  static int keep_session(SSL* ssl, SSL_SESSION* fresh);

  ssl_ctx_ptr ctx_;
  std::string host_;
  bool address_ = false;                   // host_ is an IP address
  std::vector<ssl_session_ptr> sessions_;  // newest last
};

/// What the oldest entry of OpenSSL's error queue says ("wrong version number"), or "unknown error"; empties the queue.
[[nodiscard]] std::string take_tls_error();

/// SSL_CTX_set_verify's callback: lets OpenSSL decide, and puts the first fault into words at SSL_get_app_data (a
/// std::string).
int note_certificate_fault(int good, X509_STORE_CTX* chain);

}  // namespace buildwatch::net
