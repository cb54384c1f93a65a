"""`explain`: which sinks an imagined event reaches, by which rule, and why not the others; from the configuration alone."""

import sys

from support import case
from support.case import Case

RULES = [{"events": ["failure"], "to": ["oncall"]}, {"events": ["failure", "fixed"], "jobs": ["docs-*"], "to": ["console"]},
         {"events": ["unreachable"], "labels": {"team": "firmware"}, "to": ["console", "oncall"]}]


class Explain(Case):
    def setting(self, rules=RULES, **more):
        sinks = {"oncall": {"type": "webhook", "url": "https://hooks.example.com/builds", "fallback": "console"},
                 "console": {"type": "stdout"}}
        config = self.config([self.job("firmware", 1, labels={"team": "firmware"}), self.job("docs-en", 2)], sinks, **more)
        return config if rules is None else config | {"rules": rules}

    def explain(self, *arguments, config=None, code=0, env=None):
        """-> lines of stdout, or of stderr where it fails."""
        before = len(self.simulator.requests())
        done = self.command("explain", *arguments, config=config or self.setting(), env=env)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stderr if code == 0 else done.stdout, "")
        self.assertEqual(len(self.simulator.requests()), before, "it asked the provider")
        return (done.stderr if code else done.stdout).splitlines()

    def test_owed_and_not_asked(self):
        self.assertEqual(self.explain("firmware", "failure"),
                         ["oncall: owed (rules[0]); falls back to console once dead, or after 1 h",
                          "console: not asked: rules[1]: wants a job like docs-*; rules[2]: wants unreachable"])
        self.assertEqual(self.explain("docs-en", "fixed"),
                         ["oncall: not asked: rules[0]: wants failure; rules[2]: wants unreachable, label team=firmware",
                          "console: owed (rules[1])"])
        self.assertEqual(self.explain("docs-en", "broken")[0][:22], "oncall: owed (rules[0]", "what is broken has failed")

    def test_without_rules_everything_is_owed(self):
        self.assertEqual(self.explain("docs-en", "started", config=self.setting(None))[1],
                         "console: owed (no rules: every event goes to every sink)")
        self.assertEqual(self.explain("docs-en", "started", config=self.setting([]))[1], "console: not asked: no rule names it")

    def test_all_is_every_selector_in_turn(self):
        lines = self.explain("firmware", "all")
        self.assertEqual([line for line in lines if not line.startswith(" ")],
                         [f"{word}:" for word in ("started finished success failure unstable aborted unknown broken fixed still_failing "
                                                  "still_passing overdue unreachable recovered").split()])
        self.assertIn("  console: owed (rules[2])", lines)

    def test_a_provider(self):
        self.assertEqual(self.explain("--provider", "huawei", "unreachable")[1], "console: owed (rules[2])")
        self.assertEqual(self.explain("--provider", "huawei", "recovered")[0],
                         "oncall: not asked: rules[0]: wants failure; rules[2]: wants unreachable")

    def test_rules_of_included_files_are_counted_on(self):
        self.file("more.yaml", "rules:\n  - {events: [success], to: [console]}\n")
        self.assertEqual(self.explain("docs-en", "success", config=self.setting(include=["more.yaml"]))[1], "console: owed (rules[3])")

    def test_no_secret_is_read(self):
        config = self.setting(None)
        config["providers"]["huawei"]["auth"] = {"type": "aksk", "access_key": "${credential:ak}", "secret_key": "${file:/no/such}"}
        config["sinks"]["oncall"] |= {"url": "${env:NO_SUCH_URL}", "secret": "${credential:hook}", "headers": {"X-Key": "${env:NO_SUCH}"},
                                      "proxy": "${env:NO_SUCH_PROXY}"}
        config["sinks"]["script"] = {"type": "exec", "command": ["/bin/true"], "env": {"K": "${env:NO_SUCH}"}}
        config["jobs"][0]["labels"]["team"] = "${env:TEAM}"
        config["rules"] = [{"labels": {"team": "firmware"}, "to": ["oncall", "console", "script"]}]
        self.assertEqual(self.explain("firmware", "failure", config=config, env={"TEAM": "firmware"})[2], "script: owed (rules[0])")
        self.assertIn("jobs[0].labels.team", self.explain("firmware", "failure", config=config, code=78)[-1], "a label is no secret")

    def test_wrong_usage(self):
        for arguments, hint in ((("firmwar", "failure"), 'no job named \'firmwar\'; did you mean "firmware"?'),
                                (("firmware", "failur"), 'no event \'failur\'; did you mean "failure"?'),
                                (("--provider", "huawai", "recovered"), 'no provider named \'huawai\'; did you mean "huawei"?'),
                                (("--provider", "huawei", "failure"), "unreachable, recovered"),
                                (("--provider", "huawei", "firmware", "recovered"), "EVENT"), (("--provider", "huawei"), "EVENT"),
                                (("firmware",), "JOB EVENT"), ((), "JOB EVENT"), (("firmware", "failure", "fixed"), "fixed")):
            with self.subTest(arguments):
                self.assertIn(hint, "\n".join(self.explain(*arguments, code=2)))

    def test_a_wrong_configuration(self):
        self.assertIn("rules[0].to[0]", self.explain("firmware", "failure", config=self.setting([{"to": ["nobody"]}]), code=78)[-1])


if __name__ == "__main__":
    sys.exit(case.main())
