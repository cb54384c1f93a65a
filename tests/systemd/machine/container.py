"""A booted container: systemd as process 1, a network of its own that has nothing but loopback, a disk in memory."""

import ctypes
import contextlib
import os
import pathlib
import select
import signal
import socket
import subprocess
import tempfile
import time

from machine.cgroup import ControlGroup
from machine.root import Impossible

PATIENCE = float(os.environ.get("BUILDWATCH_TEST_PATIENCE", "60"))  # seconds; the limit of any wait, not a measure of anything
CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


class Container:
    """What is changed in it is gone with it: the root lies below an overlay of memory."""

    def __init__(self, root):
        self.folder = tempfile.TemporaryDirectory(prefix="buildwatch-container-")
        self.console = pathlib.Path(self.folder.name) / "console"
        environment = os.environ | {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}  # as Debian 12 boots, whatever is outside
        name = f"buildwatch-test-{os.getpid()}-{id(self):x}"
        self.group = ControlGroup(name)
        join = 'while [ "$1" != -- ]; do echo $$ >"$1"; shift; done; shift; exec "$@"'
        command = ["sh", "-ec", join, "sh", *self.group.files, "--", "setpriv", "--pdeathsig", "KILL", "systemd-nspawn", "--quiet",
                   "--boot", "--register=no", "--keep-unit", "--volatile=overlay", "--private-network", "--console=pipe",
                   "--notify-ready=yes", f"--machine={name}", f"--directory={root}"]
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready, open(self.console, "wb") as console:
            ready.bind(f"{self.folder.name}/notify")
            environment["NOTIFY_SOCKET"] = f"{self.folder.name}/notify"
            self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=console, stderr=console)
            try:
                self.leader = self._booted(ready)
            except BaseException:
                self.close()
                raise

    def _booted(self, ready):
        """Waits until systemd inside says that all is up; -> its process id, seen from here."""
        leader, end = None, time.monotonic() + PATIENCE
        while True:
            if self.process.poll() is not None:
                raise Impossible(f"systemd-nspawn can not boot here (exit {self.process.returncode}): {self.console_text()}")
            if time.monotonic() > end:
                raise Impossible(f"systemd-nspawn did not boot within {PATIENCE:.0f} s: {self.console_text()}")
            if not select.select([ready], [], [], 0.2)[0]:
                continue
            for line in ready.recv(4096).decode(errors="replace").splitlines():
                name, _, value = line.partition("=")
                if name == "X_NSPAWN_LEADER_PID":
                    leader = int(value)
                if line == "READY=1" and leader:
                    return leader

    def console_text(self):
        return self.console.read_text(errors="replace").strip()[-2000:]

    def close(self):
        """Ends it at once: nothing of it is kept."""
        if self.process.poll() is None:
            with contextlib.suppress(AttributeError, ProcessLookupError):
                os.kill(self.leader, signal.SIGKILL)  # process 1 of a namespace takes all of it along
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.group.close()
        self.folder.cleanup()

    # --- inside

    def run(self, *command, check=True, told=None, limit=None):
        """A command inside, as root; -> CompletedProcess with text."""
        entered = ["nsenter", f"--target={self.leader}", "--all", "--root", "--wd", "--", *map(str, command)]
        environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/root",
                       "SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": "", "DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run(entered, env=environment, input=told, stdin=subprocess.DEVNULL if told is None else None,
                              capture_output=True, text=True, errors="replace", timeout=limit or 2 * PATIENCE)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def out(self, *command, **more):
        return self.run(*command, **more).stdout.strip()

    def path(self, name):
        """A file inside, as one of ours. Only for paths without absolute links in them."""
        return pathlib.Path(f"/proc/{self.leader}/root") / str(name).lstrip("/")

    def write(self, name, content, mode=0o644):
        file = self.path(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
        file.chmod(mode)

    @contextlib.contextmanager
    def network(self):
        """What this thread opens or starts meanwhile is in the container's network: sockets, and processes with theirs."""
        with open("/proc/thread-self/ns/net") as ours, open(f"/proc/{self.leader}/ns/net") as theirs:
            enter(theirs)
            try:
                yield
            finally:
                enter(ours)


def enter(namespace):
    if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
