"""``psrt-bot manifest`` and ``psrt-bot doctor``."""

import json
from pathlib import Path

import pytest

from psrt_bot.manifest import manifest
from tests.cli.conftest import Cli, everything, refused

REQUESTS = "https://bot.example.org/slack/events"


def test_manifest(cli: Cli, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The manifest is printed as JSON, without any setting, and follows the command prefix."""
    assert json.loads(cli("manifest").text) == manifest()
    monkeypatch.setenv("PSRT_COMMAND_PREFIX", "my-")
    assert json.loads(cli("manifest").text) == manifest("my-")
    assert everything(place) == {}


@pytest.mark.parametrize(
    "given", ["https://bot.example.org", "https://bot.example.org/", REQUESTS, f"{REQUESTS}/"]
)
def test_manifest_for_http(cli: Cli, given: str) -> None:
    """With the public address the manifest tells Slack where to send requests."""
    assert json.loads(cli("manifest", "--http", given).text) == manifest("", REQUESTS)


@pytest.mark.parametrize(
    "given",
    [
        "http://bot.example.org",
        "bot.example.org",
        "https://",
        "https://bot.example.org/other",
        "https://bot.example.org?x=1",
        "https://me@bot.example.org",
        "https://bot.example.org:port",
        "https://[bot",
    ],
)
def test_addresses_slack_cannot_use(cli: Cli, given: str) -> None:
    """An address that Slack could not reach safely is refused by name."""
    refused(cli("manifest", "--http", given), "--http", given)


def test_doctor_without_anything(cli: Cli, place: Path) -> None:
    """The doctor of an empty folder ends with 1, says what to do, and makes nothing."""
    ran = cli("doctor")
    assert (ran.code, ran.err) == (1, "")
    assert "psrt-bot db upgrade" in ran.text
    assert "SLACK_BOT_TOKEN" in ran.text
    assert everything(place) == {}


def test_probe_needs_settings(cli: Cli) -> None:
    """The probe is refused without token and admin channel, before anything is asked."""
    ran = cli("doctor", "--probe")
    assert ran.code == 2
    assert [line.split()[1] for line in ran.complaints] == [
        "SLACK_BOT_TOKEN:",
        "PSRT_ADMIN_CHANNEL:",
    ]
