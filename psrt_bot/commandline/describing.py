"""``psrt-bot manifest`` and ``psrt-bot doctor``."""

import json
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from psrt_bot.commandline.databases import opened
from psrt_bot.commandline.refusals import CommandError
from psrt_bot.doctor.examine import examine
from psrt_bot.doctor.findings import Finding, Grade, bad, note
from psrt_bot.doctor.probe import probe as probed
from psrt_bot.manifest import manifest
from psrt_bot.membership.service.admins import Admins
from psrt_bot.runtime.slack import new_client
from psrt_bot.settings import Settings, load_settings

SLACK_PATH = "/slack/events"


def manifest_text(public_address: str | None) -> str:
    """Return the Slack app manifest as JSON.

    Args:
        public_address: where Slack reaches the bot, with or without ``/slack/events``; None for
            Socket Mode.

    Raises:
        CommandError: the address is none that Slack can use.
    """
    settings = load_settings()
    url = None if public_address is None else _request_url(public_address)
    return json.dumps(manifest(settings.command_prefix, url), indent=2, ensure_ascii=False)


def _request_url(given: str) -> str:
    try:
        parts = urlsplit(given)
        sound = parts.scheme == "https" and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        sound = False
    if not sound or parts.query or parts.fragment or "@" in parts.netloc:
        raise CommandError(
            f"--http {given}: Slack needs the bot's public https address, "
            "like https://psrt-bot.example.org"
        )
    path = parts.path.rstrip("/")
    if path in ("", SLACK_PATH):
        return f"https://{parts.netloc}{SLACK_PATH}"
    raise CommandError(f"--http {given}: the bot answers at {SLACK_PATH} alone; leave the path out")


def examined(*, probe: bool) -> bool:
    """Print the doctor's findings and return whether none is bad.

    Raises:
        SettingsError: settings cannot be read at all, or the probe needs more of them.
    """
    settings = load_settings()
    if probe:
        settings.require("SLACK_BOT_TOKEN", "PSRT_ADMIN_CHANNEL")
    well = _tell(examine(settings))
    if probe and not well:
        _tell([note("probe: not tried", "mend what is BAD first")])
    return well and (not probe or _tell(_probed(settings)))


def _tell(findings: Iterable[Finding]) -> bool:
    well = True
    for finding in findings:
        print(finding.line(), flush=True)
        well = well and finding.grade is not Grade.BAD
    return well


def _probed(settings: Settings) -> Iterator[Finding]:
    assert settings.slack_bot_token is not None
    assert settings.admin_channel is not None
    client = new_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
    with opened(settings) as database, database.reading() as session:
        admins = Admins(settings.admin_channel, settings.first_admins).users(session)
    if not admins:
        yield bad("no admin to probe direct messages with", "psrt-bot roster link, or PSRT_ADMINS")
        return
    yield from probed(client, settings.admin_channel, admins[0])
