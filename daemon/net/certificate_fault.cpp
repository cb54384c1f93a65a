// Puts what is wrong with a server's certificate into words that tell what to do.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>

#include "net/tls.hpp"

namespace buildwatch::net {

namespace {

struct openssl_freed {
  void operator()(void* held) const { OPENSSL_free(held); }
};
using names_ptr = std::unique_ptr<GENERAL_NAMES, freed_by<GENERAL_NAMES_free>>;

/// Printable ASCII of what a stranger wrote into a certificate, and not too much of it.
std::string tame(std::string_view text) {
  std::string safe;
  for (char const c : text.substr(0, 100)) safe += c >= ' ' && c <= '~' ? c : '?';
  return safe;
}

std::string name_of(X509_NAME const* name) {
  std::unique_ptr<BIO, freed_by<BIO_free>> const out(BIO_new(BIO_s_mem()));
  if (!out || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0) return "?";
  char* text = nullptr;
  long const length = BIO_get_mem_data(out.get(), &text);
  return tame(std::string_view(text, static_cast<std::size_t>(length)));
}

std::string day_of(ASN1_TIME const* time) {
  std::tm date{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &date) != 1) return "an unreadable date";
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02} UTC", date.tm_year + 1900, date.tm_mon + 1, date.tm_mday,
                     date.tm_hour, date.tm_min);
}

std::string address_of(ASN1_OCTET_STRING const* bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  int const family = ASN1_STRING_length(bytes) == 4 ? AF_INET : AF_INET6;
  bool const known = ASN1_STRING_length(bytes) == 4 || ASN1_STRING_length(bytes) == 16;
  if (!known || inet_ntop(family, ASN1_STRING_get0_data(bytes), text.data(), text.size()) == nullptr) return "?";
  return text.data();
}

/// "a.example, *.b.example, 10.0.0.1": whom a certificate is for; by its subject where it has no such list.
std::string holders_of(X509* certificate) {
  constexpr int most_named = 5;
  names_ptr const names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::string all;
  int named = 0;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    GENERAL_NAME const* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS && name->type != GEN_IPADD) continue;
    if (++named > most_named) return all + ", …";
    if (!all.empty()) all += ", ";
    if (name->type == GEN_IPADD) {
      all += address_of(name->d.iPAddress);
    } else {
      auto const* const text = reinterpret_cast<char const*>(ASN1_STRING_get0_data(name->d.dNSName));
      all += tame(std::string_view(text, static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))));
    }
  }
  return all.empty() ? name_of(X509_get_subject_name(certificate)) : all;
}

/// The name or address that was asked for.
std::string wanted_by(X509_STORE_CTX* chain) {
  X509_VERIFY_PARAM* const wanted = X509_STORE_CTX_get0_param(chain);
  if (char const* const host = X509_VERIFY_PARAM_get0_host(wanted, 0)) return host;
  std::unique_ptr<char, openssl_freed> const address(X509_VERIFY_PARAM_get1_ip_asc(wanted));
  return address ? address.get() : "?";
}

std::string fault_of(X509_STORE_CTX* chain, int error) {
  X509* const certificate = X509_STORE_CTX_get_current_cert(chain);
  if (certificate == nullptr) return X509_verify_cert_error_string(error);
  std::string const which = X509_STORE_CTX_get_error_depth(chain) == 0
                                ? "the certificate"
                                : "the authority's certificate (" + name_of(X509_get_subject_name(certificate)) + ")";
  std::string const issuer = name_of(X509_get_issuer_name(certificate));
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED: return which + " expired on " + day_of(X509_get0_notAfter(certificate));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return which + " is not valid before " + day_of(X509_get0_notBefore(certificate)) +
             " (is this machine's clock right?)";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "the certificate is self-signed and nobody vouches for it; to trust it, name it in tls.ca_file";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return fmt::format(
          "the certificate comes from an unknown authority ({}); to trust that one, name its certificate in "
          "tls.ca_file",
          name_of(X509_get_subject_name(certificate)));
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return fmt::format(
          "the certificate comes from an unknown authority ({}), or the server leaves out a certificate of its "
          "chain; to trust that authority, name its certificate in tls.ca_file",
          issuer);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return fmt::format("the certificate is for {}, not for {}", holders_of(certificate), wanted_by(chain));
    default: return which + ": " + X509_verify_cert_error_string(error);
  }
}

}  // namespace

int note_certificate_fault(int good, X509_STORE_CTX* chain) {
  if (good == 1) return good;
  auto const* const ssl =
      static_cast<SSL const*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* const words = static_cast<std::string*>(SSL_get_app_data(ssl));
  if (words->empty()) *words = fault_of(chain, X509_STORE_CTX_get_error(chain));
  return good;
}

}  // namespace buildwatch::net
