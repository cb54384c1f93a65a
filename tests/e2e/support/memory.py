"""What a running daemon takes."""

import pathlib
import re

SANITIZED = 1024 * 1024  # MiB of address space: only sanitizers reserve so much


def memory(daemon, name):
    """A figure of /proc/PID/status, in MiB."""
    text = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text(encoding="ascii")
    return int(re.search(rf"^{name}:\s+(\d+) kB$", text, re.M)[1]) / 1024
