"""A real browser on the control machine, which trusts the platform's authority and finds its name without DNS."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from .playbook import ROOT

sys.path.insert(0, str(ROOT / "tools"))
from labkit import host

PROGRAMS = {"chromium": "chromium", "chromium-driver": "chromedriver", "libnss3-tools": "certutil"}
# High enough for the whole overview of the lab.
WIDTH, HEIGHT = 1200, 2000


@contextmanager
def chromium(home: Path, authority: Path, name: str, address: str) -> Iterator[Chrome]:
    """Yield a browser that takes certificates of the authority, and `name` for `address`."""
    host.install(PROGRAMS)
    trusted = home / ".pki/nssdb"
    trusted.mkdir(parents=True)
    store = f"sql:{trusted}"
    subprocess.run(["certutil", "-d", store, "-N", "--empty-password"], check=True)
    subprocess.run(["certutil", "-d", store, "-A", "-t", "C,,", "-n", "platform", "-i", authority], check=True)
    options = ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in (
        "--headless=new",
        "--no-sandbox",  # it refuses to run as root otherwise
        "--disable-dev-shm-usage",
        f"--user-data-dir={home}/profile",
        f"--window-size={WIDTH},{HEIGHT}",
        f"--host-resolver-rules=MAP {name} {address}",
    ):
        options.add_argument(argument)
    service = ChromeService("/usr/bin/chromedriver", env={"HOME": str(home), "PATH": "/usr/bin:/bin"})
    browser = Chrome(options, service)
    try:
        browser.set_page_load_timeout(60)
        yield browser
    finally:
        browser.quit()


def log_in(browser: Chrome, user: str, password: str) -> None:
    """Answer the server's question for a name and a password, which a browser without a window cannot show."""
    word = base64.b64encode(f"{user}:{password}".encode()).decode()
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": {"Authorization": f"Basic {word}"}})
