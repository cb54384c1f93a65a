"""The calls that following a job needs: newest number, list, record; and the builds that they tell of."""

import datetime
import json
import pathlib
import sys
import time
import unittest
from urllib.parse import quote

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import builds
import signing
from test_simulator import JOB, OTHER, Served, now

EXAMPLES = pathlib.Path(__file__).resolve().parents[1] / "data" / "codearts" / "examples"
STATUS = f"/v1/job/{JOB}/running-status"
CHINA = 8 * 3600
DAY = 86400


def local(moment, offset=CHINA):
    """Seconds since 1970 as the list wants them."""
    return datetime.datetime.fromtimestamp(moment + offset, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


def example(name):
    return json.loads((EXAMPLES / name).read_text(encoding="utf-8"))


class Following(Served):
    def answered(self, path, **more):
        response, body = self.get(path, **more)
        return response.status, json.loads(body)

    def info(self, number):
        """-> (building, build_result), or the code of the error."""
        status, told = self.answered(f"/v1/job/{JOB}/{number}/build-info")
        return (told["result"]["building"], told["result"]["build_result"]) if status == 200 else told["error_code"]

    def newest(self):
        return self.answered(STATUS)[1]["result"]["last_build_no"]

    def list_path(self, job=JOB, start=None, end=None, offset=CHINA, **more):
        given = {"start_time": local(time.time() - 30 * DAY if start is None else start, offset),
                 "end_time": local(time.time() + 60 if end is None else end, offset), **more}
        return f"/v1/record/{job}/list?" + "&".join(f"{name}={quote(str(value), safe='')}" for name, value in given.items())

    def listed(self, **more):
        status, told = self.answered(self.list_path(**more))
        self.assertEqual(status, 200, told)
        return told["result"]

    def numbers(self, **more):
        return [one["number"] for one in self.listed(**more)["job_build_states"]]

    def record(self, number, job=JOB):
        return self.answered(f"/v1/record/{job}/{number}/build-info-record")


class Records(Following):
    def test_they_look_like_the_examples(self):
        self.simulator.job(JOB, 42, "finished", word="SUCCESS")
        self.simulator.job(JOB, 43, "running")
        for number, name in ((42, "build-info-record-finished.json"), (43, "build-info-record-running.json")):
            status, told = self.record(number)
            wanted = example(name)
            self.assertEqual((status, told.keys(), told["result"].keys()), (200, wanted.keys(), wanted["result"].keys()))
            for key, value in wanted["result"].items():
                self.assertIs(type(told["result"][key]), type(value), key)
        page, wanted = self.listed(), example("record-list-page.json")["result"]
        self.assertEqual({key: type(value) for key, value in page.items()}, {key: type(value) for key, value in wanted.items()})

    def test_times_are_those_of_the_build(self):
        before = time.time() * 1000
        self.simulator.job(JOB, 7, "queued")
        time.sleep(0.1)
        began = time.time() * 1000
        self.simulator.job(JOB, 7, "running")
        one = self.record(7)[1]["result"]
        self.assertEqual((one["state"], one["job_running_status"]), (None, "Running"))
        started = one["start_time"]
        self.assertTrue(before < began - 50 <= started <= time.time() * 1000 + 1, "not when it was queued")
        time.sleep(0.1)
        ends = time.time() * 1000
        self.simulator.job(JOB, 7, "finished", word="FAILURE")
        ended = time.time() * 1000
        time.sleep(0.1)
        one = self.record(7)[1]["result"]
        self.assertEqual((one["state"], one["start_time"]), ("FAILURE", started))
        self.assertTrue(ends - 2 <= started + one["build_time"] <= ended + 2, "the time of the end, not of the question")
        self.assertEqual(one["build_time"], one["cost_time"])

    def test_one_told_by_its_times_keeps_its_start_when_it_is_told_in_steps(self):
        told = [builds.of_history({"started_ago": 300 + number / 7, "lasted": DAY}) for number in range(100)]
        self.assertEqual([one.in_steps().now(polled=True).started for one in told], [one.started for one in told])

    def test_a_script_may_tell_other_times_and_facts(self):
        self.simulator.job(JOB, 7, "finished", started_at=1767322842000, lasted_ms=250000, branch="dev", commit="c" * 40,
                           trigger="CODE", url="https://example.com/c", record={"executor": None, "more": 1})
        one = self.record(7)[1]["result"]
        self.assertEqual((one["start_time"], one["build_time"], one["cost_time"]), (1767322842000, 250000, 250000))
        self.assertEqual((one["code_branch"], one["commit_id"], one["trigger_type"], one["commit_detail_url"], one["executor"], one["more"]),
                         ("dev", "c" * 40, "CODE", "https://example.com/c", None, 1))
        before = time.time() * 1000
        self.simulator.job(JOB, 8, "finished", lasted_ms=5000)
        one = self.record(8)[1]["result"]
        self.assertTrue(before - 2 <= one["start_time"] + 5000 <= time.time() * 1000 + 2, "its end is the true one")

    def test_absent_ones(self):
        self.simulator.job(JOB, 7, "absent")
        for number in (7, 8):
            self.assertEqual((self.record(number)[0], self.record(number)[1]["error_code"]), (403, "CB.00031059"))
        self.assertEqual(self.record(7, OTHER)[1]["error_code"], "DEVCB.00031006")
        self.assertEqual(self.record(0)[1]["error_code"], "CB.00060200")
        self.assertEqual(self.record(7, "short")[1]["error_code"], "CB.00060201")


class Lists(Following):
    def setUp(self):
        super().setUp()
        self.simulator.job(JOB, history=[{"number": number, "started_ago": (51 - number) * 3600, "lasted": 60,
                                          "word": "FAILURE" if number % 2 else "SUCCESS"} for number in range(1, 51)])

    def test_pages(self):
        first = self.listed()
        self.assertEqual([one["number"] for one in first["job_build_states"]], list(range(50, 40, -1)))
        self.assertEqual((first["page_index"], first["total_page"], first["total_record"], first["health_score"]), ("0", "5", "50", "50"))
        self.assertEqual(self.numbers(page_index=2, page_size=20), list(range(10, 0, -1)))
        self.assertEqual(self.numbers(page_index=3, page_size=20), [])
        self.assertEqual(len(self.numbers(page_size=100)), 50)

    def test_the_window_is_that_of_starts_in_local_time(self):
        hour = time.time() - 3 * 3600
        self.assertEqual(self.numbers(start=hour - 1800, end=hour + 1800), [48])
        self.assertEqual(self.numbers(start=hour - 1800, end=hour + 1800, offset=0), [40], "UTC is not China's time")
        self.simulator.script({}, zone_offset=-3.5)
        self.assertEqual(self.numbers(start=hour - 1800, end=hour + 1800, offset=-3.5 * 3600), [48])

    def test_wrong_parameters(self):
        now_, good = time.time(), self.list_path()
        self.assertEqual(self.answered(good)[0], 200)
        for path, code in ((good.partition("?")[0], "DEV.CB.032000"), (good.partition("&")[0], "DEV.CB.032000"),
                           (good.replace("%20", "+"), "DEV.CB.032000"), (good.replace("%20", "T"), "DEV.CB.032000"),
                           (self.list_path(start=now_, end=now_ - 60), "DEV.CB.032000"), (good + "&page_size=0", "DEV.CB.032000"),
                           (good + "&page_size=101", "DEV.CB.032000"), (good + "&page_index=-1", "DEV.CB.032000"),
                           (good + "&page_index=x", "DEV.CB.032000"), (self.list_path(start=now_ - 31 * DAY - 1, end=now_), "CB.00031105")):
            with self.subTest(path):
                status, told = self.answered(path)
                self.assertEqual((status, told.get("error_code") or told["error"]["code"]), (400, code))
        self.assertEqual(self.answered(self.list_path(start=now_ - 31 * DAY, end=now_))[0], 200)
        self.assertEqual(self.answered(self.list_path(OTHER))[1]["error_code"], "DEVCB.00031006")

    def test_the_signature_covers_the_query(self):
        self.simulator.auth(mode="aksk", keys={"AK1": "sk-one"})
        path = self.list_path(page_size=5)
        headers = {"Host": f"127.0.0.1:{self.simulator.ports['http']}", "X-Sdk-Date": now()}
        _, pairs = signing.split_target(path)
        self.assertNotEqual(pairs, sorted(pairs), "sent in another order than signed")
        headers["Authorization"] = signing.authorization("AK1", "sk-one", "GET", path.partition("?")[0], pairs, headers, b"")
        self.assertEqual(len(self.answered(path, headers=headers)[1]["result"]["job_build_states"]), 5)
        self.assertIn("verify aksk", self.answered(path.replace("page_size=5", "page_size=6"), headers=headers)[1]["error_msg"])
        self.assertIn("verify aksk", self.answered(path.partition("?")[0], headers=headers)[1]["error_msg"])

    def test_thousands_are_cheap(self):
        self.simulator.job(JOB, history=[{"number": number, "started_ago": 5001 - number, "lasted": 1} for number in range(1, 5001)])
        self.assertEqual(self.listed()["total_record"], "5000")
        self.assertEqual(self.newest(), "5000")


class Jobs(Following):
    def test_never_built_and_gone(self):
        self.simulator.job(JOB)
        self.assertEqual(self.answered(STATUS)[1], example("running-status-never-built.json"))
        self.assertEqual((self.listed()["total_record"], self.listed()["total_page"], self.numbers()), ("0", "0", []))
        self.assertEqual(self.info(1), "CB.00031059")
        self.simulator.job(JOB, 1, "running")
        self.simulator.job(JOB, gone=True)
        for path in (STATUS, self.list_path(), f"/v1/job/{JOB}/1/build-info", f"/v1/record/{JOB}/1/build-info-record"):
            self.assertEqual(self.answered(path)[0], 422, path)

    def test_a_call_may_miss_a_build(self):
        self.simulator.job(JOB, 1, "finished", missing=["build-info", "record"])
        self.assertEqual((self.newest(), self.numbers(), self.info(1), self.record(1)[0]), ("1", [1], "CB.00031059", 403))
        self.simulator.job(JOB, 2, "finished", missing=["running-status"])
        self.assertEqual((self.newest(), self.numbers(), self.info(2)), ("1", [2, 1], (False, "SUCCESS")))
        self.simulator.job(JOB, 3, "finished", missing=["record-list"])
        self.assertEqual((self.newest(), self.numbers()), ("3", [2, 1]))

    def test_a_queued_build_may_be_absent_until_it_runs(self):
        steps = [{"at": 0, "state": "queued", "missing": ["build-info"]}, {"at": 0.3, "state": "running"}]
        self.simulator.script({JOB: {"builds": {"5": {"steps": steps, "branch": "dev"}}}})
        result = self.answered(STATUS)[1]["result"]
        self.assertEqual((result["last_build_no"], result["last_build_status"]), ("5", "InQueue"))
        while self.info(5) == "CB.00031059":
            time.sleep(0.02)
        self.assertEqual((self.info(5), self.record(5)[1]["result"]["code_branch"]), ((True, None), "dev"))

    def test_calls_have_names(self):
        self.simulator.job(JOB, 1, "finished")
        for call, path in (("running-status", STATUS), ("record-list", self.list_path()), ("record", f"/v1/record/{JOB}/1/build-info-record"),
                           ("build-info", f"/v1/job/{JOB}/1/build-info")):
            with self.subTest(call):
                number = self.simulator.fault("status", call=call, status=405)
                self.assertEqual(self.get(path)[0].status, 405)
                self.assertEqual(self.get(f"/v1/job/{JOB}/1/build-info" if call != "build-info" else STATUS)[0].status, 200)
                self.simulator.clear_faults(number)
                seen = self.simulator.requests(call=call, status=405)
                self.assertEqual([(one["job"], one["build"]) for one in seen], [(JOB, None if call in ("running-status", "record-list") else "1")])


class Repeats(Following):
    def test_one_after_the_other(self):
        self.simulator.job(JOB, repeat={"every": 100, "lasts": [50, 60], "words": ["SUCCESS", "FAILURE", "ABORTED"], "first": 41, "ago": 310})
        self.assertEqual((self.newest(), self.numbers()), ("44", [44, 43, 42, 41]))
        self.assertEqual([self.info(number) for number in (40, 41, 42, 43, 44, 45)],
                         ["CB.00031059", (False, "SUCCESS"), (False, "FAILURE"), (False, "ABORTED"), (True, None), "CB.00031059"])
        records = self.listed()["job_build_states"]
        self.assertEqual([(one["state"], one["build_time"]) for one in records[1:]], [("ABORTED", 50000), ("FAILURE", 60000), ("SUCCESS", 50000)])
        self.assertEqual(records[1]["start_time"] - records[2]["start_time"], 100000)

    def test_they_wait_for_each_other_unless_they_run_side_by_side(self):
        for side_by_side, running in ((False, [3]), (True, [2, 3, 4])):
            with self.subTest(side_by_side):
                self.simulator.job(JOB, repeat={"every": 100, "lasts": [250], "ago": 320 if side_by_side else 600, "count": 4,
                                                "side_by_side": side_by_side})
                self.assertEqual([number for number in range(1, 8) if self.info(number) == (True, None)], running)

    def test_as_time_passes_and_no_more_than_told(self):
        self.simulator.script({JOB: {"repeat": {"every": 0.05, "count": 5, "first": 3}}}, clock="first_poll")
        time.sleep(0.2)
        self.assertEqual(self.newest(), "3", "time begins with the first question")
        while self.newest() != "7" or self.info(7)[0]:
            time.sleep(0.02)
        time.sleep(0.1)
        self.assertEqual((self.newest(), len(self.numbers())), ("7", 5))


if __name__ == "__main__":
    unittest.main()
