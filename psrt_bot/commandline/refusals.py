"""Which errors are the operator's to mend, and the lines that tell them."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from psrt_bot.doctor.troubles import database_trouble
from psrt_bot.membership.roster import RosterError
from psrt_bot.onboarding.checklist import ChecklistError
from psrt_bot.runtime.logs import configure_logging, new_reference
from psrt_bot.runtime.rules import RuleError
from psrt_bot.runtime.slack import judge
from psrt_bot.settings import SettingsError
from psrt_bot.voting.bulletin import BundleError
from psrt_bot.voting.keystore import KeyStoreError
from storage.schema import SchemaError


class CommandError(Exception):
    """An argument, a file or a place that cannot be used; each line names it and the remedy."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


IN_OWN_WORDS = (SchemaError, KeyStoreError, BundleError, RuleError)


def expected(error: BaseException) -> tuple[str, ...]:
    """Return the lines that tell an error the operator can mend; nothing for any other."""
    if isinstance(error, SettingsError | RosterError | ChecklistError):
        return tuple(error.problems)
    if isinstance(error, CommandError):
        return error.lines
    if isinstance(error, IN_OWN_WORDS):
        return (str(error),)
    if isinstance(error, ModuleNotFoundError) and error.name and not _ours(error.name):
        return (f"{error.name} is not installed; run: pip install 'psrt-bot[demo]'",)
    if isinstance(error, SlackApiError):
        return (f"Slack answered {judge(error).code}; {_remedy(judge(error).code)}",)
    if isinstance(error, SlackClientError):
        return ("Slack cannot be reached; see SLACK_API_URL and the network",)
    if isinstance(error, OSError) and error.filename is not None:
        return (f"{error.filename}: {error.strerror}; see that it is there and may be used",)
    return ()


def _ours(module: str) -> bool:
    return module.partition(".")[0] in ("psrt_bot", "commands", "storage")


def _remedy(code: str) -> str:
    if code in ("invalid_auth", "not_authed", "token_revoked", "account_inactive", "token_expired"):
        return "see SLACK_APP_TOKEN and SLACK_BOT_TOKEN, and that they are of one app"
    if code in ("missing_scope", "not_allowed_token_type"):
        return "see that the app has every scope of: psrt-bot manifest"
    return "try again, and see: psrt-bot doctor"


@contextmanager
def database_troubles(where: str) -> Iterator[None]:
    """Turn what a database's driver reports into one line about the database at ``where``.

    A broken constraint or statement is our mistake and passes unchanged.
    """
    try:
        yield
    except DBAPIError as error:
        if isinstance(error, IntegrityError):
            raise
        if isinstance(error, ProgrammingError) and not error.connection_invalidated:
            raise
        what, remedy = database_trouble(error)
        raise CommandError(f"the database {where} {what}; {remedy}") from None


def report_unexpected(error: Exception) -> str:
    """Log an error that nobody foresaw, without values; return the line to show."""
    if not structlog.is_configured():
        configure_logging("WARNING", "console")
    reference = new_reference()
    log = structlog.get_logger(__name__)
    log.error("command_failed", reference=reference, exc_info=error)
    return f"something went wrong on my side; please report it with reference {reference}"
