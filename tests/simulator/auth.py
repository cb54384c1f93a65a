"""Who may ask: signatures, tokens, IAM, and the temporary keys of the metadata service."""

import datetime
import hmac
import json
import secrets
import threading

import answers
import signing

WINDOW = datetime.timedelta(minutes=15)  # between X-Sdk-Date and the gateway's clock
REFUSALS_TO_LOCK = 5
LOCK = datetime.timedelta(minutes=5)
UTC = datetime.timezone.utc
WRONG = "Incorrect IAM authentication information: "


def stamp(moment):
    """The API's form: UTC with microseconds and Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Authority:
    """Any thread. Settings by configure(); refused signatures lock a key as the real API does."""

    def __init__(self, ledger):
        self.lock = threading.RLock()
        self.ledger = ledger
        self.reset()

    def reset(self):
        with self.lock:
            self.mode = "none"
            self.listeners = {}
            self.keys = {}
            self.tokens = {}
            self.users = []
            self.token_lifetime = 24 * 3600.0
            self.metadata = {"agency": True, "token": "required", "lifetime": 6 * 3600.0}
            self.metadata_tokens = set()
            self.temporary = None
            self.clock_offset = 0.0
            self.refused_in_a_row = {}
            self.locked_until = {}

    def configure(self, told):
        """Keys as in README: mode, listeners, keys, tokens, users, token_lifetime, metadata, clock_offset."""
        with self.lock:
            for key in ("mode", "listeners", "keys", "users", "token_lifetime", "clock_offset"):
                if key in told:
                    setattr(self, key, told[key])
            for token in told.get("tokens", ()):
                self.tokens[token] = None
            self.metadata.update(told.get("metadata", {}))

    def now(self):
        return datetime.datetime.now(UTC) + datetime.timedelta(seconds=self.clock_offset)

    def revoke(self):
        """Every token is invalid from now on; new ones may be fetched."""
        with self.lock:
            self.tokens.clear()

    def rotate(self):
        """The metadata service has new keys from now on; the old ones are refused."""
        with self.lock:
            self.temporary = None

    def shown(self):
        with self.lock:
            return {"mode": self.mode, "refused_in_a_row": dict(self.refused_in_a_row),
                    "locked": sorted(key for key, end in self.locked_until.items() if end > self.now()),
                    "tokens": len(self.tokens), "temporary": self.temporary}

    # --- the API's own calls

    def check(self, listener, request):
        """-> (verdict in a word, None) when the request may pass, else (verdict, the 401 to send)."""
        with self.lock:
            mode = self.listeners.get(listener, self.mode)
            if mode == "none":
                return "not asked", None
            if mode in ("token", "iam"):
                return self._check_token(request)
            return self._check_signature(request)

    def _check_token(self, request):
        token = request.headers.get("x-auth-token")
        if token is None:
            return self._refuse("no token", "x-auth-token not found")
        if token not in self.tokens:
            return self._refuse("wrong token", "decrypt token fail")
        end = self.tokens[token]
        if end is not None and end <= self.now():
            return self._refuse("expired token", f"token expires, expires_at: {stamp(end)}")
        return "good token", None

    def _check_signature(self, request):
        parts = signing.parse_authorization(request.headers.get("authorization", ""))
        if parts is None:
            return self._refuse("no signature", "x-auth-token not found")
        key, signed, given = parts
        request.record["signed_headers"] = signed
        if self.locked_until.get(key, self.now()) > self.now():
            self.ledger.count(f"locked.{key}")
            return self._refuse("locked key", "AK access failed to reach the limit,forbidden")
        date = request.headers.get("x-sdk-date", "")
        if "x-sdk-date" not in signed or not self._in_window(date):
            self._refused(key)
            server = self.now().strftime("%Y%m%dT%H%M%SZ")
            return "expired signature", answers.error(
                "APIG.0303", message=f"signature expired, signature time:{date},server time:{server}")
        secret_key, security_token = self._secret_of(key)
        if secret_key is None:
            self._refused(key)
            return self._refuse("unknown key", "Get secretKey failed")
        if not self._signature_holds(request, secret_key, date, signed, given, security_token):
            self._refused(key)
            return self._refuse("wrong signature", "verify aksk signature fail")
        self.refused_in_a_row[key] = 0
        return "good signature", None

    @staticmethod
    def _signature_holds(request, secret_key, date, signed, given, security_token):
        if security_token is not None:
            sent = request.headers.get("x-security-token", "")
            if "x-security-token" not in signed or not hmac.compare_digest(sent.encode(), security_token.encode()):
                return False
        path, pairs = signing.split_target(request.target)
        canonical = signing.canonical_request(request.method, path, pairs, request.headers, signed, request.body)
        right = signing.signature(secret_key, signing.string_to_sign(date, canonical))
        return hmac.compare_digest(right.encode(), given.encode())

    def _in_window(self, date):
        try:
            then = datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        except ValueError:
            return False
        return abs(self.now() - then) <= WINDOW

    def _secret_of(self, key):
        if self.temporary and key == self.temporary["access"]:
            return self.temporary["secret"], self.temporary["securitytoken"]
        told = self.keys.get(key)
        if isinstance(told, dict):
            return told["secret"], told.get("security_token")
        return told, None

    def _refused(self, key):
        self.ledger.count(f"refused.{key}")
        self.refused_in_a_row[key] = self.refused_in_a_row.get(key, 0) + 1
        if self.refused_in_a_row[key] >= REFUSALS_TO_LOCK:
            self.locked_until[key] = self.now() + LOCK

    def _refuse(self, verdict, text):
        self.ledger.count("refused")
        return verdict, answers.error("APIGW.0301", message=WRONG + text)

    # --- IAM

    def issue(self, body):
        """POST /v3/auth/tokens."""
        with self.lock:
            try:
                told = json.loads(body)["auth"]
                user = told["identity"]["password"]["user"]
                found = {"domain": user["domain"]["name"], "user": user["name"], "password": user["password"],
                         "project": told["scope"]["project"].get("name") or told["scope"]["project"]["id"]}
                if told["identity"]["methods"] != ["password"]:
                    raise ValueError("methods")
            except (ValueError, KeyError, TypeError, AttributeError):
                return answers.iam_error(400, "The request body is invalid", "Bad Request")
            if found not in self.users:
                self.ledger.count("iam.refused")
                return answers.iam_error(401, "The username or password is wrong.", "Unauthorized")
            token = "MIIF" + secrets.token_urlsafe(900)
            issued = self.now()
            self.tokens[token] = issued + datetime.timedelta(seconds=self.token_lifetime)
            self.ledger.count("iam.issued")
            shown = {"token": {"expires_at": stamp(self.tokens[token]), "issued_at": stamp(issued), "methods": ["password"],
                               "catalog": [], "roles": [{"id": "0", "name": "te_admin"}],
                               "project": {"id": secrets.token_hex(16), "name": found["project"]},
                               "user": {"id": secrets.token_hex(16), "name": found["user"]}}}
            return answers.Answer(201, shown, headers=[("X-Subject-Token", token)])

    # --- metadata service

    def metadata_token(self, headers):
        """PUT /meta-data/latest/api/token. `metadata.token`: required, or the status to refuse with (404, 405, 503)."""
        with self.lock:
            if self.metadata["token"] != "required":
                return answers.Answer(int(self.metadata["token"]), b"", "text/plain")
            if not headers.get("x-metadata-token-ttl-seconds", "").isdigit():
                return answers.Answer(400, b"X-Metadata-Token-Ttl-Seconds is missing", "text/plain")
            token = secrets.token_urlsafe(40)
            self.metadata_tokens.add(token)
            self.ledger.count("metadata.tokens")
            return answers.Answer(200, token.encode(), "text/plain")

    def security_key(self, headers):
        """GET /openstack/latest/securitykey."""
        with self.lock:
            if not self.metadata["agency"]:
                return answers.Answer(401, b"Please configure Cloud Service Agency first", "text/plain")
            if self.metadata["token"] == "required" and headers.get("x-metadata-token") not in self.metadata_tokens:
                return answers.Answer(401, b"Invalid token", "text/plain")
            if self.temporary is None:
                end = self.now() + datetime.timedelta(seconds=float(self.metadata["lifetime"]))
                self.temporary = {"access": "TEMP" + secrets.token_hex(8).upper(), "secret": secrets.token_urlsafe(30),
                                  "securitytoken": "ggp" + secrets.token_urlsafe(300), "expires_at": stamp(end)}
            self.ledger.count("metadata.keys")
            return answers.Answer(200, {"credential": self.temporary})
