"""A small Debian with systemd, which containers are booted from: made once by debootstrap, kept outside the checkout."""

import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

SUITE = "bookworm"
PACKAGES = ("systemd", "systemd-sysv", "systemd-resolved", "libnss-resolve", "dbus", "iproute2", "ca-certificates",
            "python3", "nodejs")
STALE = 30 * 24 * 3600  # seconds after which a root that nobody used is removed
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "buildwatch-tests" / "systemd"


class Impossible(Exception):
    """What is tested can not be tried here, and why."""


def field(package, name):
    """A field of a .deb's control file."""
    return subprocess.run(["dpkg-deb", "--field", str(package), name], check=True, capture_output=True, text=True).stdout.strip()


def ready(package):
    """The folder of a root that has what `package` (a .deb) depends on, not the package itself. Made if there is none."""
    depends = re.sub(r"\s*\([^)]*\)", "", field(package, "Depends"))
    wanted = [*PACKAGES, *sorted(re.split(r"\s*,\s*", depends))]
    key = hashlib.sha256("\n".join([SUITE, *wanted, source()]).encode()).hexdigest()[:16]
    CACHE.mkdir(parents=True, exist_ok=True)
    root = CACHE / key
    with open(CACHE / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of two that find none, one makes it
        if not root.exists():
            make(root, wanted)
        os.utime(root)
        remove_stale()
    return root


def source():
    """How this machine's own apt reaches Debian: sources.list lines of the suite and of what belongs to it."""
    form = "$(REPO_URI) $(RELEASE) $(COMPONENT)"
    told = subprocess.run(["apt-get", "indextargets", "--format", form, "Created-By: Packages"], check=True, capture_output=True, text=True)
    lines = {f"deb {line}" for line in told.stdout.splitlines() if re.match(rf"\S+ {SUITE}(-\S+)? main$", line)}
    if not lines:
        raise Impossible(f"apt knows no mirror of Debian's {SUITE}")
    return "\n".join(sorted(lines)) + "\n"


def proxy():
    """apt's proxy, as programs that are no apt take it."""
    told = subprocess.run(["apt-config", "shell", "PROXY", "Acquire::http::Proxy"], check=True, capture_output=True, text=True).stdout
    found = re.match(r"PROXY='([^']*)'", told)
    return {"http_proxy": found[1]} if found and found[1] != "DIRECT" else {}


def make(root, packages):
    if os.geteuid() != 0:
        raise Impossible("only root can make and boot a container")
    started = time.monotonic()
    print(f"Making a Debian root in {root} (once; some minutes)", file=sys.stderr, flush=True)
    lines = source()
    mirror = next(line.split()[1] for line in lines.splitlines() if line.split()[2] == SUITE)
    new = root.with_suffix(f".{os.getpid()}")
    environment = os.environ | proxy() | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}

    def call(*command):
        done = subprocess.run([str(part) for part in command], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace")
        if done.returncode != 0:
            raise Impossible(f"{command[0]} failed:\n" + "\n".join(done.stdout.splitlines()[-20:]))

    try:
        call("debootstrap", "--variant=minbase", SUITE, new, mirror)
        (new / "etc/apt/sources.list").write_text(lines)
        # Installed in one go, and from every part of the suite: security updates too.
        (new / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
        (new / "usr/sbin/policy-rc.d").chmod(0o755)
        call("chroot", new, "apt-get", "update", "-qq")
        call("chroot", new, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages)
        (new / "usr/sbin/policy-rc.d").unlink()
        call("chroot", new, "apt-get", "clean")
        settle(new)
        new.rename(root)
    finally:
        for mounted in ("proc", "sys"):  # what a debootstrap that broke off leaves behind
            subprocess.run(["umount", "--quiet", "--recursive", new / mounted], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(new, ignore_errors=True)
    print(f"Made in {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)


def settle(root):
    """A machine as an administrator has it after its first boot, but one that keeps its journal."""
    (root / "etc/hostname").write_text("buildwatch-test\n")
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
    (root / "etc/machine-id").write_text("")
    for folder in ("var/log/journal", "var/lib/private"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "var/lib/private").chmod(0o700)
    for unit in ("apt-daily", "apt-daily-upgrade", "dpkg-db-backup", "e2scrub_all", "fstrim"):
        (root / f"etc/systemd/system/{unit}.timer").symlink_to("/dev/null")


def remove_stale():
    for other in CACHE.iterdir():
        if other.is_dir() and time.time() - other.stat().st_mtime > STALE:
            shutil.rmtree(other, ignore_errors=True)

