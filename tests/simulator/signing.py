"""SDK-HMAC-SHA256 written from the description of the API, apart from the daemon's own code: the second opinion."""

import hashlib
import hmac
from urllib.parse import quote, unquote

ALGORITHM = "SDK-HMAC-SHA256"


def encode(text):
    """Percent-encodes all but A-Z a-z 0-9 - _ . ~ as upper-case hex of the UTF-8 bytes."""
    return quote(text, safe="-_.~")


def canonical_uri(path):
    """`path` is decoded. A slash is appended for signing only."""
    encoded = "/".join(encode(part) for part in path.split("/"))
    return encoded if encoded.endswith("/") else encoded + "/"


def canonical_query(pairs):
    """Sorted by decoded name, then by decoded value."""
    return "&".join(f"{encode(name)}={encode(value)}" for name, value in sorted(pairs))


def canonical_request(method, path, pairs, headers, signed, body):
    """`headers` has lower-case names; `signed` is the list of those that take part."""
    lines = "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in signed)
    digest = headers.get("x-sdk-content-sha256") or hashlib.sha256(body).hexdigest()
    return "\n".join((method, canonical_uri(path), canonical_query(pairs), lines, ";".join(signed), digest))


def string_to_sign(date, request):
    return "\n".join((ALGORITHM, date, hashlib.sha256(request.encode()).hexdigest()))


def signature(secret_key, text):
    return hmac.new(secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()


def authorization(access_key, secret_key, method, path, pairs, headers, body):
    """The whole header; signs every header given. Used by the tests and to try the simulator by hand."""
    headers = {name.lower(): value for name, value in headers.items()}
    signed = sorted(headers)
    text = string_to_sign(headers["x-sdk-date"], canonical_request(method, path, pairs, headers, signed, body))
    return f"{ALGORITHM} Access={access_key}, SignedHeaders={';'.join(signed)}, Signature={signature(secret_key, text)}"


def split_target(target):
    """Address as sent -> decoded path and decoded query pairs. A plus sign is a plus sign."""
    path, _, query = target.partition("?")
    pairs = []
    for part in query.split("&") if query else []:
        name, _, value = part.partition("=")
        pairs.append((unquote(name), unquote(value)))
    return unquote(path), pairs


def parse_authorization(value):
    """-> (access key, signed header names, signature), or None where it is no such header."""
    algorithm, _, rest = value.partition(" ")
    if algorithm != ALGORITHM:
        return None
    fields = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    if not {"Access", "SignedHeaders", "Signature"} <= fields.keys():
        return None
    return fields["Access"], fields["SignedHeaders"].split(";"), fields["Signature"]
