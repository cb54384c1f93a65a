// Authorities and certificates, made for one test and written to files.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <filesystem>
#include <memory>
#include <string>

namespace buildwatch::net::testing {

struct openssl_free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};

/// A certificate and its key.
struct identity {
  std::unique_ptr<X509, openssl_free> certificate;
  std::unique_ptr<EVP_PKEY, openssl_free> key;
};

struct wish {
  std::string subject = "server";
  std::string alternative_names = "DNS:localhost,IP:127.0.0.1,IP:::1";  // as openssl.cnf writes them; empty: none
  long valid_from_days = -1;
  long valid_to_days = 30;
  bool authority = false;
};

/// Signed by `issuer`, or by itself.
identity make_identity(wish const& what, identity const* issuer = nullptr);

/// Removed at the end.
class folder {
 public:
  folder();
  ~folder();
  folder(folder const&) = delete;
  folder& operator=(folder const&) = delete;
  std::string write(std::string const& name, std::string const& text) const;
  std::string write_certificate(std::string const& name, identity const& whose) const;
  std::string write_key(std::string const& name, identity const& whose, char const* password = nullptr) const;
  [[nodiscard]] std::string path() const { return where_.string(); }

 private:
  std::filesystem::path where_;
};

}  // namespace buildwatch::net::testing
