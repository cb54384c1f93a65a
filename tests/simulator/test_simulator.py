"""The simulator does what its README says: it is the measure of other tests, so it is measured first."""

import datetime
import http.client
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import time
import unittest

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import answers
import signing
from client import PROGRAM, Simulator

VECTORS = HERE.parent / "data" / "codearts" / "signing-vectors.json"
JOB = "0123456789abcdef0123456789abcdef"
OTHER = "fedcba9876543210fedcba9876543210"
INFO = f"/v1/job/{JOB}/1/build-info"


def now(offset=0):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=offset)
    return moment.strftime("%Y%m%dT%H%M%SZ")


class Signatures(unittest.TestCase):
    """The simulator's own signing against the vendor's vectors."""

    def test_every_vector_of_the_vendor(self):
        vectors = json.loads(VECTORS.read_text(encoding="utf-8"))["vectors"]
        self.assertGreaterEqual(len(vectors), 26)
        for vector in vectors:
            with self.subTest(vector["name"]):
                headers = {name.lower(): value for name, value in vector["headers_in"].items()} | {"host": vector["host"]}
                body = vector["body"].encode()
                pairs = [tuple(pair) for pair in vector["query"]]
                request = signing.canonical_request(vector["method"], vector["path"], pairs, headers, sorted(headers), body)
                self.assertEqual(request, vector["expected"]["canonical_request"])
                self.assertEqual(signing.authorization(vector["access_key"], vector["secret_key"], vector["method"], vector["path"],
                                                       pairs, headers, body), vector["expected"]["authorization"])
                target = vector["url"].split(vector["host"], 1)[1]
                self.assertEqual(signing.split_target(target), (vector["path"], pairs))

    def test_vectors_of_the_vendors_go_signer(self):
        headers = {"x-sdk-date": "20060102T150405Z"}
        for method, query, body, expected in (
                ("GET", [("limit", "1")], b"", "5a2ce64c865e0e6046321c6f3d5a77ba8413eeaf355c3166c03d58d02ac79624"),
                ("POST", [("key", "value")], b'{"Name":"test","Id":1}\n',
                 "cecc2af119b18ab70b4d094c0750f3b42c02f254903179a0fc2cc72fc9db4f59")):
            made = signing.authorization("AccessKey", "SecretKey", method, "/path", query, headers, body)
            self.assertTrue(made.endswith(expected), made)


class Served(unittest.TestCase):
    """Each test talks to one simulator, reset in between."""

    @classmethod
    def setUpClass(cls):
        cls.simulator = Simulator()
        cls.addClassCleanup(cls.simulator.close)

    def setUp(self):
        self.simulator.reset()
        self.addCleanup(self.simulator.clear_faults)

    def connect(self, listener="http"):
        port = self.simulator.ports[listener]
        if listener == "http":
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        else:
            context = ssl.create_default_context(cafile=self.simulator.ca_file)
            connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=30, context=context)
        self.addCleanup(connection.close)
        return connection

    def get(self, path=INFO, headers=None, method="GET", body=None, connection=None):
        connection = connection or self.connect()
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response, response.read()

    def signed(self, ak, sk, path=INFO, more=None, offset=0, host=None):
        headers = {"Host": host or f"127.0.0.1:{self.simulator.ports['http']}", "X-Sdk-Date": now(offset), **(more or {})}
        return headers | {"Authorization": signing.authorization(ak, sk, "GET", path, [], headers, b"")}

    def raw(self, path=INFO):
        """Bytes of an answer as they came, until the connection ended."""
        with socket.create_connection(("127.0.0.1", self.simulator.ports["http"]), 30) as end:
            end.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            got = b""
            while part := end.recv(65536):
                got += part
            return got


