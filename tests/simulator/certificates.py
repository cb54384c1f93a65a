"""Certificates for loopback: a CA of its own and what it signs, made with the openssl program."""

import pathlib
import subprocess

GOOD_NAMES = "DNS:localhost,DNS:*.codearts.test,DNS:codearts.test,IP:127.0.0.1,IP:::1"

CA_CONFIG = """
[ca]
default_ca = own
[own]
dir = {folder}
database = {folder}/index.txt
new_certs_dir = {folder}
certificate = {folder}/ca.pem
private_key = {folder}/ca.key
rand_serial = yes
unique_subject = no
default_md = sha256
copy_extensions = copy
policy = any
[any]
commonName = supplied
"""


class Certificates:
    """Files in `folder`: ca.pem; good, other, expired, client as NAME.pem and NAME.key; stranger.pem, a CA that signed none."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "index.txt").write_text("")
        self.config = self.folder / "ca.cnf"
        self.config.write_text(CA_CONFIG.format(folder=self.folder))
        self._own_ca("ca", "buildwatch test CA")
        self._own_ca("stranger", "a CA nobody asked")
        self._leaf("good", GOOD_NAMES)
        self._leaf("other", "DNS:somebody-else.example")
        self._leaf("expired", GOOD_NAMES, start="20200101000000Z", end="20200201000000Z")
        self._leaf("client", "DNS:client.codearts.test")

    def pem(self, name):
        return str(self.folder / f"{name}.pem")

    def key(self, name):
        return str(self.folder / f"{name}.key")

    def _own_ca(self, name, subject):
        self._openssl("req", "-x509", *self._new_key(name), "-subj", f"/CN={subject}", "-days", "3650", "-out", self.pem(name))

    def _leaf(self, name, names, start="20240101000000Z", end="20491231235959Z"):
        request = self.folder / f"{name}.csr"
        self._openssl("req", "-new", *self._new_key(name), "-subj", f"/CN={name}", "-addext", f"subjectAltName={names}",
                      "-out", str(request))
        self._openssl("ca", "-batch", "-notext", "-config", str(self.config), "-startdate", start, "-enddate", end,
                      "-in", str(request), "-out", self.pem(name))

    def _new_key(self, name):
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key(name))

    @staticmethod
    def _openssl(*arguments):
        try:
            done = subprocess.run(("openssl", *arguments), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise RuntimeError("the openssl program is needed to make certificates (apt install openssl)") from None
        if done.returncode != 0:
            raise RuntimeError(f"openssl {arguments[0]} failed: {done.stderr.strip()}")
