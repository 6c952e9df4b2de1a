"""The whole bot through HTTP: signed requests of a local Slack, modals filled in, buttons pressed.

What in Slack's reach is done by people is done there; roles, which an operator's command line gives
as well, by the use cases. Buttons are pressed as if their message had leaked: by anybody, with the
value that the button has.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import reject
from sqlmodel import select

from psrt_bot.app import Bot
from psrt_bot.council.messages import words as council
from psrt_bot.manifest import manifest
from psrt_bot.membership.service.people import FOR_ADMINS, REFUSAL, find_person
from psrt_bot.nominations.messages import words as nominations
from psrt_bot.nominations.service.reading import NOT_THERE, NOT_YOURS
from psrt_bot.nominations.service.statements import TOLD_ALREADY
from psrt_bot.onboarding.messages import words as onboarding
from psrt_bot.onboarding.rules import PROMISES as TO_PROMISE
from psrt_bot.runtime.clock import MovableClock
from psrt_bot.runtime.people import is_in_channel
from psrt_bot.runtime.rules import RuleError
from psrt_bot.sandbox import interactions, payloads
from psrt_bot.sandbox.interactions import Outcome
from psrt_bot.sandbox.modal import Modal
from psrt_bot.sandbox.person import Person
from psrt_bot.sandbox.workspace import Workspace
from psrt_bot.voting.messages import VOTE
from storage.engine import Database, prepare_storage
from storage.nominations import Nomination
from storage.onboarding import Onboarding
from storage.people import SlackUser
from tests.databases import new_database
from tests.journeys.house import PROMISES, START, TEXTS
from tests.model.cast import ADMINS, COUNCIL, EVERYBODY, GUEST, IN_SLACK, MEMBERS, OUTSIDE
from tests.model.rules import World
from tests.model.services import NONE, Services, seat
from tests.settings import settings_of

ROSTER = "".join(f"{n},{k},{'Admin' if k in ADMINS else ''}\n" for k, n in MEMBERS.items())
REFUSED = {REFUSAL, FOR_ADMINS, NOT_YOURS, NOT_THERE, TOLD_ALREADY}
CHOICES = {"yes": "Yes", "no": "No", "abstain": "Abstain"}
SAID = {"veto": "Veto", "no_objection": "No objection", "abstain": "Abstains"}
BUTTONS = {
    "veto": council.VETO,
    "no_objection": council.NO_OBJECTION,
    "abstain": council.ABSTAIN,
}


class Refused(RuleError):
    """What somebody tried was not allowed."""


class Http(Services):
    """One run through HTTP."""

    def __init__(self, workspace: Workspace, bot: Bot, clock: MovableClock) -> None:
        self.workspace, self.bot, self.clock = workspace, bot, clock
        self.database, self.services = bot.database, bot.services
        self.ids, self.views = [], 0
        self.people = {login: workspace.as_user(login) for login in IN_SLACK}
        self.user = lambda login: self.people[login].id
        self.logins = {person.id: login for login, person in self.people.items()}
        self._prepare()

    @property
    def now(self) -> Any:
        """What the clock shows."""
        return self.clock.now()

    def _settle(self) -> None:
        self.bot.look()
        for person in self.people.values():
            while person.modal is not None:
                person.modal.close()

    def _prepare(self) -> None:
        with self.database.transaction() as session:
            lists, members = self.services.people.lists, self.services.members
            lists.import_files(session, self.now, {"members": ROSTER.encode()}, "tests")
        for login in MEMBERS:
            self._use(self._link, members, login)
        for login in COUNCIL:
            self._use(seat, self.services, self.user(login), login)
        self.bot.look()
        posts = self.workspace.as_user("ben").channel("admins").everything
        self.leaked = posts[0].message  # any message of the bot: what counts is the button

    def _link(self, session: Any, now: Any, members: Any, login: str) -> None:
        members.link(session, now, find_person(session, login), self.user(login), "tests")

    # pressing and filling in

    def _pressed(
        self, by: str, action: str, value: str, *, done: Callable[[], bool] = lambda: False
    ) -> Modal | str:
        """Press a button; return the modal that opens, or what one is told.

        Args:
            done: whether it has had its effect, for a button that answers nothing.
        """
        person, state = self.people[by], self.workspace.state
        before = len(person.ephemerals)
        person.begin()
        text = {"type": "plain_text", "text": "Go"}
        button = {"type": "button", "action_id": action, "value": value, "text": text}
        pressed = payloads.action(state, "b", button)
        courier = self.workspace.courier
        _in_time(interactions.act_on_message(state, courier, person.user, self.leaked, {}, pressed))

        def answered() -> bool:
            return _fresh(person) or len(person.ephemerals) > before or done()

        self.workspace.wait_for(answered, timeout=10)
        if _fresh(person):
            return person.wait_modal()
        return str(person.ephemerals[-1].text) if len(person.ephemerals) > before else ""

    def _opened(self, by: str, action: str, value: str) -> Modal:
        """Press a button that opens a form."""
        answer = self._pressed(by, action, value)
        if not isinstance(answer, Modal) or not answer.submit_label:
            raise Refused(str(answer))
        return answer

    @staticmethod
    def _submitted(form: Modal) -> None:
        if _in_time(form.submit()).errors or form.errors:
            raise Refused(str(form.errors))

    def _told(self, by: str, action: str, value: str) -> str:
        answer = self._pressed(by, action, value)
        if answer in REFUSED:
            raise Refused(str(answer))
        return str(answer)

    # the acts

    def _Nominate(self, by: str, who: str) -> None:
        person = self.people[by]
        if _in_time(person.command("/nominate")).text:
            raise Refused("said so at once")
        form = person.wait_modal(title="Nominate: who")
        if who == OUTSIDE:
            form.fill("Name", EVERYBODY[who]).fill("E-mail", f"{who}@example.org")
        else:
            form.fill("Slack user", who).fill("GitHub name", who)
        self._submitted(form.fill("Standing", "Triager"))
        texts = person.wait_modal(title="Nominate: texts")
        for label, text in TEXTS.items():
            texts.fill(label, text)
        self._submitted(texts.fill("You have made sure", PROMISES))
        self._submitted(person.wait_modal(title="Nominate: preview"))
        with self.database.reading() as session:
            made = {n.id for n in session.scalars(select(Nomination))} - set(self.ids)
        self.ids += made

    def _poll(self, one: str) -> str:
        with self.database.reading() as session:
            return str(session.get_one(Nomination, one).poll_id)

    def _phase(self, one: str) -> str:
        with self.database.reading() as session:
            return session.get_one(Nomination, one).state

    def _changes(self, one: str, before: str) -> None:
        if self._phase(one) == before:
            raise Refused("nothing changed")

    def _GoAhead(self, by: str, one: str) -> None:
        before = self._phase(one)
        self._pressed(by, nominations.GO_AHEAD, one)
        self._changes(one, before)

    def _Vote(self, by: str, one: str, choice: str) -> None:
        form = self._opened(by, VOTE, self._poll(one))
        self._submitted(form.fill("Your vote", CHOICES[choice]))
        self.people[by].wait_modal(title="Ballot recorded")

    def _Withdraw(self, by: str, one: str) -> None:
        person = self.people[by]
        if _in_time(person.command("/nominate", "withdraw")).text:
            raise Refused("said so at once")
        self._end(person.wait_modal(), one)

    def _Cancel(self, by: str, one: str) -> None:
        self._end(self._opened(by, nominations.CANCEL, one), one)

    def _end(self, form: Modal, one: str) -> None:
        before = self._phase(one)
        form.fill("Reason", "A reason.")
        chosen = {"value": one, "text": {"type": "plain_text", "text": "this one"}}
        form.view.values["nomination"]["nomination"] |= {"selected_option": chosen}
        self._submitted(form)
        self._changes(one, before)

    def _Share(self, by: str, one: str) -> None:
        self._told(by, nominations.SHARE_PROGRESS, one)

    def _Read(self, by: str, one: str) -> None:
        if not isinstance(self._pressed(by, nominations.DETAILS, one), Modal):
            raise Refused("said so")

    def _ReadResult(self, by: str, one: str) -> None:
        self._told(by, nominations.BULLETIN, self._poll(one))

    def _ToldByMail(self, by: str, one: str) -> None:
        before = self._phase(one)
        self._pressed(by, council.TOLD_BY_MAIL, self._decision(one))
        self._changes(one, before)

    def _Answer(self, by: str, one: str, answer: str, reason: bool) -> None:
        decision = self._decision(one)
        if answer != "veto":
            said = self._pressed(by, BUTTONS[answer], decision)
            if not str(said).startswith("Your answer is recorded"):
                raise Refused(str(said))
            return
        form = self._opened(by, BUTTONS[answer], decision)
        form.fill("Reason", "Not now." if reason else None)
        self._submitted(form.fill("Please confirm", ["Yes, I veto this"]))

    def _RecordAnswer(self, by: str, one: str, member: str, answer: str) -> None:
        form = self._opened(by, council.RECORD_ANSWER, self._decision(one))
        try:
            form.fill("Whose answer", EVERYBODY[member])
        except LookupError:
            raise Refused("they are not offered") from None
        form.fill("The answer", SAID[answer]).fill("Reason", "Not now.")
        self._submitted(form.fill("Reference", "mail of today"))

    def _RecordDecision(self, by: str, one: str, veto: bool) -> None:
        form = self._opened(by, council.RECORD_DECISION, self._decision(one))
        form.fill("The decision", "Veto" if veto else "No veto").fill("Reason", "Not now.")
        form.fill("Who wrote for the council", "The council")
        self._submitted(form.fill("Reference", "mail of today"))

    def _Accept(self, by: str, one: str) -> None:
        form = self._opened(by, onboarding.BEGIN, self._onboarding(one))
        for promise in TO_PROMISE:
            form.fill(promise.label, [promise.tick])
        form.fill("GitHub name", by).fill("E-mail", f"{by}@example.org")
        self._submitted(form.fill("Name in the public list", EVERYBODY[by]))
        self._ComeIn(by)

    def _Decline(self, by: str, one: str) -> None:
        before = self._state_of_onboarding(one)

        def done() -> bool:
            return self._state_of_onboarding(one) != before

        self._pressed(by, onboarding.DECLINE, self._onboarding(one), done=done)
        if not done():
            raise Refused("nothing changed")

    def _state_of_onboarding(self, one: str) -> str:
        with self.database.reading() as session:
            found = session.get(Onboarding, self._onboarding(one))
        return found.state if found else NONE

    def _ComeIn(self, who: str) -> None:
        self.bot.look()  # an invitation of the bot's own may be on its way
        self.workspace.add_member("team", who)
        self._inside(who, there=True)

    def _out(self, who: str) -> None:
        self.bot.look()
        for room in ("team", "admins"):
            self.workspace.remove_member(room, who)
        self._inside(who, there=False)

    def _inside(self, who: str, *, there: bool) -> None:
        rooms = [str(self.bot.settings.team_channel)]
        rooms += [] if there else [str(self.bot.settings.admin_channel)]

        def known() -> bool:
            with self.database.reading() as session:
                return all(is_in_channel(session, r, self.user(who)) is there for r in rooms)

        self.workspace.wait_for(known)

    def _Account(self, who: str, alive: bool) -> None:
        self.workspace.change_user(who, deleted=not alive)

        def known() -> bool:
            with self.database.reading() as session:
                return session.get_one(SlackUser, self.user(who)).is_deleted is not alive

        self.workspace.wait_for(known)

    def _Wait(self, time: timedelta) -> None:
        self.bot.move_clock(time)


def _in_time(outcome: Outcome) -> Outcome:
    """Leave a run out in which this machine was too slow for Slack, which waits three seconds."""
    if outcome.status == "operation_timeout":
        reject()
    return outcome


def _fresh(person: Person) -> bool:
    """Whether a modal came since the person last did something."""
    stack = person.workspace.state.stack(person.id)
    return bool(stack) and stack[-1].seq > person._seen_before


@contextmanager
def opened(path: Path, world: World) -> Iterator[Http]:
    """Build a workspace with everybody in it, and the bot, reached by HTTP."""
    clock = MovableClock(START, frozen=True)
    workspace = Workspace(name="Fictional Security", now=clock.now)
    for login, name in IN_SLACK.items():
        workspace.add_user(login, real_name=name, guest=login == GUEST)
    rooms = {"team": MEMBERS, "admins": ADMINS, "council": COUNCIL}
    ids = {
        room: workspace.add_channel(room, private=True, members=list(inside)).id
        for room, inside in rooms.items()
    }
    installation = workspace.install(manifest(request_url="https://bot.example/slack/events"))
    for room in rooms:
        workspace.invite_bot(room)
    with ExitStack() as stack:
        server = stack.enter_context(workspace.serve())
        url = new_database(path / "psrt.db")
        settings = settings_of(
            slack_bot_token=installation.bot_token,
            slack_signing_secret=installation.signing_secret,
            slack_api_url=server.api_url,
            team_channel=ids["team"],
            admin_channel=ids["admins"],
            council_channel=ids["council"] if world.has_council_channel else None,
            database_url=url,
            keys=f"file:{path / 'keys'}",
        )
        database = Database(url)
        prepare_storage(database)
        database.close()
        bot = Bot(settings, clock=clock)
        bot.start(http=("127.0.0.1", 0), background=False)
        stack.callback(bot.stop)
        installation.deliver_to(f"{bot.http_address}/slack/events")
        bot.refresh_people()
        yield Http(workspace, bot, clock)
