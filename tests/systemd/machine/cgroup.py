"""A control group of a container's own. Without one, systemd-nspawn makes two groups below that of its caller, the same for
all it starts: two containers at once would then meet in the groups of units of the same name."""

import contextlib
import os
import pathlib
import time

from machine.root import Impossible


class ControlGroup:
    """In each hierarchy that systemd uses. `files`: what a process writes its id to, to be in it."""

    def __init__(self, name):
        self.folders = [folder / name for folder in ours()]
        if not self.folders:
            raise Impossible("no control groups of systemd's or of version 2 are mounted")
        try:
            for folder in self.folders:
                folder.mkdir()
        except OSError as reason:
            self.close()
            raise Impossible(f"no control group can be made: {reason}") from None

    @property
    def files(self):
        return [str(folder / "cgroup.procs") for folder in self.folders]

    def close(self):
        """Groups can go when the last of their processes has been reaped, which may be a moment after its end."""
        for folder in self.folders:
            for _ in range(100):
                for inner, _, _ in os.walk(folder, topdown=False):
                    with contextlib.suppress(OSError):
                        os.rmdir(inner)
                if not folder.exists():
                    break
                time.sleep(0.02)


def ours():
    """The folders of this process's own groups."""
    found = []
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers in ("", "name=systemd"):
            found += [mount / os.path.relpath(path, root) for mount, root in mounts(controllers)][:1]
    return found


def mounts(controllers):
    """[(where, which part of it)] of a hierarchy: the one of version 2 (""), or a named one."""
    found = []
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, rest = line.partition(" - ")
        kind, _, options = rest.split(" ", 2)
        if (kind == "cgroup2" and controllers == "") or (kind == "cgroup" and controllers in options.split(",") and controllers):
            found.append((pathlib.Path(fields.split()[4]), fields.split()[3]))
    return found