class Answers(Served):
    def test_both_shapes_and_all_states(self):
        for shape in ("object", "array"):
            for state, word, expected in (("running", None, (True, None)), ("queued", None, (False, None)),
                                          ("queued", "INQUEUE", (False, "INQUEUE")), ("settling", None, (False, "")),
                                          ("finished", "FAILURE", (False, "FAILURE"))):
                with self.subTest(shape=shape, state=state):
                    more = {} if word is None else {"word": word}
                    self.simulator.job(JOB, 1, state, shape=shape, **more)
                    response, body = self.get()
                    self.assertEqual(response.status, 200)
                    told = json.loads(body)
                    result = told["result"][0] if shape == "array" else told["result"]
                    self.assertEqual((result["building"], result["build_result"]), expected)
                    self.assertEqual((told["status"], told["error"]), ("success", None))

    def test_what_is_not_there(self):
        self.simulator.job(JOB, 2, "running")
        for path, status, code in ((INFO, 403, "CB.00031059"), (f"/v1/job/{OTHER}/1/build-info", 422, "DEVCB.00031006"),
                                   (f"/v1/job/{OTHER}/running-status", 422, "DEVCB.00031006"),
                                   ("/v1/job/short/1/build-info", 400, "CB.00060201"),
                                   (f"/v1/job/{JOB}/0/build-info", 400, "CB.00060200"), ("/v2/else", 404, "APIGW.0101")):
            with self.subTest(path):
                response, body = self.get(path)
                self.assertEqual((response.status, json.loads(body)["error_code"]), (status, code))

    def test_running_status(self):
        path = f"/v1/job/{JOB}/running-status"
        self.simulator.job(JOB)
        self.assertIsNone(json.loads(self.get(path)[1])["result"]["last_build_no"])
        self.simulator.job(JOB, 8, "finished", word="SUCCESS")
        self.simulator.job(JOB, 9, "queued")
        result = json.loads(self.get(path)[1])["result"]
        self.assertEqual((result["last_build_no"], result["last_build_status"], result["is_running"]), ("9", "InQueue", True))

    def test_scripts_run_by_their_clock(self):
        steps = [{"at": 0, "state": "running"}, {"at": 0.2, "state": "finished", "word": "ABORTED"}]
        self.simulator.script({JOB: {"builds": {"1": steps}}}, clock="first_poll")
        self.assertTrue(json.loads(self.get()[1])["result"]["building"])
        while json.loads(self.get()[1])["result"]["building"]:
            time.sleep(0.02)
        self.assertEqual(json.loads(self.get()[1])["result"]["build_result"], "ABORTED")

    def test_a_wrong_script_is_refused_with_words(self):
        with self.assertRaisesRegex(RuntimeError, "state must be one of"):
            self.simulator.job(JOB, 1, "exploding")
        with self.assertRaisesRegex(RuntimeError, "kind must be one of"):
            self.simulator.fault("earthquake")

    def test_requests_are_recorded(self):
        self.simulator.job(JOB, 1, "running")
        connection = self.connect()
        self.get(connection=connection)
        self.get(connection=connection)
        first, second = self.simulator.requests(job=JOB)
        self.assertEqual((first["call"], first["build"], first["status"], first["listener"]), ("build-info", "1", 200, "http"))
        self.assertEqual(first["connection"], second["connection"])
        self.assertLess(first["time"], second["time"])
        self.assertEqual(self.simulator.counts()["call.build-info"], 2)


