"""What can be seen without Slack: database, clock, people, key store."""

from collections.abc import Iterator, Sized
from pathlib import Path

from sqlalchemy import func, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlmodel import Session, col

from psrt_bot.doctor.findings import Finding, bad, bad_as_told, good, note
from psrt_bot.doctor.troubles import database_trouble
from psrt_bot.membership.rules import MIN_ADMINS, Role
from psrt_bot.membership.service.people import holders, with_live_slack
from psrt_bot.onboarding.checklist import ChecklistError, load
from psrt_bot.runtime.leases import TOLERATED_SKEW, skew
from psrt_bot.settings import Settings
from psrt_bot.voting.keystore import FileKeyStore, KeyStore, KeyStoreError, NoStoreYet
from psrt_bot.voting.rules import PollState
from storage.engine import Database
from storage.people import Person, SlackUser
from storage.schema import SchemaError, require_current
from storage.voting import Poll

LINK = "psrt-bot roster link GITHUB-OR-ID SLACK_USER_ID; they cannot vote"
UNDER_WAY = (PollState.OPEN, PollState.CLOSING, PollState.KEYS_MISSING)


def of_checklist(settings: Settings) -> Iterator[Finding]:
    """Yield what is wrong with a team's own checklist, or how many steps it has."""
    if settings.checklist is None:
        return
    try:
        steps = load(settings.checklist)
    except ChecklistError as error:
        for problem in error.problems:
            yield bad(problem, "mend it; docs/onboarding.md tells what may stand there")
        return
    yield good(f"checklist {settings.checklist}, {_number(steps, 'step')}")


def of_database(settings: Settings) -> Iterator[Finding]:
    """Yield findings about database, clock, people and key store."""
    open_polls: list[Poll] = []
    if absent := _absent(settings):
        yield absent  # opening it would make it
    else:
        database = Database(settings.database_url.get_secret_value())
        try:
            require_current(database)
            yield good(f"database {settings.database_where}, schema current")
            with database.reading() as session:
                open_polls = list(
                    session.scalars(select(Poll).where(col(Poll.state).in_(UNDER_WAY)))
                )
                yield from _clock(session)
                yield from _people(session)
        except SchemaError as error:
            yield bad_as_told(error, "no other version works with this code")
        except DBAPIError as error:
            what, remedy = database_trouble(error)
            yield bad(f"database {settings.database_where} {what}", remedy)
        finally:
            database.close()
    yield from _key_store(settings.keys_path, open_polls)


def _absent(settings: Settings) -> Finding | None:
    """Return what is wrong with the database's address, or that SQLite's file is not there."""
    try:
        target = make_url(settings.database_url.get_secret_value())
    except (ArgumentError, ValueError):
        return bad(
            "DATABASE_URL cannot be read (not shown, it may hold a password)",
            "write postgresql+psycopg://USER:PASSWORD@HOST:PORT/NAME with a number for PORT",
        )
    file = target.database or ""
    if target.get_backend_name() == "sqlite" and not Path(file.removeprefix("file:")).exists():
        where = settings.database_where
        return bad(f"database {where} does not exist", "run: psrt-bot db upgrade")
    return None


def _clock(session: Session) -> Iterator[Finding]:
    apart = skew(session)
    if apart > TOLERATED_SKEW:
        seconds = apart.total_seconds()
        yield bad(f"clock is {seconds:.0f} s off the database's", "synchronise both (NTP)")


def _people(session: Session) -> Iterator[Finding]:
    members = holders(session, Role.MEMBER)
    admins = holders(session, Role.ADMIN)
    if not members:
        yield note("nobody is a member yet", "psrt-bot roster import psrt.csv")
    elif len(admins) < MIN_ADMINS:
        yield note(
            f"{_number(admins, 'admin')}; there should be at least {MIN_ADMINS} (R6)",
            "psrt-bot roster grant GITHUB-OR-ID admin --decision REFERENCE",
        )
    else:
        yield good(f"{_number(members, 'member')}, {_number(admins, 'admin')}")
    _, dead = with_live_slack(session, members)
    if unlinked := [person for person in dead if person.slack_user_id is None]:
        yield note(f"without a Slack link: {_names(unlinked)}", LINK)
    # Before its first start the bot has asked Slack for nobody, and nobody would be alive.
    asked = session.scalar(select(func.count()).select_from(SlackUser))
    gone = [person for person in dead if person.slack_user_id is not None]
    if gone and asked:
        yield note(f"linked to a Slack account that is gone or a guest's: {_names(gone)}", LINK)


def _number(things: Sized, what: str) -> str:
    return f"{len(things)} {what}{'' if len(things) == 1 else 's'}"


def _names(people: list[Person]) -> str:
    return ", ".join(person.name for person in people)


def _key_store(path: Path, open_polls: list[Poll]) -> Iterator[Finding]:
    try:
        store = FileKeyStore.open(path, make=False)
        store.check()
        missing = list(_missing_keys(open_polls, store))
    except NoStoreYet as error:
        if open_polls:
            told = bad_as_told(error, "see PSRT_KEYS")
            yield bad(f"{told.what}, and a vote is open", told.remedy)
        else:
            yield good(f"the key folder {path} will be made at the first start")
        return
    except KeyStoreError as error:
        yield bad_as_told(error, "see PSRT_KEYS")
        return
    yield from missing
    if not missing:
        yield good(f"{store.where}, private and writable")


def _missing_keys(open_polls: list[Poll], store: KeyStore) -> Iterator[Finding]:
    for poll in open_polls:
        if poll.key_store_id != store.id:
            yield bad(
                f"an open vote has its keys in another store than {store.where}",
                "mount the folder with which the vote was opened (PSRT_KEYS)",
            )
        elif not store.holds(poll.id):
            yield bad(
                f"{store.where} lacks the keys of an open vote",
                "bring the file back; or press Keys are lost… after the close",
            )
