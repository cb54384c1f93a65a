#!/usr/bin/python3
# A script as an administrator might have it, which also tries what the sandbox keeps from it. Its report goes to the file
# named by its argument: {"event", "summary", "can": {NAME: true or false}, "why": {NAME: what was in the way}}.
import ctypes
import json
import os
import pwd
import socket
import subprocess
import sys

libc = ctypes.CDLL(None, use_errno=True)


def written(name):
    with open(name, "w") as file:
        file.write("x")
    os.unlink(name)


def need(condition, why):
    if not condition:
        raise OSError(why)


def loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        socket.create_connection(listener.getsockname()).close()


def unshare():
    need(libc.unshare(0x10000000) == 0, os.strerror(ctypes.get_errno()))  # CLONE_NEWUSER


def umask():
    mask = os.umask(0)
    need(mask & 0o055 == 0, f"umask {mask:o}")


def setuid():
    told = subprocess.run(["/usr/local/bin/setuid-id", "-u"], capture_output=True, text=True, check=True).stdout.strip()
    need(told == "0", f"it runs as user {told}")


def others():
    """Are other users told apart, in the eyes of this one?"""
    return os.stat("/srv/of-builds").st_uid == pwd.getpwnam("builds").pw_uid


TRIES = {
    "state": lambda: written("/var/lib/buildwatch/x"),
    "loopback": loopback,
    "write": lambda: written("/srv/reports/x"),
    "home": lambda: need("builds" in os.listdir("/home"), "no builds in /home"),
    "home_write": lambda: written("/home/builds/open/x"),
    "tmp": lambda: need(os.path.exists("/tmp/of-others"), str(os.listdir("/tmp"))),
    "user": lambda: need(pwd.getpwuid(os.getuid()).pw_name == "builds", str(os.getuid())),
    "group": lambda: open("/srv/for-readers").read(),
    "other_users": lambda: need(others(), "they look like nobody"),
    "device": lambda: need(os.path.exists("/dev/of-hardware"), str(os.listdir("/dev"))),
    "raw_socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close(),
    "setuid": setuid,
    "processes": lambda: need(os.path.exists("/proc/1"), "no process 1 in /proc"),
    "meminfo": lambda: open("/proc/meminfo").read(),
    "renice": lambda: os.nice(1),
    "unshare": unshare,
    "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close(),
    "umask": umask,
}

can, why = {}, {}
for name, attempt in TRIES.items():
    try:
        attempt()
        can[name] = True
    except Exception as reason:
        can[name] = False
        why[name] = f"{type(reason).__name__}: {reason}"
report = {"event": json.load(sys.stdin), "summary": os.environ["BUILDWATCH_SUMMARY"], "can": can, "why": why}
new = sys.argv[1] + ".new"
with open(new, "w") as file:
    json.dump(report, file)
os.rename(new, sys.argv[1])
