#!/usr/bin/python3
# A script as an administrator might have it, which also tries what the sandbox keeps from it. Its report goes to the file
# named by its argument: {"event", "summary", "can": {NAME: true or false}, "why": {NAME: what was in the way}}.
import ctypes
import grp
import json
import os
import pwd
import socket
import subprocess
import sys
import tempfile

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


def device():
    need(os.path.exists("/dev/tty0") or os.path.exists("/dev/console") or os.path.exists("/dev/fuse"), str(os.listdir("/dev")))


TRIES = {
    "state": lambda: written("/var/lib/buildwatch/x"),
    "loopback": loopback,
    "write": lambda: written("/srv/reports/x"),
    "home": lambda: need("builds" in os.listdir("/home"), "no builds in /home"),
    "home_write": lambda: written("/home/builds/open/x"),
    "tmp": lambda: need(os.path.exists("/tmp/of-others"), str(os.listdir("/tmp"))),
    "user": lambda: need(pwd.getpwuid(os.getuid()).pw_name == "builds", str(os.getuid())),
    "group": lambda: need(grp.getgrnam("readers").gr_gid in os.getgroups() and open("/srv/for-readers").read(), str(os.getgroups())),
    "other_users": lambda: need(os.stat("/home").st_uid == 0 and os.stat("/srv/reports").st_uid == 0
                                and "65534" not in open("/proc/self/uid_map").read() and len(open("/proc/self/uid_map").readlines()) == 1
                                and open("/proc/self/uid_map").read().split()[2] == "4294967295", open("/proc/self/uid_map").read()),
    "device": device,
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
