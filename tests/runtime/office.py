"""A post office: an outbox on a real database, delivered to the sandbox, without a bot."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from psrt_bot.manifest import manifest
from psrt_bot.runtime import neutral, outbox
from psrt_bot.runtime.blocks import Message, section
from psrt_bot.runtime.clock import MovableClock
from psrt_bot.runtime.delivery import Delivery
from psrt_bot.runtime.facts import (
    Delivered,
    DeliveryDied,
    DeliveryHeld,
    Facts,
    Invited,
    PlaceRefused,
    PostLingers,
    Removed,
)
from psrt_bot.runtime.leases import lease_clock
from psrt_bot.runtime.people import Directory, is_in_channel, why_unfit
from psrt_bot.runtime.sending import File, Renderers, Sender
from psrt_bot.runtime.slack import new_client
from psrt_bot.sandbox import rooms
from psrt_bot.sandbox.installation import Installation
from psrt_bot.sandbox.model import RecordedCall
from psrt_bot.sandbox.seen import SeenMessage
from psrt_bot.sandbox.workspace import Workspace
from storage.engine import Database
from storage.runtime import OutboxRow, SeenRequest

MINUTE = timedelta(minutes=1)


def said(text: str) -> Message:
    """A message with a block, as the processes build them."""
    return Message(text, [section(text)])


@dataclass
class Office:
    """What a test of delivery plays with."""

    database: Database
    clock: MovableClock
    workspace: Workspace
    installation: Installation
    told: list[object] = field(default_factory=list)
    files: dict[str, File] = field(default_factory=dict)
    reminded: dict[str, Message] = field(default_factory=dict)
    homes: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.facts = Facts()
        facts = (DeliveryDied, DeliveryHeld, Invited, Removed, PlaceRefused, PostLingers)
        for fact in (Delivered, *facts):
            self.facts.bind(fact, lambda _session, _now, heard: self.told.append(heard))
        api = self.workspace.server.api_url
        self.client = new_client(self.installation.bot_token, api)
        self.renderers = Renderers(
            files={"file": lambda _session, name: self.files.get(name)},
            expanders={"expander": self._expand},
            home=lambda _session, _now, user: self.homes.get(user),
        )
        self.team = self.workspace.state.channel("team").id
        self.side = self.workspace.state.channel("side").id
        self.delivery = self.worker()
        self.directory = Directory(self.database, self.client, [self.team, self.side])
        self.refresh()

    @property
    def heard(self) -> list[object]:
        """What was told, but for messages that stand where they should."""
        return [fact for fact in self.told if not isinstance(fact, Delivered)]

    def refresh(self) -> None:
        """Ask Slack for users and channels."""
        self.directory.refresh_users(self.clock.now())
        self.directory.refresh_channels(self.clock.now())

    def lose_patience(self) -> None:
        """Give up soon, so that a call that is never answered does not take ten seconds."""
        self.client.timeout = 1

    def worker(self, **options: Any) -> Delivery:
        """Another copy of the bot, on the same database."""
        sender = Sender(self.database, self.client, self.renderers)
        return Delivery(self.database, self.clock, sender, self.facts, why_unfit, **options)

    def _expand(self, _s: Session, _now: datetime, users: list[str]) -> Mapping[str, Message]:
        return {user: message for user, message in self.reminded.items() if user in users}

    def user(self, name: str) -> str:
        """Somebody's Slack id."""
        return self.workspace.state.user(name).id

    def post(self, text: str, channel: str | None = None, **options: Any) -> str:
        """Owe a message to a channel (the team's)."""
        with self.database.transaction() as session:
            return outbox.post(
                session, self.clock.now(), channel or self.team, said(text), **options
            )

    def tell(self, name: str, text: str) -> str:
        """Owe somebody a direct message."""
        with self.database.transaction() as session:
            return outbox.tell(session, self.clock.now(), self.user(name), said(text))

    def gather(self, *names: str, text: str = "hello", slot: str | None = None) -> str:
        """Owe a message to a few people together."""
        with self.database.transaction() as session:
            users = [self.user(name) for name in names]
            return outbox.gather(session, self.clock.now(), users, said(text), slot=slot)

    def together(self, *names: str) -> list[SeenMessage]:
        """The messages of the group of these people and the bot, oldest first."""
        bot = self.workspace.state.only_app().bot_user_id
        people = [self.user(name) for name in names]
        place = rooms.existing(self.workspace.state, *people, bot)
        return self.messages(names[0], place.id) if place else []

    def change(self, slot: str, text: str) -> str | None:
        """Owe a new version of a message."""
        with self.database.transaction() as session:
            return outbox.change(session, self.clock.now(), slot, said(text))

    def attach(
        self, name: str = "list.json", conversation: str | None = None, **options: Any
    ) -> None:
        """Owe a file."""
        self.files[name] = File(name, "The list", b'{"a": 1}', "Here is the list.")
        with self.database.transaction() as session:
            outbox.attach(
                session,
                self.clock.now(),
                conversation or self.team,
                renderer="file",
                argument=name,
                **options,
            )

    def neutralise(self, about: str, newcomer: str | None = "chi") -> bool:
        """Owe the neutral line for what the team's channel holds about somebody."""
        with self.database.transaction() as session:
            return neutral.neutralise(
                session,
                self.clock.now(),
                about,
                self.team,
                said("(nothing to see)"),
                slack_user_id=self.user(newcomer) if newcomer else None,
            )

    def remind(self, *names: str, at: datetime | None = None) -> None:
        """Owe a fan-out to these people."""
        users = [self.user(name) for name in names]
        self.reminded |= {user: said("Please vote") for user in users}
        now = self.clock.now()
        with self.database.transaction() as session:
            outbox.fan_out(session, now, expander="expander", users=users, at=at or now)

    def publish_home(self, name: str, text: str | None) -> None:
        """Owe somebody a Home; None: there is none for them."""
        user = self.user(name)
        if text is not None:
            self.homes[user] = {"type": "home", "blocks": [section(text).to_dict()]}
        with self.database.transaction() as session:
            outbox.publish_home(session, self.clock.now(), user)

    def invite(self, name: str) -> None:
        """Owe somebody an invitation to the team's channel."""
        with self.database.transaction() as session:
            outbox.invite(session, self.clock.now(), self.team, self.user(name))

    def kick(self, name: str) -> None:
        """Owe somebody's removal from the team's channel."""
        with self.database.transaction() as session:
            outbox.kick(session, self.clock.now(), self.team, self.user(name))

    def is_inside(self, name: str) -> bool:
        """Whether somebody is in the team's channel; the bot's own tables must say the same."""
        user = self.user(name)
        inside = user in self.workspace.state.channels[self.team].members
        with self.database.reading() as session:
            assert is_in_channel(session, self.team, user) is inside
        return inside

    def work(self, after: timedelta = timedelta(0)) -> int:
        """Let time pass, then deliver what is due."""
        self.clock.move(after)
        return self.delivery.run()

    def crash(self, worker: Delivery | None = None) -> None:
        """As if a worker had died with a row in its hands, long enough ago."""
        (worker or self.delivery)._claim()
        self.forget_leases()

    def forget_leases(self) -> None:
        """As if every lease had run out."""
        with self.database.transaction() as session:
            past = lease_clock(session) - timedelta(seconds=1)
            leased = col(OutboxRow.lease_until).is_not(None)
            session.execute(update(OutboxRow).where(leased).values(lease_until=past))

    def in_team(self, who: str = "ana", channel: str = "team") -> list[str]:
        """The texts in a channel, oldest first."""
        return [message.text for message in self.messages(who, channel)]

    def messages(self, who: str = "ana", channel: str = "team") -> list[SeenMessage]:
        """The messages in a channel, replies too, oldest first."""
        return self.workspace.as_user(who).channel(channel).everything

    def inbox(self, who: str) -> list[str]:
        """The texts of somebody's direct messages from the bot."""
        return [message.text for message in self.workspace.as_user(who).inbox]

    def calls(self, method: str) -> list[RecordedCall]:
        """The calls of a method so far."""
        return [call for call in self.workspace.calls if call.method == method]

    @property
    def rows(self) -> list[OutboxRow]:
        """The outbox, in order."""
        with self.database.reading() as session:
            return list(session.exec(select(OutboxRow).order_by(col(OutboxRow.seq))))

    @property
    def outcomes(self) -> list[str | None]:
        """How the rows ended, in order."""
        return [row.outcome for row in self.rows]

    def mark(self, key: str) -> None:
        """Write something in a transaction of one's own."""
        with self.database.transaction() as session:
            session.add(SeenRequest(key=key, seen_at=self.clock.now()))


@contextmanager
def opened_office(database: Database, clock: MovableClock) -> Iterator[Office]:
    """A workspace with two private channels and three people, and an empty outbox."""
    workspace = Workspace(name="Fictional Security", now=clock.now)
    for name in ("ana", "ben", "chi"):
        workspace.add_user(name)
    for channel in ("team", "side"):
        workspace.add_channel(channel, private=True, members=["ana", "ben"])
    app = manifest()
    app["features"]["app_home"]["home_tab_enabled"] = True
    installation = workspace.install(app)
    for channel in ("team", "side"):
        workspace.invite_bot(channel)
    with workspace.serve():
        yield Office(database, clock, workspace, installation)
