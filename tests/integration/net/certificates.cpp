#include "certificates.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace buildwatch::net::testing {

namespace {

void must(bool good, char const* what) {
  if (!good) throw std::runtime_error(what);
}

void extend(X509* certificate, X509* issuer, int what, std::string const& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  must(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, "extension");
  X509_EXTENSION_free(extension);
}

}  // namespace

identity make_identity(wish const& what, identity const* issuer) {
  static std::atomic<long> serial{1};
  identity made;
  made.key.reset(EVP_EC_gen("P-256"));
  made.certificate.reset(X509_new());
  X509* const certificate = made.certificate.get();
  must(made.key && certificate != nullptr, "key");
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  constexpr long day = 86'400;
  X509_gmtime_adj(X509_getm_notBefore(certificate), what.valid_from_days * day);
  X509_gmtime_adj(X509_getm_notAfter(certificate), what.valid_to_days * day);
  X509_set_pubkey(certificate, made.key.get());
  auto const* const name = reinterpret_cast<unsigned char const*>(what.subject.c_str());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, name, -1, -1, 0);
  X509* const by = issuer != nullptr ? issuer->certificate.get() : certificate;
  X509_set_issuer_name(certificate, X509_get_subject_name(by));
  extend(certificate, by, NID_basic_constraints, what.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  extend(certificate, by, NID_subject_key_identifier, "hash");
  if (!what.authority && !what.alternative_names.empty()) {
    extend(certificate, by, NID_subject_alt_name, what.alternative_names);
  }
  EVP_PKEY* const with = issuer != nullptr ? issuer->key.get() : made.key.get();
  must(X509_sign(certificate, with, EVP_sha256()) > 0, "signature");
  return made;
}

folder::folder() {
  std::string name = (std::filesystem::temp_directory_path() / "buildwatch-net-XXXXXX").string();
  must(mkdtemp(name.data()) != nullptr, "temporary directory");
  where_ = name;
}

folder::~folder() {
  std::error_code ignored;
  std::filesystem::remove_all(where_, ignored);
}

std::string folder::write(std::string const& name, std::string const& text) const {
  auto const file = where_ / name;
  std::ofstream(file) << text;
  return file.string();
}

std::string folder::write_certificate(std::string const& name, identity const& whose) const {
  auto const file = (where_ / name).string();
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> const out(std::fopen(file.c_str(), "w"), std::fclose);
  must(out && PEM_write_X509(out.get(), whose.certificate.get()) == 1, "certificate file");
  return file;
}

std::string folder::write_key(std::string const& name, identity const& whose, char const* password) const {
  auto const file = (where_ / name).string();
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> const out(std::fopen(file.c_str(), "w"), std::fclose);
  must(out != nullptr, "key file");
  must(PEM_write_PKCS8PrivateKey(out.get(), whose.key.get(), password != nullptr ? EVP_aes_128_cbc() : nullptr, nullptr,
                                 0, nullptr, const_cast<char*>(password)) == 1,
       "key file");
  return file;
}

}  // namespace buildwatch::net::testing
