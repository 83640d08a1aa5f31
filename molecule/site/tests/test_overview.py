"""The operator's overview page, as a browser shows it and as nobody else sees it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from testkit import wait
from testkit.browser import chromium, log_in
from testkit.playbook import ROOT

PAGE = "/monitoring/consoles/overview.html"
PICTURE = ROOT / ".cache/overview.png"


@pytest.fixture(autouse=True)
def a_host_makes_it(topology: dict[str, Any]) -> None:
    """Leave inventories alone in which nobody makes the page."""
    if not topology["tiers"]["monitoring"]["members"]:
        pytest.skip("no host is in the group monitoring")


def given(user: str, password: str) -> dict[str, str]:
    """Return the header with a name and a password."""
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


def test_a_browser_shows_that_people_can_talk(service: Any, tmp_path: Path) -> None:
    summary = service.summary
    with chromium(tmp_path, ROOT / summary["ca_file"], service.name, service.address) as browser:
        browser.get(f"{service.url}/monitoring/")
        assert "can talk" not in browser.page_source, "nobody has logged in yet"
        log_in(browser, summary["monitoring_user"], summary["monitoring_password"])

        def shown() -> str:
            browser.get(f"{service.url}/monitoring/")
            text = browser.find_element("tag name", "body").text
            assert "People can talk" in text, text
            return str(text)

        text = wait.until(shown, what="the page saying that people can talk", seconds=120, pause=5)
        assert browser.current_url == f"{service.url}{PAGE}"
        assert [name for name in summary["nodes"] if name not in text] == []
        assert browser.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
        PICTURE.parent.mkdir(exist_ok=True)
        browser.save_screenshot(str(PICTURE))


def test_nobody_sees_it_without_the_password(service: Any) -> None:
    user, password = service.summary["monitoring_user"], service.summary["monitoring_password"]
    for path in (PAGE, "/monitoring/api/v1/query?query=up", "/monitoring/metrics", "/monitoring/-/healthy"):
        assert service.ask("GET", path).status == 401
        assert service.ask("GET", path, given(user, f"{password}x")).status == 401
    assert service.ask("GET", PAGE, given(user, password)).status == 200


def test_who_guesses_has_to_wait(service: Any) -> None:
    tries = [service.ask("GET", PAGE, given("operator", f"guess{number}")).status for number in range(25)]
    assert tries[0] == 401
    assert tries[-1] == 429


@pytest.mark.parametrize(
    "path", ["/monitoring/-/quit", "/monitoring/-/reload", "/monitoring/api/v1/admin/tsdb/snapshot"]
)
def test_it_is_for_looking_only(service: Any, path: str) -> None:
    headers = given(service.summary["monitoring_user"], service.summary["monitoring_password"])
    assert service.ask("POST", path, headers).status not in (200, 204)
