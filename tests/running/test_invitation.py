"""An invitation from end to end: a key adds a person, mail comes, a browser opens its link."""

import asyncio
import json
import re
from pathlib import Path

import httpx
import pytest

from tests.builders.chromium import CHROMIUM, NOT_INSTALLED, Tab, browser_tab
from tests.builders.mail_servers import Inbox, mail_server_of
from tests.running.program import Program

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(CHROMIUM is None, reason=NOT_INSTALLED),
]

PASSWORD = "seven lanterns in a meadow"
ADA = {"email": "ada@riverbend.example", "name": "Ada", "role": "viewer"}


async def test_an_invited_person_chooses_a_password_in_a_browser_and_signs_in(
    tmp_path: Path,
) -> None:
    inbox = Inbox()
    async with mail_server_of(inbox) as port:
        program = Program(
            tmp_path / "data", smtp_url=f"smtp://127.0.0.1:{port}", mail_from="w@wellkept.test"
        )
        await asyncio.to_thread(program.start)
        try:
            await invite(program)
            link = await mailed_link(inbox)
            await asyncio.to_thread(follow, program, link, tmp_path / "profile")
        finally:
            await asyncio.to_thread(program.stop)
    log = program.log.read_text()
    assert link.partition("#")[2] not in log
    assert PASSWORD not in log


async def invite(program: Program) -> None:
    credentials = json.loads((program.data_directory / "credentials.json").read_text())
    key = credentials["riverbend"]["keys"]["everything"]
    async with httpx.AsyncClient(base_url=program.url) as client:
        headers = {"Authorization": f"Bearer {key}"}
        created = await client.post("/api/v1/people", json=ADA, headers=headers)
    assert created.status_code == 201, created.text


async def mailed_link(inbox: Inbox) -> str:
    """The link of the one e-mail, once it has come."""
    async with asyncio.timeout(60):
        while not inbox.received:  # noqa: ASYNC110 -- the worker is another process
            await asyncio.sleep(0.05)
    (link,) = re.findall(r"^http\S+", inbox.received[0].get_content(), re.MULTILINE)
    assert isinstance(link, str)
    return link


def follow(program: Program, link: str, profile: Path) -> None:
    assert link.startswith(f"{program.url}/choose-password#")
    with browser_tab(profile) as tab:
        tab.open(link)
        tab.until("window.choose && !choose.hidden")
        assert tab.run("location.href") == f"{program.url}/choose-password"
        attempt(tab, "too short", "too short")
        assert "yours has 9" in said(tab)
        attempt(tab, PASSWORD, "another")
        assert "differ" in said(tab)
        attempt(tab, ADA["email"], ADA["email"])
        tab.until("message.textContent.includes('is not the e-mail address')")
        attempt(tab, PASSWORD, PASSWORD)
        tab.until("heading.textContent === 'Your password is set'")
        tab.open(link)
        tab.until("window.choose && !choose.hidden")
        attempt(tab, "yet another one", "yet another one")
        tab.until("heading.textContent === 'Ask for a new link'")
        assert tab.faults == []
    body = {"company": "riverbend", "email": ADA["email"], "password": PASSWORD}
    assert httpx.post(f"{program.url}/api/v1/sessions", json=body).status_code == 201


def attempt(tab: Tab, password: str, again: str) -> None:
    tab.type("#password", password)
    tab.type("#again", again)
    tab.press("#choose button")


def said(tab: Tab) -> str:
    return str(tab.run("message.textContent"))
