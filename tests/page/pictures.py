"""Take the README's pictures anew: ``python -m tests.page.pictures``; then look at them."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page

from tests.page.browser import Windows, chromium, rest
from tests.page.conftest import opened_demo

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"


def take(page: Page, name: str) -> None:
    """Write one picture, once nothing moves any more."""
    rest(page)
    page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")


def main() -> None:
    """The workspace as it opens, under the hood, and on a phone."""
    with TemporaryDirectory() as folder, chromium() as context, opened_demo(Path(folder)) as demo:
        windows = Windows(context, demo.address)
        page = windows("ana", "team")
        take(page, "workspace")
        page.get_by_role("button", name="Under the hood").click()
        page.locator("#hood").wait_for()
        take(page, "under-the-hood")
        take(windows("ana", "team", width=390), "narrow")
        windows.close()


if __name__ == "__main__":
    main()
