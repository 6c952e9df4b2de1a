"""What can be seen without Slack: database, people, key store, clock."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from psrt_bot.doctor.findings import Finding, bad, good, note
from psrt_bot.membership.rules import MIN_ADMINS, Role
from psrt_bot.membership.service.people import holders, with_live_slack
from psrt_bot.runtime.leases import TOLERATED_SKEW, skew
from psrt_bot.settings import Settings
from psrt_bot.voting.keystore import FileKeyStore, KeyStore, KeyStoreError
from psrt_bot.voting.rules import PollState
from storage.engine import Database
from storage.schema import SchemaError, require_current
from storage.voting import Poll


def of_database(settings: Settings) -> Iterator[Finding]:
    """Yield findings about database, clock, people and key store."""
    url = settings.database_url.get_secret_value()
    where = settings.database_where
    file = url.removeprefix("sqlite:///")
    if url.startswith("sqlite") and not Path(file).exists():
        yield bad(f"database {where} does not exist", "run: psrt-bot db upgrade")
        yield from _key_store(settings, None)
        return
    database = Database(url)
    try:
        require_current(database)
        yield good(f"database {where}, schema current")
        yield from _clock(database)
        yield from _people(database)
        yield from _key_store(settings, database)
    except SchemaError as error:
        yield bad(str(error), "no other version works with this code")
    except DBAPIError as error:
        kind = type(error.orig).__name__
        yield bad(f"database {where} cannot be used ({kind})", "see DATABASE_URL and the server")
    finally:
        database.close()


def _clock(database: Database) -> Iterator[Finding]:
    with database.reading() as session:
        apart = skew(session)
    if apart > TOLERATED_SKEW:
        seconds = apart.total_seconds()
        yield bad(f"clock is {seconds:.0f} s off the database's", "synchronise both (NTP)")


def _people(database: Database) -> Iterator[Finding]:
    with database.reading() as session:
        members = holders(session, Role.MEMBER)
        _, unlinked = with_live_slack(session, members)
        admins = holders(session, Role.ADMIN)
    if not members:
        yield note("nobody is a member yet", "psrt-bot roster import psrt.csv")
    elif len(admins) < MIN_ADMINS:
        yield note(
            f"{len(admins)} admins; there should be {MIN_ADMINS} (R6)",
            "psrt-bot roster grant GITHUB-OR-ID admin",
        )
    else:
        yield good(f"{len(members)} members, {len(admins)} admins")
    if unlinked:
        names = ", ".join(person.name for person in unlinked)
        yield note(
            f"without a live Slack link: {names}",
            "psrt-bot roster link GITHUB-OR-ID SLACK_USER_ID; they cannot vote",
        )


def _key_store(settings: Settings, database: Database | None) -> Iterator[Finding]:
    path = Path(settings.keys_path)
    if not path.exists() and (database is None or not _open_polls(database)):
        yield good(f"key folder {path} will be made at the first start")
        return
    try:
        store = FileKeyStore.open(path)
        store.check()
    except KeyStoreError as error:
        yield bad(str(error), "see PSRT_KEYS")
        return
    missing = list(_missing_keys(database, store)) if database else []
    yield from missing
    if not missing:
        yield good(f"{store.where}, private and writable")


def _missing_keys(database: Database, store: KeyStore) -> Iterator[Finding]:
    for poll in _open_polls(database):
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


def _open_polls(database: Database) -> list[Poll]:
    states = [PollState.OPEN, PollState.CLOSING, PollState.KEYS_MISSING]
    with database.reading() as session:
        return list(session.scalars(select(Poll).where(col(Poll.state).in_(states))))
