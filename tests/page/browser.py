"""Debian's chromium, driven by Playwright, and axe-core from the npm registry."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = "axe-core-4.14.1"
AXE_SHA256 = "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745"
PATIENCE = 20_000
"""How long Playwright waits for anything, in milliseconds: the machine may be busy. What holds is
seen at once; this is only how late a failure is told."""
NARROW = 699


def missing(what: str) -> None:
    """Skip, or fail where PSRT_REQUIRE_BROWSER=1 says that nothing may be missing."""
    if os.environ.get("PSRT_REQUIRE_BROWSER") == "1":
        pytest.fail(what)
    pytest.skip(what)


@contextmanager
def chromium() -> Iterator[BrowserContext]:
    """The browser, for a whole session. Windows are pages of one context: a page keeps nothing."""
    if not Path(CHROMIUM).exists():
        missing(f"there is no {CHROMIUM} here: apt-get install chromium")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        try:
            yield new_context(browser)
        finally:
            browser.close()


def new_context(browser: Browser | None) -> BrowserContext:
    """A window of its own."""
    assert browser is not None
    context = browser.new_context(reduced_motion="reduce", color_scheme="light")
    context.set_default_timeout(PATIENCE)
    return context


def axe_script(folder: Path) -> str:
    """axe-core's script, fetched once into a folder that is kept."""
    archive = folder / f"{AXE}.tgz"
    if not archive.exists():
        npm = shutil.which("npm")
        if npm is None:
            missing("axe-core cannot be fetched without npm: apt-get install npm")
        _fetch(str(npm), archive)
    content = archive.read_bytes()
    assert hashlib.sha256(content).hexdigest() == AXE_SHA256
    with tarfile.open(archive) as files:
        member = files.extractfile("package/axe.min.js")
        assert member is not None
        return member.read().decode()


def _fetch(npm: str, archive: Path) -> None:
    """Fetch it aside and move it there whole: several workers may do so at once."""
    name, _, version = AXE.rpartition("-")
    with TemporaryDirectory(dir=archive.parent) as aside:
        command = [npm, "pack", "--silent", f"{name}@{version}"]
        done = subprocess.run(command, cwd=aside, capture_output=True, timeout=120, check=False)
        fetched = Path(aside) / archive.name
        if done.returncode or not fetched.exists():
            missing("axe-core cannot be fetched: see that npm reaches its registry")
        fetched.replace(archive)


class Windows:
    """Opens windows on a page, and watches that nothing goes wrong in them."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self._context = context
        self._address = address
        self._pages: list[Page] = []
        self.problems: list[str] = []
        self.foreign: list[str] = []

    def __call__(self, person: str, place: str = "", *, width: int = 1440) -> Page:
        # A second tab of one window would stand still behind the first.
        page = (new_context(self._context.browser) if self._pages else self._context).new_page()
        self._pages.append(page)
        page.set_viewport_size({"width": width, "height": 900 if width > NARROW else 844})
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", self._heard)
        page.on("request", self._asked)
        self.visit(page, f"go/{person}/{place}")
        return page

    def visit(self, page: Page, path: str) -> None:
        """Load an address of the page, whole."""
        page.goto(f"{self._address}{path}", wait_until="commit")
        page.wait_for_selector("html[data-ready]")
        rest(page)

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning") and "409" not in message.text:
            self.problems.append(message.text)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self._address, self._address.replace("http", "ws", 1))):
            self.foreign.append(request.url)

    def close(self) -> None:
        """Close all windows; nothing may have gone wrong in them, nothing come from elsewhere."""
        for page in self._pages:
            page.close()
            if page.context is not self._context:
                page.context.close()
        assert self.problems == []
        assert self.foreign == []


def rest(page: Page) -> None:
    """Wait until nothing that this window began is under way."""
    expect(page.locator("html[data-working]")).to_have_count(0)
