#include "net/tls.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <cerrno>
#include <cstdio>
#include <system_error>

namespace buildwatch::net {

namespace {

// A few, for connections opened together; a ticket of TLS 1.3 is good for one.
constexpr std::size_t most_sessions = 8;

constexpr char const* other_key = "the key does not belong to the certificate in tls.cert_file";

/// Asked for the password of a key: the daemon has nobody to ask, and OpenSSL would ask the terminal.
int no_password(char*, int, int, void*) { return 0; }

bool readable(std::string const& file, std::string& reason) {
  std::unique_ptr<std::FILE, freed_by<std::fclose>> const opened(std::fopen(file.c_str(), "re"));
  // A directory can be opened, but not read.
  if (opened && std::fgetc(opened.get()) != EOF) return true;
  reason = opened && std::ferror(opened.get()) == 0 ? "it is empty" : std::generic_category().message(errno);
  return false;
}

std::optional<tls_fault> check(std::string_view key, std::string const& file) {
  std::string reason;
  if (!readable(file, reason)) return tls_fault{key, file, reason};
  return std::nullopt;
}

}  // namespace

std::string take_tls_error() {
  unsigned long const code = ERR_peek_error();
  char const* const reason = ERR_reason_error_string(code);
  // A system's error has no reason string of OpenSSL's.
  std::string words = reason != nullptr        ? std::string(reason)
                      : ERR_SYSTEM_ERROR(code) ? std::generic_category().message(ERR_GET_REASON(code))
                                               : std::string("unknown error");
  ERR_clear_error();
  return words;
}

base::result<std::unique_ptr<tls_context>> tls_context::make(tls_options const& options, std::string const& host) {
  ERR_clear_error();
  std::unique_ptr<tls_context> made(new tls_context);
  made->ctx_.reset(SSL_CTX_new(TLS_client_method()));
  if (!made->ctx_) return base::error{"TLS can not be set up: " + take_tls_error()};
  made->host_ = host;
  // "example.com." is a name of the DNS; certificates and SNI have it without the last dot.
  if (made->host_.ends_with('.')) made->host_.pop_back();
  boost::system::error_code no_address;
  boost::asio::ip::make_address(made->host_, no_address);
  made->address_ = !no_address;
  made->restrict();
  if (auto const fault = made->load(options)) {
    return base::error{"tls." + std::string(fault->key) + " " + fault->file + ": " + fault->reason};
  }
  return made;
}

std::optional<tls_fault> tls_context::trial(tls_options const& options) {
  ERR_clear_error();
  tls_context made;
  made.ctx_.reset(SSL_CTX_new(TLS_client_method()));
  if (!made.ctx_) return tls_fault{"ca_file", options.ca_file, "TLS can not be set up: " + take_tls_error()};
  SSL_CTX_set_default_passwd_cb(made.ctx_.get(), no_password);
  return made.load(options);
}

std::optional<tls_fault> check_tls(tls_options const& options) { return tls_context::trial(options); }

void tls_context::restrict() {
  SSL_CTX* const ctx = ctx_.get();
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, note_certificate_fault);
  // Not SSL_MODE_RELEASE_BUFFERS: to give buffers back and get them again costs a tenth of a request's instructions.
  // Requests are small, so a small buffer to send from keeps a connection's memory down instead.
  SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_max_send_fragment(ctx, 4096);
  SSL_CTX_set_read_ahead(ctx, 1);  // one recv for a record, not one for its header and one for the rest
  static constexpr unsigned char http11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_CTX_set_alpn_protos(ctx, http11, sizeof http11);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ctx, keep_session);
  SSL_CTX_set_app_data(ctx, this);
  SSL_CTX_set_default_passwd_cb(ctx, no_password);
}

std::optional<tls_fault> tls_context::load(tls_options const& options) {
  SSL_CTX* const ctx = ctx_.get();
  if (options.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(ctx);
  } else {
    if (auto fault = check("ca_file", options.ca_file); fault) return fault;
    if (SSL_CTX_load_verify_file(ctx, options.ca_file.c_str()) != 1) {
      return tls_fault{"ca_file", options.ca_file, "no PEM certificates: " + take_tls_error()};
    }
    // Whoever names an intermediate authority, or the server's own certificate, trusts that one.
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_PARTIAL_CHAIN);
  }
  if (options.cert_file.empty()) return std::nullopt;
  if (auto fault = check("cert_file", options.cert_file); fault) return fault;
  if (SSL_CTX_use_certificate_chain_file(ctx, options.cert_file.c_str()) != 1) {
    return tls_fault{"cert_file", options.cert_file, "no PEM certificate: " + take_tls_error()};
  }
  if (auto fault = check("key_file", options.key_file); fault) return fault;
  if (SSL_CTX_use_PrivateKey_file(ctx, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    bool const other = ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_VALUES_MISMATCH;
    std::string const why = take_tls_error();
    if (other) return tls_fault{"key_file", options.key_file, other_key};
    return tls_fault{"key_file", options.key_file, "no PEM private key without a password: " + why};
  }
  if (SSL_CTX_check_private_key(ctx) != 1) {
    ERR_clear_error();
    return tls_fault{"key_file", options.key_file, other_key};
  }
  return std::nullopt;
}

ssl_ptr tls_context::open(BIO* transport, std::string& verify_fault) {
  ssl_ptr made(SSL_new(ctx_.get()));
  if (!made) {
    BIO_free(transport);
    return made;
  }
  SSL* const ssl = made.get();
  SSL_set_bio(ssl, transport, transport);
  SSL_set_app_data(ssl, &verify_fault);
  SSL_set_connect_state(ssl);
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  bool const set = address_ ? X509_VERIFY_PARAM_set1_ip_asc(wanted, host_.c_str()) == 1
                            : X509_VERIFY_PARAM_set1_host(wanted, host_.c_str(), host_.size()) == 1 &&
                                  SSL_set_tlsext_host_name(ssl, host_.c_str()) == 1;
  if (!set) return nullptr;
  resume(ssl);
  return made;
}

void tls_context::resume(SSL* ssl) {
  while (!sessions_.empty()) {
    ssl_session_ptr const newest = std::move(sessions_.back());
    sessions_.pop_back();
    if (SSL_SESSION_is_resumable(newest.get()) != 1) continue;
    SSL_set_session(ssl, newest.get());
    // A session of TLS 1.2 serves many times; a ticket of 1.3 used twice would let an onlooker link the two (RFC 8446,
    // C.4).
    if (SSL_SESSION_get_protocol_version(newest.get()) < TLS1_3_VERSION) {
      SSL_SESSION_up_ref(newest.get());
      sessions_.emplace_back(newest.get());
    }
    return;
  }
}

int tls_context::keep_session(SSL* ssl, SSL_SESSION* fresh) {
  auto& sessions = static_cast<tls_context*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->sessions_;
  if (sessions.size() == most_sessions) sessions.erase(sessions.begin());
  sessions.emplace_back(fresh);
  return 1;  // the reference is ours now
}

}  // namespace buildwatch::net