class Credentials(Served):
    def refused(self, headers):
        response, body = self.get(headers=headers)
        self.assertEqual(response.status, 401)
        return json.loads(body)

    def test_right_and_wrong_signatures(self):
        self.simulator.auth(mode="aksk", keys={"AK1": "sk-one"})
        self.simulator.job(JOB, 1, "running")
        self.assertEqual(self.get(headers=self.signed("AK1", "sk-one"))[0].status, 200)
        self.assertIn("not found", self.refused({})["error_msg"])
        self.assertIn("verify aksk", self.refused(self.signed("AK1", "sk-two"))["error_msg"])
        self.assertIn("Get secretKey", self.refused(self.signed("AK2", "sk-one"))["error_msg"])
        self.assertEqual(self.refused(self.signed("AK1", "sk-one", offset=-16 * 60))["error_code"], "APIG.0303")
        self.assertEqual(self.get(headers=self.signed("AK1", "sk-one", offset=14 * 60))[0].status, 200)

    def test_five_refusals_lock_a_key(self):
        self.simulator.auth(mode="aksk", keys={"AK1": "sk-one"})
        self.simulator.job(JOB, 1, "running")
        for _ in range(5):
            self.refused(self.signed("AK1", "wrong"))
        self.assertIn("reach the limit", self.refused(self.signed("AK1", "sk-one"))["error_msg"])
        self.assertEqual(self.simulator.counts()["refused.AK1"], 5)
        self.assertEqual(self.simulator.state()["auth"]["locked"], ["AK1"])

    def test_a_good_signature_ends_the_row(self):
        self.simulator.auth(mode="aksk", keys={"AK1": "sk-one"})
        self.simulator.job(JOB, 1, "running")
        for _ in range(3):
            for _ in range(4):
                self.refused(self.signed("AK1", "wrong"))
            self.assertEqual(self.get(headers=self.signed("AK1", "sk-one"))[0].status, 200)

    def test_security_token_must_be_signed(self):
        self.simulator.auth(mode="aksk", keys={"AK1": {"secret": "sk", "security_token": "st"}})
        self.simulator.job(JOB, 1, "running")
        good = self.signed("AK1", "sk", more={"X-Security-Token": "st"})
        self.assertEqual(self.get(headers=good)[0].status, 200)
        self.refused(self.signed("AK1", "sk") | {"X-Security-Token": "st"})
        self.refused(self.signed("AK1", "sk", more={"X-Security-Token": "other"}))

    def iam(self, password="pw"):
        told = {"auth": {"identity": {"methods": ["password"], "password": {"user": {"domain": {"name": "d"}, "name": "u", "password": password}}},
                         "scope": {"project": {"name": "cn-north-4"}}}}
        return self.get("/v3/auth/tokens", {"Content-Type": "application/json;charset=utf8"}, "POST", json.dumps(told))

    def test_iam_tokens_expire_and_are_revoked(self):
        users = [{"domain": "d", "user": "u", "password": "pw", "project": "cn-north-4"}]
        self.simulator.auth(mode="iam", users=users, token_lifetime=0.3)
        self.simulator.job(JOB, 1, "running")
        self.assertEqual(self.iam("no")[0].status, 401)
        self.assertEqual(self.get("/v3/auth/tokens", method="POST", body="{}")[0].status, 400)
        response, body = self.iam()
        self.assertEqual(response.status, 201)
        token = {"X-Auth-Token": response.getheader("X-Subject-Token")}
        self.assertRegex(json.loads(body)["token"]["expires_at"], r"^\d{4}-.*\.\d{6}Z$")
        self.assertEqual(self.get(headers=token)[0].status, 200)
        while self.get(headers=token)[0].status == 200:
            time.sleep(0.02)
        self.assertIn("token expires", self.refused(token)["error_msg"])
        self.simulator.auth(token_lifetime=60)
        token = {"X-Auth-Token": self.iam()[0].getheader("X-Subject-Token")}
        self.simulator.call("POST", "/tokens/revoke")
        self.assertIn("decrypt token fail", self.refused(token)["error_msg"])

    def test_metadata_service(self):
        self.simulator.auth(mode="aksk")
        self.simulator.job(JOB, 1, "running")
        self.assertEqual(self.get("/openstack/latest/securitykey")[0].status, 401)
        token = self.get("/meta-data/latest/api/token", {"X-Metadata-Token-Ttl-Seconds": "21600"}, "PUT")[1].decode()
        key = json.loads(self.get("/openstack/latest/securitykey", {"X-Metadata-Token": token})[1])["credential"]
        more = {"X-Security-Token": key["securitytoken"]}
        self.assertEqual(self.get(headers=self.signed(key["access"], key["secret"], more=more))[0].status, 200)
        self.simulator.call("POST", "/metadata/rotate")
        self.refused(self.signed(key["access"], key["secret"], more=more))
        self.simulator.auth(metadata={"agency": False})
        self.assertIn(b"Please configure Cloud Service Agency first", self.get("/openstack/latest/securitykey", {"X-Metadata-Token": token})[1])
        self.simulator.auth(metadata={"token": "404"})
        self.assertEqual(self.get("/meta-data/latest/api/token", {}, "PUT")[0].status, 404)

    def test_another_clock(self):
        self.simulator.auth(mode="aksk", keys={"AK1": "sk"}, clock_offset=3600)
        response, _ = self.get(headers=self.signed("AK1", "sk"))
        self.assertEqual(response.status, 401)
        date = datetime.datetime.strptime(response.getheader("Date"), "%a, %d %b %Y %H:%M:%S GMT")
        self.assertGreater(date.replace(tzinfo=datetime.timezone.utc).timestamp() - time.time(), 3000)


