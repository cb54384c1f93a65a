"""The package as a file: what lintian says, what it depends on, and that pages and completion tell what the program takes."""

import gzip
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from machine import case, root

TOP = case.TESTS.parent


def call(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.package = case.package()
        folder = tempfile.TemporaryDirectory(prefix="buildwatch-package-")
        cls.addClassCleanup(folder.cleanup)
        cls.content = pathlib.Path(folder.name)
        call("dpkg-deb", "--extract", cls.package, cls.content)
        cls.program = cls.content / "usr/bin/buildwatchd"

    def page(self, name):
        """A manual page as one reads it."""
        file = next(self.content.glob(f"usr/share/man/man*/{name}.gz"))
        told = subprocess.run(["man", "--warnings", "--local-file", str(file)], check=True, capture_output=True, text=True,
                              env=os.environ | {"LC_ALL": "C.UTF-8", "MANWIDTH": "100", "MANROFFSEQ": ""})
        self.assertEqual(told.stderr, "")
        return told.stdout


class Debian(Package):
    def test_lintian_finds_nothing(self):
        done = subprocess.run(["lintian", "--fail-on", "error,warning", str(self.package)], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_depends_on_the_libraries_it_loads_and_no_other(self):
        loaded = re.findall(r"NEEDED\s+(\S+)", call("objdump", "--private-headers", self.program))
        named = {part.split()[0] for part in root.field(self.package, "Depends").split(", ")}
        wanted = set()
        for name in loaded:
            provided = self.provided(name) & named
            self.assertEqual(len(provided), 1, f"{name}: {self.provided(name)} of {named}")
            wanted |= provided
        self.assertEqual(named, wanted)

    def provided(self, library):
        """The package that this library comes from, and what else it goes by."""
        file = re.search(rf"^\s{re.escape(library)} \(.*x86-64.*\) => (\S+)$", call("/sbin/ldconfig", "--print-cache"), re.MULTILINE)[1]
        paths = {file, file.removeprefix("/usr"), os.path.realpath(file), os.path.realpath(file).removeprefix("/usr")}
        done = subprocess.run(["dpkg-query", "--search", *paths], capture_output=True, text=True)
        owner = done.stdout.split(":")[0]
        provides = call("dpkg-query", "--show", "--showformat=${Provides}", owner)
        return {owner} | {part.split()[0] for part in provides.split(", ") if part}

    def test_stripped(self):
        self.assertNotIn(".symtab", call("objdump", "--section-headers", self.program))

    def test_names(self):
        version = root.field(self.package, "Version")
        self.assertEqual(self.package.name, f"buildwatch_{version}_{root.field(self.package, 'Architecture')}.deb")
        self.assertEqual(call(self.program, "--version").strip(), f"buildwatchd {version.rpartition('-')[0]}")
        changelog = gzip.decompress((self.content / "usr/share/doc/buildwatch/changelog.Debian.gz").read_bytes()).decode()
        self.assertEqual(re.match(r"buildwatch \((\S+)\) ", changelog)[1], version)

    def test_licence(self):
        told = (self.content / "usr/share/doc/buildwatch/copyright").read_text()
        lines = [line.strip() for line in told.splitlines()]
        for line in (TOP / "LICENSE").read_text().splitlines()[4:]:
            self.assertIn(line or ".", lines)

    def test_the_example_is_the_one_of_the_repository(self):
        ours = (TOP / "config/buildwatch.yaml").read_text()
        installed = (self.content / "etc/buildwatch/buildwatch.yaml").read_text()
        made = ours.replace("$schema=schema.json", "$schema=/usr/share/buildwatch/schema.json").replace("# store: sqlite:", "store: sqlite:")
        self.assertEqual(installed, made)
        self.assertEqual(len(set(installed.splitlines()) - set(ours.splitlines())), 2)
        self.assertTrue((self.content / "usr/share/buildwatch/schema.json").is_file())

    def test_the_units_differ_in_names_alone(self):
        """What is changed in one is changed in the other."""
        one, many = ((self.content / "lib/systemd/system" / name).read_text() for name in ("buildwatchd.service", "buildwatchd@.service"))
        for ours, theirs in (("each one ends\n", "each one ends (%i)\n"), ("/buildwatch/buildwatch.yaml", "/buildwatch/%i.yaml"),
                             ("DynamicUser=yes\n", "DynamicUser=yes\nUser=buildwatchd-%i\n"), ("/var/lib/buildwatch,", "/var/lib/buildwatch@%i,"),
                             ("StateDirectory=buildwatch\n", "StateDirectory=buildwatch@%i\n"),
                             ("/etc/buildwatch/credentials", "/etc/buildwatch/%i.credentials"), ("# credentials.", "# %i.credentials.")):
            self.assertIn(ours, one)
            one = one.replace(ours, theirs)
        self.assertEqual(one, many[many.index("[Unit]"):])


class Told(Package):
    """Every subcommand and option of --help is in the manual page and in the completion."""

    def commands(self):
        text = call(self.program, "--help")
        found = re.findall(r"^  ([a-z]+)\b", text[text.index("Subcommands:"):], re.MULTILINE)
        self.assertIn("run", found)
        return found

    def options(self, *command):
        return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", call(self.program, *command, "--help")))

    def test_in_the_manual(self):
        page = self.page("buildwatchd.8")
        for command in self.commands():
            self.assertRegex(page, rf"(?m)^ +(buildwatchd )?{command}\b")
            for option in self.options(command) | self.options():
                self.assertIn(option, page)

    def test_every_key_is_in_the_manual(self):
        """Of the schema: what an editor completes, the page explains."""
        page = self.page("buildwatch.yaml.5")
        for name in sorted(keys(self.content / "usr/share/buildwatch/schema.json")):
            self.assertRegex(page, rf"(?<![\w]){name}(?![\w])")

    def complete(self, *words):
        """What bash offers after these words, the last one unfinished."""
        script = ('. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}; '
                  "_buildwatchd; printf '%s\\n' \"${COMPREPLY[@]}\"")
        file = self.content / "usr/share/bash-completion/completions/buildwatchd"
        return set(call("bash", "-c", script, "bash", file, "buildwatchd", *words).split())

    def test_in_the_completion(self):
        self.assertEqual(self.complete(""), set(self.commands()) | self.options())
        for command in self.commands():
            self.assertLessEqual(self.options(command) | self.options() - {"--version"}, self.complete(command, "-"), command)
            self.assertIn(command, self.complete(command[:-1]))
        self.assertEqual(self.complete("run", "--log-level", ""), {"trace", "debug", "info", "warn", "error"})

    def test_names_are_completed(self):
        """Sinks and jobs from the file that is named."""
        example = str(TOP / "config/buildwatch.yaml")
        self.assertEqual(self.complete("notify", "--config", example, ""), {"journal", "oncall", "syslog"})
        self.assertEqual(self.complete("notify", "--config", "=", example, "on"), {"oncall"})  # --config=FILE, as bash splits it
        self.assertEqual(self.complete("notify", "--config", example, "--event", "still_"), {"still_failing", "still_passing"})
        if "explain" in self.commands():
            self.assertEqual(self.complete("explain", "--config", example, "fir"), {"firmware-nightly", "firmware-release"})
            self.assertIn("failure", self.complete("explain", "--config", example, "website", ""))


def keys(schema):
    """The names of all properties of a JSON Schema file."""
    def walk(node):
        if isinstance(node, dict):
            yield from node.get("properties", {})
            for part in node.values():
                yield from walk(part)
        elif isinstance(node, list):
            for part in node:
                yield from walk(part)

    return set(walk(json.loads(schema.read_text())))


if __name__ == "__main__":
    unittest.main(verbosity=2)
