#!/usr/bin/env python3
"""/metrics, the alerts and the Grafana dashboard, held to each other by promtool and by a real Prometheus that scrapes the server."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

import yaml

HERE = pathlib.Path(__file__).resolve().parent
CONFIG = HERE.parents[1] / "config"
RULES = CONFIG / "prometheus-rules.yaml"
ALERTS = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
DASHBOARD = json.loads((CONFIG / "grafana-dashboard.json").read_text())
SAMPLE = sys.argv.pop(1)
PATIENCE = 60  # seconds; the limit of any wait, not a measure of anything
QUIET = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}

SETTINGS = """
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
scrape_configs:
  - job_name: buildwatch
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
rule_files: [{rules}]
"""


def promtool(*arguments, told=None):
    return subprocess.run(["promtool", *arguments], input=told, capture_output=True, text=True, env=QUIET)


# --- expressions, as far as names and labels go

WORDS = {"and", "or", "unless", "bool", "offset", "by", "without", "on", "ignoring", "group_left", "group_right"}
LABEL_LIST = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)\s*(\{[^}]*\})?\s*(\()?")


def selectors(expression):
    """[(metric, its braces or nothing)]: names that are neither words of the language nor functions."""
    bare = LABEL_LIST.sub(" ", expression)
    bare = re.sub(r"\[[^\]]*\]", "", bare)
    bare = re.sub(r"\b\d[\w.]*", "", bare)
    return [(name, braces or "") for name, braces, call in SELECTOR.findall(bare) if name not in WORDS and not call]


def grouped_by(expression):
    return {label.strip() for inside in LABEL_LIST.findall(expression) for label in inside.split(",") if label.strip()}


def filled(expression):
    """As Grafana sends it: all of everything, over the last quarter of an hour."""
    for name in ("instance", "provider", "job"):
        expression = expression.replace(f"${name}", ".*")
    return expression.replace("$__rate_interval", "1m").replace("$__range", "15m")


def panels():
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def targets():
    return [(panel["title"], target) for panel in panels() for target in panel["targets"]]


class Alerts(unittest.TestCase):
    def test_promtool_takes_them(self):
        done = promtool("check", "rules", str(RULES))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_they_fire_when_they_should_and_only_then(self):
        done = promtool("test", "rules", *map(str, sorted(HERE.glob("rules/*.yaml"))))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    # What an annotation shows of its alert is a label that the alert has, for a missing one would be shown as nothing.
    def test_each_is_tested_and_says_what_it_is_about(self):
        cases = [case for file in HERE.glob("rules/*.yaml") for case in yaml.safe_load(file.read_text())["tests"]]
        for alert in ALERTS:
            with self.subTest(alert["alert"]):
                self.assertIn(alert["labels"]["severity"], {"critical", "warning", "info"})
                self.assertEqual(set(alert["annotations"]), {"summary", "description"})
                own = [case for case in cases if case["name"].split(":")[0] == alert["alert"]]
                told = [[sample["labels"] for sample in seen["exp_samples"]] for case in own for seen in case["promql_expr_test"]]
                fired = [labels for samples in told for labels in samples if f'alertname="{alert["alert"]}"' in labels]
                self.assertTrue(fired, "no case in which it fires")
                self.assertIn([], told, "no case in which it is silent")
                for label in re.findall(r"\$labels\.(\w+)", " ".join(alert["annotations"].values())):
                    self.assertRegex(fired[0], rf'\b{label}="')


class Dashboard(unittest.TestCase):
    def test_promtool_takes_its_expressions(self):
        rules = [{"record": f"panel:{i}", "expr": filled(target["expr"])} for i, (_, target) in enumerate(targets())]
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}, file)
            file.flush()
            done = promtool("check", "rules", file.name)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_it_can_be_imported_anywhere(self):
        self.assertIsNone(DASHBOARD["id"])
        self.assertGreaterEqual(DASHBOARD["schemaVersion"], 36)
        variables = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
        self.assertEqual(set(variables), {"datasource", "instance", "provider", "job"})
        self.assertEqual((variables["datasource"]["type"], variables["datasource"]["query"]), ("datasource", "prometheus"))
        asked = [*panels(), *(target for _, target in targets()), *(v for v in variables.values() if v["type"] == "query")]
        for one in asked:
            self.assertEqual(one["datasource"], {"type": "prometheus", "uid": "${datasource}"})
        used = set(re.findall(r"\$\{?(\w+)", json.dumps(DASHBOARD)))
        self.assertEqual(used, set(variables) | {"__rate_interval", "__range", "__all"})

    def test_its_panels_have_their_places(self):
        everything = DASHBOARD["panels"]
        self.assertEqual(len({panel["id"] for panel in everything}), len(everything))
        taken = set()
        for panel in everything:
            at = panel["gridPos"]
            self.assertLessEqual(at["x"] + at["w"], 24, panel["title"])
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            self.assertFalse(cells & taken, panel["title"])
            taken |= cells
        for panel in panels():
            refs = [target["refId"] for target in panel["targets"]]
            self.assertEqual(len(set(refs)), len(refs), panel["title"])


class Scraped(unittest.TestCase):
    """A Prometheus with a plain configuration, so that labels are named as a user's Prometheus names them."""

    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp(prefix="buildwatch-prometheus-"))
        cls.addClassCleanup(shutil.rmtree, cls.home, ignore_errors=True)
        cls.sample = subprocess.Popen([SAMPLE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.end_sample)
        cls.port = int(cls.sample.stdout.readline())
        cls.start_prometheus()
        cls.wait("two scrapes", lambda: cls.value('min(count_over_time(up{job="buildwatch"}[1m]))') >= 2)

    @classmethod
    def end_sample(cls):
        cls.sample.stdin.close()
        cls.sample.wait(PATIENCE)
        cls.sample.stdout.close()

    @classmethod
    def start_prometheus(cls):
        with socket.create_server(("127.0.0.1", 0)) as held:
            cls.api = f"127.0.0.1:{held.getsockname()[1]}"
        (cls.home / "prometheus.yaml").write_text(SETTINGS.format(port=cls.port, rules=RULES))
        log = open(cls.home / "log", "w")
        cls.addClassCleanup(log.close)
        cls.prometheus = subprocess.Popen(["prometheus", f"--config.file={cls.home}/prometheus.yaml", f"--storage.tsdb.path={cls.home}/data",
                                           f"--web.listen-address={cls.api}"], stdout=log, stderr=log, env=QUIET, cwd=cls.home)
        cls.addClassCleanup(cls.end_prometheus)

    @classmethod
    def end_prometheus(cls):
        cls.prometheus.terminate()
        cls.prometheus.wait(PATIENCE)

    @classmethod
    def ask(cls, path, **parameters):
        open_without_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
        with open_without_proxy(f"http://{cls.api}/api/v1/{path}?{urllib.parse.urlencode(parameters, doseq=True)}", timeout=PATIENCE) as answer:
            return json.load(answer)["data"]

    @classmethod
    def value(cls, expression):
        found = cls.ask("query", query=expression)["result"]
        return float(found[0]["value"][1]) if found else 0

    @classmethod
    def wait(cls, what, holds):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if cls.prometheus.poll() is not None:
                break
            try:
                if holds():
                    return
            except OSError:
                pass  # it does not listen yet
            time.sleep(0.1)
        raise AssertionError(f"no {what}: {(cls.home / 'log').read_text()[-5000:]}")

    def labels_of(self, selector):
        """Labels of the series that a selector finds, of which there must be some."""
        series = self.ask("series", **{"match[]": selector})
        self.assertTrue(series, f"nothing is {selector}")
        return {label for one in series for label in one}

    def holds_to_what_is_scraped(self, expression):
        known = {"le"}
        for name, braces in selectors(expression):
            has = self.labels_of(name)
            for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", re.sub(r'"[^"]*"', '""', braces)):
                self.assertIn(label, has, f"{name} in {expression}")
            self.labels_of(name + braces)
            known |= has
        self.assertLessEqual(grouped_by(expression), known, expression)

    def test_promtool_finds_nothing_wrong(self):
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://127.0.0.1:{self.port}/metrics") as answer:
            text = answer.read().decode()
        done = promtool("check", "metrics", told=text)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))
        self.assertGreater(text.count("\n# HELP buildwatch_"), 15)

    def test_alerts_ask_for_what_there_is(self):
        for alert in ALERTS:
            with self.subTest(alert["alert"]):
                self.assertTrue(selectors(alert["expr"]))
                self.holds_to_what_is_scraped(alert["expr"])

    # The sample is a daemon in trouble.
    def test_alerts_are_evaluated(self):
        def settled():
            rules = [rule for group in self.ask("rules")["groups"] for rule in group["rules"]]
            return rules if all(rule["health"] != "unknown" for rule in rules) else None
        self.wait("evaluation of all rules", settled)
        rules = settled()
        self.assertEqual({rule["name"] for rule in rules if rule["health"] == "ok"}, {alert["alert"] for alert in ALERTS})
        stirred = {rule["name"] for rule in rules if rule["state"] != "inactive"}
        self.assertLessEqual({"BuildwatchReloadFailed", "BuildwatchProviderDown", "BuildwatchJobsNotFound", "BuildwatchJobsUnreachable",
                              "BuildwatchNotificationsDead"}, stirred)
        self.assertFalse({"BuildwatchDown", "BuildwatchMissing", "BuildwatchStoreFails"} & stirred)

    def test_panels_show_something(self):
        for title, target in targets():
            with self.subTest(title):
                expression = filled(target["expr"])
                self.holds_to_what_is_scraped(expression)
                if not re.search(r"[<>] *0$", expression):
                    found = self.ask("query", query=expression)["result"]
                    self.assertTrue(found, expression)
                    for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
                        self.assertIn(label, found[0]["metric"], expression)

    def test_variables_offer_something(self):
        offered = {}
        for variable in DASHBOARD["templating"]["list"]:
            if variable["type"] == "query":
                metric, label = re.fullmatch(r"label_values\((.+), (\w+)\)", filled(variable["query"]["query"])).groups()
                self.assertEqual(variable["definition"], variable["query"]["query"])
                offered[variable["name"]] = self.ask(f"label/{label}/values", **{"match[]": metric})
        self.assertEqual(offered, {"instance": [f"127.0.0.1:{self.port}"], "provider": ["huawei", "north"],
                                   "job": ["is-done", "is-running", "job-0"]})


if __name__ == "__main__":
    unittest.main(verbosity=2)
