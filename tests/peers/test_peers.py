"""Signatures of the running binary, judged by other people's code: standardwebhooks, and the vendor's own signer."""

import base64
import json
import os
import pathlib
import subprocess
import sys
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent / "e2e"))

from support import case
from support.case import Case, job_id

NODE = os.environ.get("BUILDWATCH_NODE", "node")


class Peer:
    """A node program that tells a JSON line for each request."""

    def __init__(self, script, *arguments):
        self.process = subprocess.Popen([NODE, str(HERE / script), *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = json.loads(self.process.stdout.readline())["port"]
        self.told = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.told.append(json.loads(line))

    def close(self):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


@unittest.skipUnless(os.environ.get("BUILDWATCH_PEERS"), "BUILDWATCH_PEERS names no folder of packages")
class Peers(Case):
    def peer(self, script, *arguments):
        made = Peer(script, *arguments)
        self.addCleanup(made.close)
        return made

    def test_webhook_signatures(self):
        def secret(size):
            return "whsec_" + base64.b64encode(os.urandom(size)).decode()
        old, new, never = secret(24), secret(64), secret(32)
        peer = self.peer("webhooks.mjs", old, new, never)
        url = f"http://127.0.0.1:{peer.port}"
        sinks = {"before": {"type": "webhook", "url": url + "/before", "secret": old},
                 "rotating": {"type": "webhook", "url": url + "/rotating", "secret": [old, new]},
                 "after": {"type": "webhook", "url": url + "/after", "secret": new}}
        self.simulator.job(job_id(1), 1, "running")
        daemon = self.start(self.config([self.job("signed", labels={"text": "ü 构建 \" \\"})], sinks))
        daemon.wait(lambda: len(peer.told) >= 3, "the first webhooks")
        self.simulator.job(job_id(1), 1, "finished", word="FAILURE")
        daemon.wait(lambda: len(peer.told) >= 6, "the second webhooks")
        daemon.stop()
        expected = {"/before": [True, False, False], "/rotating": [True, True, False], "/after": [False, True, False]}
        for told in peer.told:
            self.assertEqual(told["verified"], expected[told["path"]], told)
            self.assertEqual(told["signatures"], sum(expected[told["path"]]))
        self.assertEqual(len({told["id"] for told in peer.told}), 2)

    def test_request_signatures(self):
        ak, sk = "TESTAK00000000000077", "test/secret+key=with~punctuation"
        for number, (auth, more) in enumerate(((dict(), dict()), (dict(security_token="gQ1mYWtl/dG9r+MDEy="), dict()),
                                               (dict(), dict(iam_project_id="fedcba9876543210fedcba9876543210")),
                                               (dict(security_token="t"), dict(iam_project_id="p"))), 1):
            with self.subTest(auth=auth, more=more):
                peer = self.peer("signatures.mjs", ak, sk)
                provider = self.provider(endpoint=f"http://127.0.0.1:{peer.port}", auth={"type": "aksk", "access_key": ak, "secret_key": sk} | auth, **more)
                jobs = [self.job("first", number), self.job("last", number + 1, build=2147483647)]
                daemon = self.start(self.config(jobs, providers={case.PROVIDER: provider}))
                daemon.wait_events(2, type="build.finished")
                daemon.stop()
                self.assertGreaterEqual(len(peer.told), 2)
                for told in peer.told:
                    self.assertEqual(told["got"], told["expected"])
                    self.assertEqual(told.get("project"), more.get("iam_project_id"))
                    self.assertEqual(told.get("security_token"), auth.get("security_token"))


if __name__ == "__main__":
    case.main()
