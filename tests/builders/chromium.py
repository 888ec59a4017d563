"""A real browser: Debian's Chromium, driven through its debugging pipe."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

CHROMIUM = shutil.which("chromium")
NOT_INSTALLED = "Debian's package chromium is not installed here"

_ALONE = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
)
_LONGEST_WAIT_SECONDS = 30
_READS, _WRITES = 3, 4
"""The descriptors by which Chromium takes commands and answers them."""


class Tab:
    """One page of a browser."""

    def __init__(self, commands: BinaryIO, answers: BinaryIO) -> None:
        self._commands = commands
        self._answers = answers
        self._unread = b""
        self._count = 0
        self._session: str | None = None
        self.faults: list[str] = []
        """What the page's console told of: exceptions, and what its policy forbade."""
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)[
            "sessionId"
        ]
        for domain in ("Page", "Runtime", "Log"):
            self._call(f"{domain}.enable")

    def open(self, url: str) -> None:
        """Go to a page. Wait for something on it before the next step."""
        self._call("Page.navigate", url=url)

    def run(self, script: str) -> Any:
        """What a script comes to."""
        answer = self._evaluated(script)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def until(self, condition: str) -> None:
        """Wait for a condition to be true of the page, whichever page is there."""
        deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
        while self._evaluated(f"Boolean({condition})")["result"].get("value") is not True:
            assert time.monotonic() < deadline, self.run("document.body.innerText")
            time.sleep(0.05)

    def press(self, selector: str) -> None:
        """Press a button."""
        self.run(f"document.querySelector({json.dumps(selector)}).click()")

    def type(self, selector: str, text: str) -> None:
        """Type into a field as a keyboard does."""
        self.run(f"document.querySelector({json.dumps(selector)}).select()")
        self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        self._call("Input.insertText", text=text)

    def close(self) -> None:
        """End the browser."""
        self._session = None
        self._call("Browser.close")

    def _evaluated(self, script: str) -> dict[str, Any]:
        return self._call("Runtime.evaluate", expression=script, returnByValue=True)

    def _call(self, method: str, **parameters: object) -> dict[str, Any]:
        self._count += 1
        command = {"id": self._count, "method": method, "params": parameters}
        if self._session is not None:
            command["sessionId"] = self._session
        self._commands.write(json.dumps(command).encode() + b"\0")
        while True:
            message = self._message()
            if message.get("id") == self._count:
                assert "error" not in message, message
                result: dict[str, Any] = message["result"]
                return result
            self._note(message)

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._unread:
            read = self._answers.read(65536)
            assert read, "the browser is gone"
            self._unread += read
        text, _, self._unread = self._unread.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        return message

    def _note(self, event: dict[str, Any]) -> None:
        if event.get("method") == "Runtime.exceptionThrown":
            self.faults.append(str(event["params"]))
        entry = event.get("params", {}).get("entry", {})
        if entry.get("source") == "security":
            self.faults.append(entry["text"])


@contextmanager
def browser_tab(profile: Path) -> Iterator[Tab]:
    """A browser that knows nothing but what it is shown; its profile lies in ``profile``."""
    assert CHROMIUM is not None, NOT_INSTALLED
    commands_in, commands_out = os.pipe()
    answers_in, answers_out = os.pipe()
    process = subprocess.Popen(
        [
            *("bash", "-c", f'exec "$@" {_READS}<&{commands_in} {_WRITES}>&{answers_out}', "bash"),
            *(CHROMIUM, *_ALONE, f"--user-data-dir={profile}"),
        ],
        pass_fds=(commands_in, answers_out),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(commands_in)
    os.close(answers_out)
    with os.fdopen(commands_out, "wb", 0) as commands, os.fdopen(answers_in, "rb", 0) as answers:
        tab = Tab(commands, answers)
        try:
            yield tab
        finally:
            tab.close()
            process.wait(20)
