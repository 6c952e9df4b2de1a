"""A page in a browser: on a scripted app for the elements, on the real bot for whole jobs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext
from slack_sdk import WebClient

from psrt_bot.runtime.clock import MovableClock
from psrt_bot.sandbox.demo import keeping
from psrt_bot.sandbox.demo.page_demo import House
from psrt_bot.sandbox.demo.stage import Stage, staged
from psrt_bot.sandbox.installation import Installation
from psrt_bot.sandbox.page.config import PageConfig
from psrt_bot.sandbox.page.routes import Page
from psrt_bot.sandbox.workspace import Workspace
from tests.page.browser import PATIENCE, Windows, axe_script, chromium
from tests.sandbox.conftest import make_manifest
from tests.sandbox.scripted import ScriptedApp


@pytest.fixture(scope="session")
def browser() -> Iterator[BrowserContext]:
    """One chromium a session."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def axe(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """axe-core's script, kept in pytest's cache if there is one."""
    cache = getattr(request.config, "cache", None)
    return axe_script(cache.mkdir("axe-core") if cache else tmp_path_factory.mktemp("axe-core"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`-m browser` chooses what needs chromium, `-m "not browser"` what does not."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


# a small workspace whose app answers what a test wants


@dataclass
class Small:
    """alice and bob in the private #team, carol outside, everybody in #general."""

    workspace: Workspace
    installation: Installation
    page: Page
    app: ScriptedApp
    client: WebClient
    address: str

    def modal(self, view: dict[str, Any]) -> None:
        """Let /order open this view from now on."""
        self.app.reply = _opening(self.client, view)


def _opening(client: WebClient, view: dict[str, Any]) -> Any:
    from tests.sandbox.scripted import Reply

    def reply(payload: dict[str, Any]) -> Reply:
        if "command" in payload:
            client.views_open(trigger_id=payload["trigger_id"], view=view)
        return Reply()

    return reply


@contextmanager
def small_workspace(config: PageConfig | None = None, **manifest: Any) -> Iterator[Small]:
    """Serve it with a page."""
    workspace = Workspace(name="Fictional Security")
    workspace.add_user("alice", real_name="Alice Adams", tz="Europe/Berlin")
    workspace.add_user("bob", real_name="Bob Brown", tz="America/New_York")
    workspace.add_user("carol", real_name="Carol Cole")
    workspace.add_channel("team", private=True, members=["alice", "bob"], topic="For *members*")
    workspace.add_channel("general", members=["alice", "bob", "carol"])
    workspace.add_channel("open", members=["bob"])
    made = make_manifest(**manifest)
    made["features"]["slash_commands"] = [
        {"command": "/order", "description": "Order something", "usage_hint": "[what]"},
        {"command": "/offer", "description": "Offer something", "usage_hint": ""},
    ]
    installation = workspace.install(made)
    workspace.invite_bot("team")
    workspace.invite_bot("general")
    page = Page(workspace, config or PageConfig(start="team", person="alice"))
    app = ScriptedApp()
    with workspace.serve(routes=page.routes) as server:
        installation.deliver_to(app.start())
        workspace.courier.ack_seconds = PATIENCE / 1000
        client = WebClient(installation.bot_token, base_url=server.api_url)
        address = workspace.state.base_url
        yield Small(workspace, installation, page, app, client, address)
        app.stop()


@pytest.fixture
def small() -> Iterator[Small]:
    """A small workspace with a page."""
    with small_workspace() as served:
        yield served


@pytest.fixture
def window(small: Small, browser: BrowserContext) -> Iterator[Windows]:
    """Opens windows on the small workspace."""
    windows = Windows(browser, small.address)
    yield windows
    windows.close()


# the demo, with its past


@dataclass
class Demo:
    """The demo as `psrt-bot demo` serves it."""

    stage: Stage
    page: Page
    address: str


@contextmanager
def opened_demo(folder: Path, *, empty: bool = False) -> Iterator[Demo]:
    """Open a demo on what the folder holds."""
    house = House(empty)
    kept = keeping.load(folder)
    clock = MovableClock(kept.now) if kept else None
    state = kept.state if kept else None
    with staged(folder, clock=clock, routes=house.routes, kept=state) as stage:
        house.set_scene(stage, kept)
        yield Demo(stage, house.page, stage.workspace.state.base_url)


@pytest.fixture(scope="session")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the demo's scene has been set, once a session."""
    folder = tmp_path_factory.mktemp("past")
    with opened_demo(folder) as demo:
        keeping.save(folder, demo.stage.workspace, demo.page)
    return folder


@pytest.fixture
def demo(past: Path, tmp_path: Path) -> Iterator[Demo]:
    """The demo with its scene, going on from the session's folder."""
    folder = tmp_path / "demo"
    shutil.copytree(past, folder)
    with opened_demo(folder) as opened:
        yield opened


@pytest.fixture
def demo_window(demo: Demo, browser: BrowserContext) -> Iterator[Windows]:
    """Opens windows on the demo."""
    windows = Windows(browser, demo.address)
    yield windows
    windows.close()
