"""Two members nominate the same person at the same moment, on SQLite and on PostgreSQL."""

from datetime import datetime
from pathlib import Path
from threading import Event, Thread

from pydantic import SecretStr
from sqlmodel import Session, select

from psrt_bot.composition.bindings import wire
from psrt_bot.membership.rules import Role
from psrt_bot.nominations.rules import FIELDS, PROMISES
from psrt_bot.runtime.clock import MovableClock
from psrt_bot.runtime.facts import Facts
from psrt_bot.runtime.rules import AlreadyDone, FieldProblems, RuleError
from psrt_bot.settings import Settings
from psrt_bot.voting.keystore import FileKeyStore
from storage.engine import Database
from storage.nominations import Draft, Nomination
from storage.people import Person, RoleHeld, SlackChannel, SlackUser

TEAM = "C0TEAM001"


def a_user(session: Session, now: datetime, user_id: str) -> None:
    """Put a person's Slack user into the table."""
    session.add(
        SlackUser(
            id=user_id,
            team_id="T1",
            name=user_id,
            real_name=f"Person {user_id}",
            is_bot=False,
            is_deleted=False,
            is_guest=False,
            time_zone="",
            seen_at=now,
        )
    )


def a_team_channel(session: Session, now: datetime) -> None:
    """Put a channel that is fit to be posted to into the table."""
    session.add(
        SlackChannel(
            id=TEAM,
            name="team",
            is_private=True,
            is_shared=False,
            is_archived=False,
            is_inside=True,
            seen_at=now,
        )
    )


def a_member_with_a_draft(session: Session, now: datetime, user_id: str) -> str:
    """Return the id of a complete draft about the user UNIA."""
    a_user(session, now, user_id)
    person = Person(name=user_id, slack_user_id=user_id, created_at=now)
    session.add(person)
    session.flush()
    session.add(RoleHeld(person_id=person.id, role=Role.MEMBER, since=now, granted_by="tests"))
    texts: dict[str, object] = {field.name: "none" for field in FIELDS}
    draft = Draft(
        nominator_id=person.id,
        nominee_slack_user_id="UNIA",
        nominee_name="Nia Novak",
        standing="triager",
        texts=texts | dict.fromkeys(PROMISES, True),
        created_at=now,
        updated_at=now,
    )
    session.add(draft)
    session.flush()
    return draft.id


def test_one_nomination_is_made_and_the_other_member_is_told(
    database: Database, clock: MovableClock, tmp_path: Path
) -> None:
    """Whoever checked before the other committed is refused all the same, with words."""
    settings = Settings(slack_bot_token=SecretStr("xoxb-1"), team_channel=TEAM)
    services = wire(settings, FileKeyStore.open(tmp_path / "keys"), Facts())
    now = clock.now()
    with database.transaction() as session:
        a_team_channel(session, now)
        a_user(session, now, "UNIA")
        mine = a_member_with_a_draft(session, now, "UANA")
        theirs = a_member_with_a_draft(session, now, "UBEN")
    refusals: list[RuleError] = []
    begun = Event()

    def nominate_too() -> None:
        begun.set()
        try:
            with database.transaction() as other:
                services.nominating.nominate(other, now, "UBEN", theirs)
        except RuleError as error:
            refusals.append(error)

    with database.transaction() as session:
        services.nominating.nominate(session, now, "UANA", mine)
        late = Thread(target=nominate_too)
        late.start()
        assert begun.wait(5)
        late.join(0.4)  # on PostgreSQL it has checked by now, and waits for the unique index
        assert late.is_alive()
    late.join(10)
    assert not late.is_alive()
    assert len(refusals) == 1
    expected = FieldProblems if database.is_sqlite else AlreadyDone
    assert isinstance(refusals[0], expected)
    with database.reading() as session:
        assert len(session.scalars(select(Nomination)).all()) == 1
        assert session.get(Draft, theirs) is not None  # nothing of the other's work is lost
