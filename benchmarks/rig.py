"""A bot to be measured, in a folder of its own, with as many electors as wanted and no Slack."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr
from sqlmodel import Session

from psrt_bot.app import Bot
from psrt_bot.membership.rules import Role
from psrt_bot.settings import Settings
from psrt_bot.voting.rules import Threshold
from psrt_bot.voting.service.polls import Candidate
from storage.engine import Database, prepare_storage
from storage.people import Person, RoleHeld, SlackUser
from storage.schema import upgrade
from storage.voting import Poll

NOWHERE = "http://127.0.0.1:9/api/"  # the discard port: nothing here may need Slack
SECRET = "b" * 32


@contextmanager
def bot(
    electors: int, database_url: str | None = None, slack_api_url: str = NOWHERE
) -> Iterator[Bot]:
    """Yield a bot with ``electors`` members in the folder of a moment."""
    with TemporaryDirectory() as folder:
        url = database_url or f"sqlite:///{Path(folder) / 'bench.db'}"
        settings = Settings(
            slack_bot_token=SecretStr("xoxb-bench"),
            slack_signing_secret=SecretStr(SECRET),
            slack_api_url=slack_api_url,
            team_channel="C0TEAM",
            database_url=SecretStr(url),
            keys=f"file:{Path(folder) / 'keys'}",
        )
        database = Database(url)
        prepare_storage(database)
        upgrade(database)
        database.close()
        built = Bot(settings)
        with built.database.transaction() as session:
            populate(session, built, electors)
        try:
            yield built
        finally:
            built.stop()


def populate(session: Session, built: Bot, electors: int) -> None:
    """Make members that are linked to live Slack users."""
    now = built.clock.now()
    for number in range(electors):
        user = user_id(number)
        person = Person(
            id=f"p{number}", name=f"Member {number}", slack_user_id=user, created_at=now
        )
        session.add_all(
            [
                person,
                SlackUser(
                    id=user,
                    team_id="T0",
                    name=f"member{number}",
                    real_name=person.name,
                    is_bot=False,
                    is_deleted=False,
                    is_guest=False,
                    is_foreign=False,
                    time_zone="UTC",
                    seen_at=now,
                ),
            ]
        )
        session.flush()
        session.add(RoleHeld(person_id=person.id, role=Role.MEMBER, since=now, granted_by="bench"))


def user_id(number: int) -> str:
    """Return the Slack user id of an elector."""
    return f"U{number:07d}"


def open_poll(built: Bot, electors: int) -> str:
    """Open a poll with the first ``electors`` members and return its id."""
    polls = built.services.polls
    with built.database.transaction() as session:
        now = built.clock.now()
        poll: Poll = polls.plan(
            session,
            now,
            subject="bench",
            title="Benchmark",
            threshold=Threshold.parse("2/3"),
            duration=timedelta(days=7),
        )
        polls.open(session, now, poll, [Candidate(f"p{n}", user_id(n)) for n in range(electors)])
        return poll.id
