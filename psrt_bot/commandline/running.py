"""``psrt-bot run``: the bot until a signal ends it."""

import gc

import structlog
from slack_sdk.errors import SlackApiError

from psrt_bot.app import Bot
from psrt_bot.commandline.databases import opened
from psrt_bot.commandline.refusals import CommandError, database_troubles
from psrt_bot.commandline.signals import Ending, until_signalled
from psrt_bot.onboarding.checklist import load as load_checklist
from psrt_bot.runtime.logs import configure_logging
from psrt_bot.runtime.slack import FAILURES, UNUSABLE_TOKEN, VIEW_TIMEOUT, judge, new_client
from psrt_bot.settings import Settings, load_settings

log = structlog.get_logger(__name__)

HIGHEST_PORT = 65535


def run_bot(http: str | None) -> None:
    """Run the bot until SIGTERM or SIGINT; a second signal ends it at once.

    Args:
        http: HOST:PORT of HTTP mode; None for Socket Mode. Port 0 takes a free one.

    Raises:
        CommandError, SettingsError, ChecklistError, SchemaError, KeyStoreError: it cannot start.
    """
    address = None if http is None else parse_address(http)
    settings = load_settings()
    if address is None:
        settings.for_socket_mode()
    else:
        settings.for_http()
    load_checklist(settings.checklist)
    configure_logging(settings.log_level, settings.log_format)
    with until_signalled() as ending:
        with opened(settings):
            pass  # before the bot opens it: a database that is refused is left as it was
        _check_token(settings)
        _serve(settings, address, ending)


def _serve(settings: Settings, address: tuple[str, int] | None, ending: Ending) -> None:
    with database_troubles(settings.database_where):
        bot = Bot(settings)
        try:
            _start(bot, address)
            # What is there now stays: the collector need not walk it again and again.
            gc.collect()
            gc.freeze()
            where = bot.http_address if address else "Socket Mode"
            log.info("listening", where=where, database=settings.database_where)
            ending.wait()
            log.info("stopping")
        finally:
            bot.stop()
    log.info("stopped")


def _start(bot: Bot, address: tuple[str, int] | None) -> None:
    try:
        bot.start(http=address)
    except SlackApiError as error:
        code = judge(error).code
        if code in UNUSABLE_TOKEN or code == "not_allowed_token_type":
            raise CommandError(_refused_token("SLACK_APP_TOKEN", code)) from None
        raise
    except FAILURES as error:
        reason = getattr(error, "reason", error)
        said = getattr(reason, "strerror", None) or type(reason).__name__
        assert address is not None  # Socket Mode goes on trying by itself
        host, port = address
        raise CommandError(f"--http {host}:{port}: {said}; name another address") from None


def _check_token(settings: Settings) -> None:
    """Refuse a bot token that Slack refuses; an outage of Slack does not stop a start."""
    assert settings.slack_bot_token is not None
    token = settings.slack_bot_token.get_secret_value()
    client = new_client(token, settings.slack_api_url, timeout=VIEW_TIMEOUT)
    try:
        client.auth_test()
    except FAILURES as error:
        code = judge(error).code
        if code in UNUSABLE_TOKEN:
            raise CommandError(_refused_token("SLACK_BOT_TOKEN", code)) from None
        log.warning("slack_unreachable", code=code)


def _refused_token(name: str, code: str) -> str:
    return f"{name}: Slack refuses it ({code}); copy it anew from the Slack app's settings page"


def parse_address(text: str) -> tuple[str, int]:
    """Return host and port of ``HOST:PORT`` or ``[IPV6]:PORT``.

    Raises:
        CommandError: it is none.
    """
    host, colon, port = text.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    sound = bare == host if ":" not in bare else host == f"[{bare}]"
    number = int(port) if port.isascii() and port.isdigit() and len(port) <= 5 else -1
    if not (colon and bare and sound and 0 <= number <= HIGHEST_PORT):
        raise CommandError(f"--http {text!r} is not HOST:PORT; write it like 127.0.0.1:3000")
    return bare, number
