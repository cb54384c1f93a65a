"""A real nginx in front of the daemon, with TLS and a certificate of its own, set up as config/nginx.conf says."""

import http.client
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import time

from support.api import Answer, Api
from support.daemon import PATIENCE

CONFIGURATION = pathlib.Path(__file__).resolve().parents[3] / "config/nginx.conf"
NAME = "builds.example.com"

# What stands around conf.d/*.conf. Debian's has gzip on as well, which weakens ETags.
AROUND = """
daemon off;
worker_processes 1;
pid {home}/nginx.pid;
error_log {home}/error.log warn;
events {{ worker_connections 256; }}
http {{
  access_log off;
  gzip on;
  client_body_temp_path {home}/body;
  proxy_temp_path {home}/proxy;
  fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi;
  scgi_temp_path {home}/scgi;
  include {home}/buildwatch.conf;
}}
"""


def _free_ports(count):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


def _make_certificate(home):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2",
                    "-keyout", home / "key.pem", "-out", home / "cert.pem", "-subj", f"/CN={NAME}",
                    "-addext", f"subjectAltName=DNS:{NAME}"], check=True, capture_output=True)


def _moved(text, changes):
    """The file with other ports and paths. Each change must find its place, or this is another file."""
    for pattern, to in changes:
        text, count = re.subn(pattern, to, text)
        if count == 0:
            raise AssertionError(f"config/nginx.conf has no {pattern}")
    return text


class Nginx:
    """In a folder of its own. `behind`: the daemon's port."""

    def __init__(self, home, behind):
        self.home = pathlib.Path(home)
        self.home.chmod(0o755)  # nginx's worker is another user where this one is root
        self.port, self.plain = _free_ports(2)
        _make_certificate(self.home)
        (self.home / "buildwatch.conf").write_text(_moved(CONFIGURATION.read_text(), [
            (r"(?m)^ *listen \[::\]:\d+.*\n", ""), (r"listen 443 ", f"listen 127.0.0.1:{self.port} "),
            (r"listen 80;", f"listen 127.0.0.1:{self.plain};"), (r"server 127\.0\.0\.1:9847;", f"server 127.0.0.1:{behind};"),
            (r"ssl_certificate \S+;", f"ssl_certificate {self.home}/cert.pem;"),
            (r"ssl_certificate_key \S+;", f"ssl_certificate_key {self.home}/key.pem;")]))
        (self.home / "nginx.conf").write_text(AROUND.format(home=self.home))
        self._process = subprocess.Popen(["nginx", "-p", self.home, "-e", self.home / "error.log", "-c", self.home / "nginx.conf"])
        try:
            self._wait_until_it_listens()
        except BaseException:
            self.discard()
            raise

    def _wait_until_it_listens(self):
        deadline = time.monotonic() + PATIENCE
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.02)
        raise AssertionError(f"nginx did not start: {(self.home / 'error.log').read_text()}")

    def discard(self):
        """Ends it, and the folder with it."""
        self._process.terminate()
        self._process.wait(PATIENCE)
        shutil.rmtree(self.home, ignore_errors=True)


class Through(Api):
    """The daemon's API through nginx: asked by its name over TLS, its certificate verified."""

    def __init__(self, nginx, token=None, host=NAME):
        self.nginx, self.token, self.host = nginx, token, host
        self.tls = ssl.create_default_context(cafile=nginx.home / "cert.pem")

    def connect(self):
        made = http.client.HTTPSConnection(NAME, self.nginx.port, timeout=PATIENCE)
        plain = socket.create_connection(("127.0.0.1", self.nginx.port), timeout=PATIENCE)
        made.sock = self.tls.wrap_socket(plain, server_hostname=NAME)
        return made

    def get_plain(self, path):
        """Without TLS, at the other port."""
        made = http.client.HTTPConnection("127.0.0.1", self.nginx.plain, timeout=PATIENCE)
        try:
            made.request("GET", path, headers=self.headers(None))
            response = made.getresponse()
            return Answer(response, response.read())
        finally:
            made.close()
