"""Programs run by the exec sink: what they are given, what they are not, and how they end."""

import os
import pathlib
import re
import sys

from support import case, daemon as daemons, events
from support.case import Case, job_id

# Shows what a child sees, into $OUT. Of signals a child of the child's tells: the shell blocks all for a moment while it waits.
SHOW = """#!/bin/sh
cat > "$OUT/stdin"
env | sort > "$OUT/env"
pwd > "$OUT/pwd"
grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status > "$OUT/signals"
cut -d' ' -f1,5 /proc/$$/stat > "$OUT/group"
printf '%s\\n' "$#" "$@" > "$OUT/arguments"
: > "$OUT/done"
"""


class Exec(Case):
    def script(self, text, name="script.sh"):
        return self.file(name, text, 0o755)

    def sink(self, command, **more):
        return {"type": "exec", "command": command, "retry": ["100ms", "100ms"], **more}

    def start_with(self, sinks, jobs=1, word="FAILURE", env=None):
        for number in range(1, jobs + 1):
            self.simulator.job(job_id(number), 1, "finished", word=word)
        return self.start(self.config([self.job(f"job-{n}", n) for n in range(1, jobs + 1)], sinks), env=env)

    def read(self, name):
        return (self.folder / name).read_text(encoding="utf-8", errors="replace")

    def test_what_the_child_sees(self):
        command = [self.script(SHOW), "--flag", "a b", "$HOME", "*", ""]
        outside = {"SECRET_OF_THE_DAEMON": "not-for-children", "LANG": "C.UTF-8", "TZ": "UTC"}
        daemon = self.start_with({"script": self.sink(command, env={"OUT": str(self.folder), "K": "v=1 2"})} | case.OUT, env=outside)
        daemon.wait(lambda: (self.folder / "done").exists(), "the script")
        event = daemon.wait_events()[0]
        daemon.stop()
        self.assertEqual(self.read("stdin").rstrip("\n"), daemon.output)
        events.check_event(event)
        self.assertEqual(self.read("arguments").split("\n")[:-1], ["5", "--flag", "a b", "$HOME", "*", ""])
        self.assertEqual(self.read("pwd"), "/\n")
        self.check_environment(event)
        self.check_signals_and_group(daemon)

    def check_environment(self, event):
        seen = dict(line.split("=", 1) for line in self.read("env").splitlines())
        data = event["data"]
        wanted = {"OUT": str(self.folder), "K": "v=1 2", "LANG": "C.UTF-8", "TZ": "UTC", "BUILDWATCH_EVENT_ID": event["id"],
                  "BUILDWATCH_EVENT_TYPE": "build.finished", "BUILDWATCH_PROVIDER": case.PROVIDER, "BUILDWATCH_JOB": "job-1",
                  "BUILDWATCH_JOB_ID": job_id(1), "BUILDWATCH_BUILD": "1", "BUILDWATCH_OUTCOME": "failure", "BUILDWATCH_CHANGE": "",
                  "BUILDWATCH_SUMMARY": data["summary"]}
        wanted |= {name: value for name, value in daemons.environment().items() if name in ("PATH", "HOME", "LC_ALL")}
        for by_the_shell in ("PWD", "OLDPWD", "SHLVL", "_"):
            seen.pop(by_the_shell, None)
        self.assertEqual(seen, wanted)

    def check_signals_and_group(self, daemon):
        signals = dict(line.split(":\t") for line in self.read("signals").splitlines())
        self.assertEqual((int(signals["SigBlk"], 16), int(signals["SigIgn"], 16)), (0, 0))
        pid, group = self.read("group").split()
        self.assertEqual(pid, group, "not the leader of a process group of its own")
        self.assertNotEqual(int(group), daemon.process.pid)

    def test_descriptors(self):
        # With a webhook and a provider under way there are sockets to inherit. ls itself has 3, the folder it reads.
        hook = self.receiver(default={"status": 204, "delay": 0.2})
        command = ["/bin/sh", "-c", f"exec ls -l /proc/self/fd > {self.folder}/fds"]
        daemon = self.start_with({"hook": {"type": "webhook", "url": hook.url()}, "script": self.sink(command)}, jobs=4)
        daemon.wait(lambda: len(hook.seen()) == 4 and (self.folder / "fds").exists() and "/proc" in self.read("fds"), "both sinks")
        daemon.stop()
        found = dict(re.findall(r" (\d+) -> (.*)", self.read("fds")))
        self.assertEqual(set(found), {"0", "1", "2", "3"}, found)
        self.assertIn("/proc", found["3"])
        self.assertTrue(all(not target.startswith("anon_inode") for target in found.values()), found)

    def test_failure_is_tried_again(self):
        script = self.script(f'#!/bin/sh\necho x >> {self.folder}/tries\n[ "$(wc -l < {self.folder}/tries)" -ge 3 ]\n')
        daemon = self.start_with({"script": self.sink([script])})
        daemon.wait(lambda: (self.folder / "tries").exists() and self.read("tries").count("x") >= 3, "three tries")
        daemon.stop()
        self.assertEqual(self.read("tries").count("x"), 3)
        self.assertRegex(daemon.log, r"(?i)\bscript\b.*exit")

    def test_failure_to_the_end(self):
        daemon = self.start_with({"script": self.sink(["/bin/sh", "-c", "exit 3"])})
        line = daemon.wait_log(re.compile(r"\bscript\b.*(dead|lost|gave up|giving up|given up)", re.I))
        self.assertRegex(line, r"\b3\b")

    def test_killed_by_a_signal(self):
        daemon = self.start_with({"script": self.sink(["/bin/sh", "-c", "kill -SEGV $$$$"], retry=[])})
        daemon.wait_log(re.compile(r"\bscript\b.*(signal|SEGV|11)", re.I))

    def test_its_output_is_logged_in_lines_and_bounded(self):
        text = "echo to stdout; echo to stderr >&2; printf 'colour \\033[31m\\n'; yes 0123456789 | head -c 20000000; echo x >" + str(self.folder / "done")
        daemon = self.start_with({"script": self.sink(["/bin/sh", "-c", text])} | case.OUT)
        daemon.wait(lambda: (self.folder / "done").exists(), "the script")
        daemon.wait_log(re.compile(r"\bscript\b.*to stdout|to stdout.*\bscript\b"))
        daemon.wait_log(re.compile(r"to stderr"))
        daemon.stop()
        self.assertLess(len(daemon.log), 2_000_000)
        self.assertNotIn("\x1b", daemon.log)
        self.assertEqual(len(daemon.output.split("\n")), 1, "the child wrote to the daemon's stdout")

    def test_timeout_kills_the_whole_group(self):
        text = f"sleep 1000 & echo $! > {self.folder}/child; trap '' TERM; sleep 1000"
        daemon = self.start_with({"script": self.sink(["/bin/sh", "-c", text], timeout="500ms", retry=[])})
        daemon.wait_log(re.compile(r"\bscript\b.*(time|killed|500)", re.I))
        child = int(self.read("child"))
        daemon.wait(lambda: not alive(child), "the grandchild's end")

    def test_a_child_that_reads_nothing(self):
        daemon = self.start_with({"script": self.sink(["/bin/true"])} | case.OUT, jobs=20)
        daemon.wait_events(20)
        daemon.stop()
        self.assertNotRegex(daemon.log, r"(?i)dead|unsent")

    def test_a_program_that_went_away(self):
        script = self.script("#!/bin/sh\n")
        self.simulator.job(job_id(1), 1, "running")
        daemon = self.start(self.config([self.job("job-1")], {"script": self.sink([script], retry=[])} | case.OUT,
                                        rules=[{"events": ["finished"], "to": ["script", "out"]}]))
        daemon.wait(lambda: self.simulator.requests(), "polls")
        os.unlink(script)
        self.simulator.job(job_id(1), 1, "finished", word="SUCCESS")
        daemon.wait_log(re.compile(r"\bscript\b.*(no such file|not found|start)", re.I))
        daemon.wait_events()

    def test_many_at_once_leave_no_zombies(self):
        daemon = self.start_with({"script": self.sink(["/bin/sh", "-c", f"cat > /dev/null; echo x >> {self.folder}/n"], concurrency=8)}, jobs=40)
        daemon.wait(lambda: (self.folder / "n").exists() and self.read("n").count("x") == 40, "forty runs")
        daemon.wait(lambda: not children(daemon.process.pid), "no child left over")


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def children(pid):
    return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


if __name__ == "__main__":
    sys.exit(case.main())
