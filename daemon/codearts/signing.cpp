// What an SDK-HMAC-SHA256 signature is computed over.
#include "buildwatch/codearts/signing.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <vector>

#include "codearts/hex.hpp"
#include "codearts/percent.hpp"

namespace buildwatch::codearts {
namespace {

using pair = std::pair<std::string, std::string>;

std::string lower(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view trimmed(std::string_view value) {
  constexpr std::string_view blanks = " \t";
  auto const first = value.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return value.substr(first, value.find_last_not_of(blanks) - first + 1);
}

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, 32> hash{};
  if (EVP_Digest(bytes.data(), bytes.size(), hash.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL can not compute SHA-256");
  }
  return to_hex(hash);
}

/// Headers with lower-case names and trimmed values, in the order of the signature.
std::vector<pair> canonical_headers(signable const& what) {
  std::vector<pair> headers;
  headers.reserve(what.headers.size());
  for (auto const& [name, value] : what.headers) headers.emplace_back(lower(name), trimmed(value));
  std::ranges::stable_sort(headers, {}, &pair::first);
  return headers;
}

std::string canonical_query(std::span<pair const> query) {
  // Decoded names decide, then values: pairs compare that way.
  std::vector<pair> sorted(query.begin(), query.end());
  std::ranges::sort(sorted);
  std::string out;
  for (auto const& [name, value] : sorted) {
    if (!out.empty()) out += '&';
    append_encoded(name, out);
    out += '=';
    append_encoded(value, out);
  }
  return out;
}

std::string joined_names(std::vector<pair> const& headers) {
  std::string out;
  for (auto const& [name, value] : headers) {
    if (!out.empty()) out += ';';
    out += name;
  }
  return out;
}

/// A caller who sends X-Sdk-Content-Sha256 has chosen what stands for the body.
std::string payload_hash(std::vector<pair> const& headers, std::string_view body) {
  auto const given = std::ranges::find(headers, "x-sdk-content-sha256", &pair::first);
  if (given != headers.end()) return given->second;
  return sha256_hex(body);
}

}  // namespace

std::string canonical_uri(std::string_view path) {
  std::string out;
  append_encoded(path, out, '/');
  if (!out.ends_with('/')) out += '/';
  return out;
}

std::string canonical_request(signable const& what) {
  auto const headers = canonical_headers(what);
  std::string out(what.method);
  out += '\n';
  out += canonical_uri(what.path);
  out += '\n';
  out += canonical_query(what.query);
  out += '\n';
  for (auto const& [name, value] : headers) out.append(name).append(1, ':').append(value).append(1, '\n');
  out += '\n';
  out += joined_names(headers);
  out += '\n';
  out += payload_hash(headers, what.body);
  return out;
}

std::string signed_headers(signable const& what) { return joined_names(canonical_headers(what)); }

std::string string_to_sign(std::string_view canonical_request, std::string_view sdk_date) {
  std::string out = "SDK-HMAC-SHA256\n";
  out.append(sdk_date).append(1, '\n').append(sha256_hex(canonical_request));
  return out;
}

std::string sdk_date(base::wall_time now) {
  auto const day = std::chrono::floor<std::chrono::days>(now);
  std::chrono::year_month_day const date{day};
  std::chrono::hh_mm_ss const time{std::chrono::floor<std::chrono::seconds>(now - day)};
  std::string out;
  auto const put = [&out](int value, int width) {
    auto const digits = std::to_string(value);
    out.append(static_cast<std::size_t>(std::max(0, width - static_cast<int>(digits.size()))), '0').append(digits);
  };
  put(static_cast<int>(date.year()), 4);
  put(static_cast<int>(static_cast<unsigned>(date.month())), 2);
  put(static_cast<int>(static_cast<unsigned>(date.day())), 2);
  out += 'T';
  put(static_cast<int>(time.hours().count()), 2);
  put(static_cast<int>(time.minutes().count()), 2);
  put(static_cast<int>(time.seconds().count()), 2);
  out += 'Z';
  return out;
}

}  // namespace buildwatch::codearts
