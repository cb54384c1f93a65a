"""One page of the browser, in a context (cookies, storage) of its own, as a user sees and handles it."""

import base64
import json
import os
import pathlib
import threading
import time

from support.chromium import HANG, Refused

SHOTS = os.environ.get("BUILDWATCH_SCREENSHOTS")
AXE = pathlib.Path(os.environ.get("BUILDWATCH_AXE", ""), "node_modules/axe-core/axe.min.js")
KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, "ArrowDown": 40, "ArrowUp": 38, "Backspace": 8}


class Page:
    def __init__(self, browser, width=1280, height=800, dark=False, first=None, beside=None, window=False, behind=False):
        """`first`: a script that runs before those of any page. `beside`: a page whose context it shares, and whose window, which
        then shows this one, unless it gets a `window` of its own or stays `behind`."""
        self.browser = browser
        self.complaints = []  # of the page: exceptions, violations of its policy, requests to elsewhere
        self.asked = []       # every URL requested
        self.signed_in = 0    # how often a name and a password were asked for
        self.context = None if beside else browser.call("Target.createBrowserContext")["browserContextId"]
        how = {key: True for key, wanted in (("newWindow", window), ("background", behind)) if wanted}
        target = browser.call("Target.createTarget", url="about:blank", browserContextId=beside.context if beside else self.context, **how)["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        browser.listen(self.session, self._hear)
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.size(width, height)
        self.prefer(dark)
        if first:
            self.call("Page.addScriptToEvaluateOnNewDocument", source=first)

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def show(self):
        """Its tab comes to the front: another of that window is hidden."""
        self.call("Page.bringToFront")

    def sign_in(self, user, password):
        """From now on, whoever asks for a name and a password gets these."""
        self.credentials = {"response": "ProvideCredentials", "username": user, "password": password}
        self.call("Fetch.enable", handleAuthRequests=True)

    def close(self):
        if self.context:
            self.browser.call("Target.disposeBrowserContext", browserContextId=self.context)
            self.context = None

    def _hear(self, method, told):
        if method.startswith("Fetch."):  # answered by another thread: this one hands over the answers to calls
            threading.Thread(target=self._let_go, args=(method, told["requestId"]), daemon=True).start()
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(told["exceptionDetails"].get("exception", {}).get("description") or told["exceptionDetails"]["text"])
        elif method == "Log.entryAdded" and told["entry"]["source"] in ("security", "javascript", "violation", "deprecation"):
            self.complaints.append(told["entry"]["text"])
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(json.dumps(told["args"]))
        elif method == "Network.requestWillBeSent":
            self.asked.append(told["request"]["url"])

    def _let_go(self, method, request):
        try:
            if method == "Fetch.authRequired":
                self.signed_in += 1
                self.call("Fetch.continueWithAuth", requestId=request, authChallengeResponse=self.credentials)
            else:
                self.call("Fetch.continueRequest", requestId=request)
        except (Refused, OSError):
            pass  # the page has gone meanwhile

    # --- looks

    def size(self, width, height, phone=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2 if phone else 1, mobile=phone)

    def prefer(self, dark):
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def shot(self, name):
        if SHOTS:
            data = self.call("Page.captureScreenshot", format="png")["data"]
            folder = pathlib.Path(SHOTS)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.png").write_bytes(base64.b64decode(data))

    # --- what it says

    def js(self, expression):
        told = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in told:
            raise AssertionError(f"{expression}: {told['exceptionDetails']}")
        return told["result"].get("value")

    def text(self, selector):
        """What a reader sees of the first such element; empty if it is hidden or missing."""
        return self.js(f"(() => {{ const e = document.querySelector({json.dumps(selector)}); return e?.checkVisibility() ? e.innerText : ''; }})()")

    def texts(self, selector):
        """The same of all such elements; also of those so far below that the browser has not laid them out."""
        return self.js(f"[...document.querySelectorAll({json.dumps(selector)})].filter((e) => e.checkVisibility()).map((e) => e.innerText || e.textContent)")

    def wait(self, true, what):
        """Waits until `true()`; -> what it returned."""
        end = time.monotonic() + HANG
        while not (found := true()):
            if time.monotonic() > end:
                self.shot("hung")
                raise AssertionError(f"never came: {what}; the page says:\n{self.text('body')[:2000]}")
            time.sleep(0.03)
        return found

    def wait_text(self, selector, part):
        return self.wait(lambda: part in self.text(selector), f"{part!r} in {selector}")

    def remember(self, selector):
        """From now on every text of that element is kept; -> a function that returns them."""
        at = json.dumps(selector)
        self.js(f"{{ const e = document.querySelector({at}), kept = ((window.remembered ??= {{}})[{at}] = []);"
                " new MutationObserver(() => kept.push(e.textContent)).observe(e, {childList: true, characterData: true, subtree: true}); }")
        return lambda: self.js(f"window.remembered[{at}]")

    # --- hands

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.wait(lambda: self._holds("document.readyState === 'complete' && location.href !== 'about:blank'"), url)

    def reload(self):
        """Until the page is there anew: what the old one says meanwhile counts for nothing."""
        self.js("window.old = true")
        self.call("Page.reload")
        self.wait(lambda: self._holds("document.readyState === 'complete' && !window.old"), "the page anew")

    def _holds(self, expression):
        try:
            return self.js(expression)
        except (Refused, AssertionError):
            return False  # one page has just gone and the next is not there yet

    def press(self, key, shift=False):
        code = KEYS.get(key, 0)
        more = {"modifiers": 8} if shift else {}
        typed = {"text": "\r"} if key == "Enter" else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code, **typed, **more)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code, **more)

    def type(self, text):
        self.call("Input.insertText", text=text)

    def click(self, selector):
        box = self.js(f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: 'nearest'}});"
                      f" const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; }})()")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def focused(self):
        """The text, or the label, of what has the focus."""
        return self.js("(() => { const e = document.activeElement; return e.getAttribute('aria-label') ?? e.labels?.[0]?.innerText ?? e.innerText; })()")

    def tree(self):
        """-> [(role, name)], as assistive tools are told."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        return [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node["ignored"]]

    def axe(self):
        """-> violations that axe-core finds, a line each."""
        if not self.js("typeof axe === 'object'"):
            self.js(AXE.read_text(encoding="utf-8") + "; true")
        found = self.js("axe.run(document, {resultTypes: ['violations', 'incomplete']}).then((r) => r.violations)")
        return [f"{one['id']}: {one['help']}: {node['html'][:200]} {node['failureSummary']}" for one in found for node in one["nodes"][:3]]
