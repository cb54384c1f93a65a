"""The server all clients are measured against: nginx, one worker, TLS 1.3 with a certificate of our own, a fixed answer."""

import pathlib
import socket
import subprocess
import time

import process



def _answer(result):
    """As codearts-api.md shows it (section 1.1)."""
    return f'{{"result": {result}, "error": null, "status": "success"}}'


# A build-info answer of a build that runs on; blanks fill it up to 119 bytes.
ANSWER = _answer('{"building": true, "build_result": null, "region": "cn-north-4"}').ljust(119)
NO_PAST = _answer('{"total_record": "0", "job_build_states": []}')
# Of a job that rests: its newest build, and that this has ended.
NEWEST = _answer('{"last_job_id": "48c66c6002964721be537cdc6ce0297b", "last_build_no": "42", "last_build_status": "Finished", "is_running": false}')
ENDED = _answer('{"building": false, "build_result": "SUCCESS", "region": "cn-north-4"}')
HOST = "localhost"
TARGET = "/v1/job/48c66c6002964721be537cdc6ce0297b/1/build-info"

CONFIGURATION = """
daemon off;
worker_processes 1;
pid {home}/nginx.pid;
error_log {home}/error.log warn;
events {{ worker_connections 4096; }}
http {{
  default_type application/json;
  client_body_temp_path {home}/body;
  proxy_temp_path {home}/proxy;
  fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi;
  scgi_temp_path {home}/scgi;
  keepalive_requests 2000000000;
  keepalive_timeout 1h;
  ssl_protocols TLSv1.3;
  ssl_certificate {home}/server.pem;
  ssl_certificate_key {home}/server.key;
  log_format time '$msec';
  server {{
    listen 127.0.0.1:{port} ssl backlog=4096;
    access_log off;
    location / {{ return 200 '{answer}'; }}
    location /v1/record/ {{ return 200 '{no_past}'; }}
  }}
  server {{  # the same with a line of its time for each request
    listen 127.0.0.1:{logged_port} ssl backlog=4096;
    access_log {home}/requests.log time;
    location / {{ return 200 '{answer}'; }}
    location /v1/record/ {{ return 200 '{no_past}'; }}
    location ~ /running-status$ {{ return 200 '{newest}'; }}
    location ~ /42/build-info$ {{ return 200 '{ended}'; }}
  }}
}}
"""


def _openssl(*arguments, cwd):
    subprocess.run(["openssl", *arguments], cwd=cwd, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def _make_certificate(home):
    """An authority and a certificate for localhost, ECDSA P-256 both."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"]
    _openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=buildwatch bench",
             cwd=home)
    _openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost", cwd=home)
    (home / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    _openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
             "-extfile", "names", "-out", "server.pem", cwd=home)


def _free_ports(count):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


class Server:
    """nginx on `cpu`, answering from construction until the end of its `with`. Everything it writes is below `home`."""

    def __init__(self, home: pathlib.Path, cpu: int):
        self.home = home
        self.ca_file = home / "ca.pem"
        self.request_log = home / "requests.log"
        self.port, self.logged_port = _free_ports(2)
        _make_certificate(home)
        configuration = home / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(home=home, port=self.port, logged_port=self.logged_port,
                                                      answer=ANSWER, no_past=NO_PAST, newest=NEWEST, ended=ENDED))
        # The worker inherits the affinity of the master.
        self._process = process.start_pinned(["nginx", "-p", home, "-e", home / "error.log", "-c", configuration], cpu)
        self._wait_until_it_listens()

    def _wait_until_it_listens(self):
        for _ in range(200):
            if self._process.poll() is not None:
                raise SystemExit(f"bench: nginx did not start: {(self.home / 'error.log').read_text()}")
            try:
                socket.create_connection(("127.0.0.1", self.logged_port), timeout=1).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.02)
        raise SystemExit("bench: nginx does not listen after 4 s")

    def url(self, port):
        return f"https://{HOST}:{port}"

    def requests_logged(self):
        return self.request_log.read_bytes().count(b"\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()
