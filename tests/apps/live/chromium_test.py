#!/usr/bin/env python3
"""Looks at a live page in headless Chromium, as a person would.

  chromium_test.py [OPTIONS] --run PROGRAM [ARG ...]   a run that prints its page's URL
  chromium_test.py [OPTIONS] URL                       a run that goes on already
Options:
  --expect FILE        what the page must show at the end: a snapshot, or a summary.json (of its results
                       what the page has). Without it: the last line that PROGRAM printed.
  --screenshot PREFIX  writes PREFIX-early.png, -light.png and -dark.png
"""
import fcntl
import json
import math
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time


class Browser:
    """Chromium by its DevTools pipe: messages end with a zero byte."""

    def __init__(self, program, profile):
        to_child, self.out = os.pipe()
        self.into, from_child = os.pipe()
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
                 "--no-first-run", "--disable-dev-shm-usage", "--disable-background-networking",
                 f"--user-data-dir={profile}", "--window-size=1280,1400", "about:blank"]
        # The pipe's ends must be the descriptors 3 and 4; from 10 on they are in no one's way.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (to_child, from_child)]
        shell = 'exec "$@" 3<&{0} 4>&{1} {0}<&- {1}>&-'.format(*ends)
        self.process = subprocess.Popen(["bash", "-c", shell, "bash", program, *flags],
                                        pass_fds=ends, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for end in (to_child, from_child, *ends):
            os.close(end)
        self.data, self.count, self.session, self.troubles = b"", 0, None, []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.ask(domain + ".enable")

    def ask(self, method, **params):
        self.count += 1
        message = {"id": self.count, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.count:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.note(answer)

    def receive(self):
        while b"\0" not in self.data:
            if not select.select([self.into], [], [], 60)[0]:
                raise RuntimeError("the browser does not answer")
            read = os.read(self.into, 1 << 16)
            if not read:
                raise RuntimeError("the browser ended")
            self.data += read
        message, self.data = self.data.split(b"\0", 1)
        return json.loads(message)

    def note(self, event):  # what a developer would see in red
        params = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.troubles.append(details.get("exception", {}).get("description", details["text"]))
        if event.get("method") == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.troubles.append(params["entry"]["text"])

    def evaluate(self, expression):
        result = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def value(self, key):
        """The exact value that the page shows for a key; None if it shows none."""
        text = self.evaluate(f"document.getElementById({json.dumps(key)})?.dataset?.value")
        return None if text is None else json.loads(text)

    def wait(self, what, met, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if met():
                return
            time.sleep(0.05)
        raise RuntimeError(f"in vain waited for: {what}; the page shows: "
                           + self.evaluate("document.body.innerText"))

    def click(self, key):
        self.evaluate(f"document.getElementById({json.dumps(key)}).scrollIntoView()")
        box = self.evaluate(f"(r => [r.x + r.width / 2, r.y + r.height / 2])"
                            f"(document.getElementById({json.dumps(key)}).getBoundingClientRect())")
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left",
                     clickCount=1)

    def slide(self, place):
        self.evaluate(f"(s => {{ s.value = {place}; s.dispatchEvent(new Event('input')) }})"
                      "(document.getElementById('speed'))")

    def shades(self, canvas):
        """How many colours a canvas has; 0 for a blank or hidden one."""
        return self.evaluate(f"""(canvas => {{
            if (!canvas.width || !canvas.offsetParent) return 0;
            const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
            return new Set(new Uint32Array(data.buffer)).size - 1; }})
            (document.getElementById('{canvas}'))""")

    def screenshot(self, path):
        import base64
        size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        image = self.ask("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(image["data"]))

    def end(self):
        self.process.kill()
        self.process.wait()


def check(met, what):
    if not met:
        raise RuntimeError(what)
    print("ok:", what)


def same(shown, expected):
    if isinstance(expected, (int, float)) and isinstance(shown, (int, float)):
        return shown == expected or math.isclose(shown, expected, rel_tol=1e-15)
    return shown == expected


def leaves(tree):
    """Numbers and the state, by the ids that the page gives them."""
    return {key: value for key, value in tree.items()
            if key == "state" or (isinstance(value, (int, float)) and not isinstance(value, bool))}


def from_summary(summary):
    """What a page could show of a summary.json, by the page's names."""
    shown = leaves(summary["results"])
    for key, name in (("objective", "test_objective"),
                      ("reference_objective", "reference_test_objective")):
        if name in shown:
            shown[key] = shown.pop(name)
    shown.update(state="done", spikes=summary["counts"]["spikes"],
                 energy_j=summary["energy"]["loihi1"]["dynamic_j"]["nominal"])
    return shown


def look(browser, url, expected, screenshot):
    def shot(name):
        if screenshot:
            time.sleep(0.8)  # animations come to rest
            browser.screenshot(f"{screenshot}-{name}.png")

    def curve_drawn():
        return (browser.evaluate("document.querySelector('#curve .line')?.getAttribute('d').length") or 0) > 40

    def at(least):
        return lambda: (browser.value("samples") or 0) >= least

    browser.ask("Page.navigate", url=url)
    browser.wait("the first samples", at(1))
    check(browser.evaluate("document.styleSheets[0].cssRules.length") > 50, "the page has its style")

    browser.click("pause")
    browser.wait("the pause", lambda: browser.value("state") == "paused")
    time.sleep(0.5)  # what was on its way arrives
    before = browser.value("samples")
    time.sleep(1)
    check(browser.value("samples") == before, f"paused at sample {before}, it stays there")
    shot("early")
    browser.click("pause")
    browser.wait("more samples after resuming", at(before + 1))
    check(browser.value("state") in ("learning", "done"), "resumed, it goes on")
    browser.slide(50)
    browser.wait("the speed wanted", lambda: browser.value("speed") == 10)
    check(True, "the slider asks for 10 samples a second")
    browser.slide(100)
    browser.wait("full speed", lambda: browser.value("speed") == 0)

    browser.wait("a curve while it learns", curve_drawn)
    browser.wait("the end", lambda: browser.value("state") == "done", 600)
    final = expected()
    wanted = leaves(final)
    if "results" in final:
        wanted = {key: value for key, value in from_summary(final).items()
                  if browser.value(key) is not None}
        check(len(wanted) >= 8, f"the page shows {', '.join(wanted)}")
    for key, value in wanted.items():
        shown = browser.value(key)
        check(same(shown, value), f"{key} is shown as {shown}, was {value}")
    check(wanted or not final, f"{len(wanted)} numbers compared")
    browser.evaluate("document.activeElement.blur()")
    shot("light")
    for canvas in ("atoms", "raster"):
        check(browser.shades(canvas) > 1, f"the canvas '{canvas}' is not blank")
    check(curve_drawn(), "the curve is drawn")
    features = [{"name": "prefers-color-scheme", "value": "dark"}]
    browser.ask("Emulation.setEmulatedMedia", features=features)
    shot("dark")
    dark = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    check(sum(map(int, re.findall(r"\d+", dark)[:3])) < 150, "dark where the viewer likes it dark")
    check(not browser.troubles, f"no error on the page {browser.troubles or ''}")


def soon(what, get):
    """What get() returns, once it is something."""
    for _ in range(1200):
        found = get()
        if found:
            return found
        time.sleep(0.05)
    raise RuntimeError(f"in vain waited for {what}")


def main(arguments):
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
                   None)
    if not program:
        print("SKIPPED: there is no Chromium to look at the page with")
        return
    options = {}
    while len(arguments) > 2 and arguments[0] in ("--expect", "--screenshot"):
        options[arguments[0]] = arguments[1]
        arguments = arguments[2:]
    if not arguments or arguments == ["--run"]:
        sys.exit(__doc__)
    run = browser = None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        log = os.path.join(scratch, "log")

        def printed():
            with open(log, encoding="utf-8") as file:
                return file.read()

        def expected():
            file = options.get("--expect")
            if file:
                if run:  # it writes the file at its end
                    check(run.wait(60) == 0, "the run has ended well")
                with open(file, encoding="utf-8") as text:
                    return json.load(text)
            return json.loads(soon("the last line", lambda: re.findall(r"^\{.*\}$", printed(), re.M))[-1]
                              if run else "{}")

        try:
            url = arguments[0]
            if url == "--run":
                with open(log, "w", encoding="utf-8") as file:
                    run = subprocess.Popen(arguments[1:], stdin=subprocess.PIPE, stdout=file,
                                           stderr=subprocess.STDOUT)
                url = soon("a URL", lambda: re.search(r"http://[^/\s]+/", printed())).group()
            if run:
                run.send_signal(signal.SIGSTOP)  # it is not to be over before anyone looks
            browser = Browser(program, os.path.join(scratch, "profile"))
            if run:
                run.send_signal(signal.SIGCONT)
            look(browser, url, expected, options.get("--screenshot"))
            print("passed")
        except (RuntimeError, OSError) as error:
            sys.exit(f"FAILED: {error}")
        finally:
            if browser:
                browser.end()
            if run:
                run.stdin.close()
                try:
                    run.wait(10)
                except subprocess.TimeoutExpired:
                    run.kill()


if __name__ == "__main__":
    main(sys.argv[1:])