class Faults(Served):
    def setUp(self):
        super().setUp()
        self.simulator.job(JOB, 1, "running")

    def test_counted_and_matched(self):
        self.simulator.fault("error", code="CB.00060101", job=JOB, times=2, skip=1)
        self.assertEqual([self.get()[0].status for _ in range(4)], [200, 500, 500, 200])
        self.simulator.fault("error", code="CB.00060101", job=OTHER)
        self.simulator.fault("error", code="CB.00060101", path="/v1/else/*")
        self.assertEqual(self.get()[0].status, 200)

    def test_every_code_and_shape(self):
        for code, (status, _) in answers.ERRORS.items():
            for shape in "acdegij":
                self.simulator.fault("error", code=code, shape=shape, times=1)
                response, body = self.get()
                self.assertEqual(response.status, status, (code, shape))
                self.assertTrue(body)
            for shape in "bfh":
                self.simulator.fault("error", code=code, shape=shape, times=1)
                self.assertEqual(self.get()[0].status, 200, (code, shape))

    def test_broken_answers(self):
        whole = self.raw()
        for kind in ("reset", "close", "garbage", "truncate", "close_after_headers", "connect_reset", "connect_garbage"):
            with self.subTest(kind):
                self.simulator.fault(kind, times=1)
                try:
                    self.assertNotEqual(len(self.raw()), len(whole))
                except ConnectionError:
                    self.assertIn(kind, ("reset", "connect_reset", "connect_garbage"))
                self.assertEqual(self.get()[0].status, 200)

    def test_reset_is_a_reset(self):
        for listener in ("http", "https"):
            self.simulator.fault("reset", listener=listener, times=1)
            with self.subTest(listener), self.assertRaises(ConnectionResetError):
                self.get(connection=self.connect(listener))

    def test_hang_ends_with_the_fault_or_the_caller(self):
        for kind in ("hang", "connect_hang"):
            number = self.simulator.fault(kind)
            with socket.create_connection(("127.0.0.1", self.simulator.ports["http"]), 30) as end:
                end.sendall(f"GET {INFO} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                end.settimeout(0.2)
                with self.assertRaises(TimeoutError):
                    end.recv(1)
                end.settimeout(30)
                self.simulator.clear_faults(number)
                try:
                    self.assertEqual(end.recv(1), b"")
                except ConnectionResetError:
                    pass  # what we sent had not been read

    def test_bodies(self):
        self.simulator.fault("huge", times=1)
        self.assertGreater(len(self.get()[1]), 50 * 1024 * 1024)
        self.simulator.fault("wrong_type", variant="building_text", times=1)
        self.assertEqual(json.loads(self.get()[1])["result"]["building"], "true")
        self.simulator.fault("html", times=1)
        self.assertEqual(self.get()[0].getheader("Content-Type"), "text/html")
        self.simulator.fault("empty", status=503, times=1)
        self.assertEqual(self.get()[0].status, 503)
        self.simulator.fault("huge_head", times=1)
        self.assertGreater(len(self.raw()), 128 * 1024)

    def test_throttling(self):
        self.simulator.fault("throttle", retry_after=7, times=1)
        response, _ = self.get()
        self.assertEqual((response.status, response.getheader("Retry-After")), (429, "7"))
        self.simulator.fault("throttle", retry_after=7, date=True, times=1)
        self.assertIn("GMT", self.get()[0].getheader("Retry-After"))
        self.simulator.fault("throttle", code="CB.00060211", times=1)
        self.assertEqual(self.get()[0].status, 500)

    def test_ways_to_send(self):
        self.simulator.fault("chunked", times=1)
        self.assertIn("result", json.loads(self.get()[1]))
        self.simulator.fault("informational", times=1)
        self.assertTrue(self.raw().startswith(b"HTTP/1.1 100 Wait\r\n"))
        self.simulator.fault("no_date", times=1)
        self.assertIsNone(self.get()[0].getheader("Date"))
        self.simulator.fault("drip", ms=1, times=1)
        self.assertIn("result", json.loads(self.get()[1]))
        self.simulator.fault("redirect", location="/x", times=1)
        self.assertEqual(self.get()[0].getheader("Location"), "/x")

    def test_stale_connections(self):
        for end in (lambda: None, self.simulator.end_connections):
            connection = self.connect()
            if end is not self.simulator.end_connections:
                self.simulator.fault("close_after", times=1)
            response, _ = self.get(connection=connection)
            self.assertIsNone(response.getheader("Connection"))
            end()
            with self.assertRaises((ConnectionError, http.client.BadStatusLine)):
                self.get(connection=connection)
                self.get(connection=connection)


class Tls(Served):
    def shake(self, listener, context, session=None):
        with socket.create_connection(("127.0.0.1", self.simulator.ports[listener]), 30) as plain:
            with context.wrap_socket(plain, server_hostname="localhost", session=session) as end:
                end.sendall(f"GET {INFO} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                self.assertTrue(end.recv(4096).startswith(b"HTTP/1.1 "))
                return end.session

    def test_certificates_are_as_named(self):
        context = ssl.create_default_context(cafile=self.simulator.ca_file)
        self.shake("https", context)
        for listener, words in (("https_other", "match"), ("https_expired", "expired")):
            with self.assertRaisesRegex(ssl.SSLCertVerificationError, words):
                self.shake(listener, context)
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.shake("https", ssl.create_default_context(cafile=str(self.simulator.certificates / "stranger.pem")))

    def test_sessions_resume_and_are_counted(self):
        context = ssl.create_default_context(cafile=self.simulator.ca_file)
        self.shake("https", context, self.shake("https", context))
        self.assertEqual([request["tls_resumed"] for request in self.simulator.requests()], [False, True])
        self.assertEqual(self.simulator.counts()["handshakes.resumed"], 1)

    def test_client_certificate(self):
        context = ssl.create_default_context(cafile=self.simulator.ca_file)
        with self.assertRaises(OSError):
            self.shake("https_client", context)
        folder = self.simulator.certificates
        context.load_cert_chain(folder / "client.pem", folder / "client.key")
        self.shake("https_client", context)


class Proxy(Served):
    def tunnel(self, headers=None):
        context = ssl.create_default_context(cafile=self.simulator.ca_file)
        connection = http.client.HTTPSConnection("127.0.0.1", self.simulator.ports["proxy"], timeout=30, context=context)
        self.addCleanup(connection.close)
        connection.set_tunnel("api.codearts.test", 443, headers or {})
        return self.get(connection=connection)

    def test_tunnels(self):
        self.simulator.job(JOB, 1, "running")
        self.simulator.proxy(map={"api.codearts.test:443": f"127.0.0.1:{self.simulator.ports['https']}"}, user="u", password="p")
        with self.assertRaisesRegex(OSError, "407"):
            self.tunnel()
        self.assertEqual(self.tunnel({"Proxy-Authorization": "Basic dTpw"})[0].status, 200)
        self.assertEqual(self.simulator.counts()["tunnels"], 1)
        self.simulator.fault("proxy_status", status=502, times=1)
        with self.assertRaisesRegex(OSError, "502"):
            self.tunnel({"Proxy-Authorization": "Basic dTpw"})


class Program(unittest.TestCase):
    """The command itself."""

    def test_taken_port_is_said_clearly(self):
        with Simulator("--plain") as first:
            done = subprocess.run([sys.executable, PROGRAM, "--plain", "--http-port", str(first.ports["http"])],
                                  capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"^simulator: port \d+ of 127.0.0.1 is taken .*--http-port\n$")

    def test_ends_quietly(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            process = subprocess.Popen([sys.executable, PROGRAM, "--script", HERE / "demo.json"], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True)
            ready = json.loads(process.stdout.readline())
            os.kill(process.pid, number)
            _, told = process.communicate(timeout=60)
            self.assertEqual((process.returncode, told), (0, ""))
            self.assertFalse(os.path.exists(ready["certificates"]))

    def test_wrong_script_file(self):
        done = subprocess.run([sys.executable, PROGRAM, "--script", "/nonexistent.json"], capture_output=True, text=True, timeout=60,
                              check=False)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "^simulator: can not play /nonexistent.json: ")


if __name__ == "__main__":
    unittest.main()
