"""The one place where Bolt meets the bot: registration, permission, errors, ack, and what follows.

A listener here is a function from ``Asked`` to ``Answer`` that has committed by the time it
returns. So nothing that can raise stands after ``ack()``, every error becomes a 200 with text, and
no Slack call is made before the ack (DESIGN section 4).
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import structlog
from slack_bolt import Ack, App
from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from commands.answers import Answer, CloseAll, Done, FieldErrors, Replace, Say, Show
from commands.asked import Asked, MalformedPayload, read_action, read_command, read_submission
from commands.doors import Door as Door
from commands.doors import Doors
from commands.doors import Kind as Kind
from commands.doors import Listener as Listener
from commands.doors import Word as Word
from psrt_bot.membership.rules import Permission
from psrt_bot.membership.service.people import Members
from psrt_bot.oversight.service.refusals import Refusals
from psrt_bot.runtime import blocks, once
from psrt_bot.runtime.afterwards import Afterwards
from psrt_bot.runtime.called import command, told
from psrt_bot.runtime.clock import Clock
from psrt_bot.runtime.logs import new_reference
from psrt_bot.runtime.rules import FieldProblems, RuleError
from psrt_bot.runtime.slack import FAILURES, VIEW_TIMEOUT, judge
from storage.engine import Database, DatabaseBusy

log = structlog.get_logger(__name__)

EventHandler = Callable[[Session, datetime, dict[str, Any]], None]

BUSY = "I am busy just now and changed nothing. Please try again in a moment."
NOT_IN_USE = "This is not in use any more. Open the newest message, or type {}."
TOO_SLOW = "Slack did not open the window in time. Please try again."
PERHAPS_DONE = (
    "Something went wrong on my side while I was answering. What you asked for may have been done "
    "all the same: please look before you try again. Reference: {}"
)
READ: Mapping[Kind, Callable[[Mapping[str, Any]], Asked]] = {
    Kind.COMMAND: read_command,
    Kind.BUTTON: read_action,
    Kind.FORM: read_submission,
}
AFTER_WORKERS = 8  # slow Web API calls of so many people do not hold up anybody's ack


class Surface:
    """Registers listeners on a Bolt app.

    Args:
        client: used after the ack, with a time-out of two seconds.
        prefix: stands before every slash command's name.
    """

    def __init__(
        self,
        app: App,
        client: WebClient,
        database: Database,
        clock: Clock,
        members: Members,
        refusals: Refusals,
        prefix: str = "",
    ) -> None:
        self._app = app
        self._client = client
        self.database = database
        self.clock = clock
        self._members = members
        self._refusals = refusals
        self._prefix = prefix
        self.afterwards = Afterwards(AFTER_WORKERS)
        self.doors = Doors()
        self.words: dict[str, Word] = {}

    def word(self, name: str, permission: Permission, listener: Listener, what: str) -> None:
        """Listen to a word after ``/psrt``; the hub checks the permission and passes the rest on.

        Args:
            what: what it does, in a line of help for those who may.
        """
        is_command = any(d.kind is Kind.COMMAND and d.name == name for d in self.doors)
        self.doors.open(Kind.WORD, name, permission, listener)
        self.words[name] = Word(permission, listener, what, is_command)

    def command(self, name: str, permission: Permission, listener: Listener) -> None:
        """Listen to a slash command; ``name`` without slash and prefix."""
        self.doors.open(Kind.COMMAND, name, permission, listener)

        def on_command(ack: Ack, body: dict[str, Any]) -> None:
            self._handle(ack, body, Kind.COMMAND, permission, listener)

        self._app.command(f"/{self._prefix}{name}")(on_command)

    def button(self, action_id: str, permission: Permission, listener: Listener) -> None:
        """Listen to a button."""
        self.doors.open(Kind.BUTTON, action_id, permission, listener)

        def on_action(ack: Ack, body: dict[str, Any]) -> None:
            self._handle(ack, body, Kind.BUTTON, permission, listener)

        self._app.action(action_id)(on_action)

    def form(self, callback_id: str, permission: Permission, listener: Listener) -> None:
        """Listen to the submission of a modal."""
        self.doors.open(Kind.FORM, callback_id, permission, listener)

        def on_submission(ack: Ack, body: dict[str, Any]) -> None:
            self._handle(ack, body, Kind.FORM, permission, listener)

        self._app.view(callback_id)(on_submission)

    def everything_else(self) -> None:
        """Answer buttons of messages from before a change of the bot, which nobody listens to."""

        gone = Say(NOT_IN_USE.format(command("psrt")))
        anything = re.compile(".*", re.DOTALL)

        def listener(_: Asked) -> Answer:
            return gone

        def on_action(ack: Ack, body: dict[str, Any]) -> None:
            self._handle(ack, body, Kind.BUTTON, anywhere, listener)

        def on_submission(ack: Ack, body: dict[str, Any]) -> None:
            self._handle(ack, body, Kind.FORM, anywhere, listener)

        anywhere = Permission.HUB_OPEN
        self.doors.open(Kind.BUTTON, "*", anywhere, listener)
        self.doors.open(Kind.FORM, "*", anywhere, listener)
        self._app.action(anything)(on_action)
        self._app.view(anything)(on_submission)

    def event(self, name: str, handler: EventHandler) -> None:
        """Listen to an event that Slack tells the app; a repeated one is acted upon once."""
        self.doors.open(Kind.EVENT, name, Permission.SLACK_TELLS)

        def on_event(ack: Ack, body: dict[str, Any]) -> None:
            try:
                with self.database.transaction() as session:
                    now = self.clock.now()
                    if once.first_time(session, now, f"event:{body['event_id']}"):
                        handler(session, now, body["event"])
            except Exception:
                log.exception("event_failed", slack_event=name)
                raise
            ack()

        self._app.event(name)(on_event)

    def close(self) -> None:
        """Wait for the calls under way, then end."""
        self.afterwards.close()

    def _handle(
        self,
        ack: Ack,
        body: dict[str, Any],
        kind: Kind,
        permission: Permission,
        listener: Listener,
    ) -> None:
        self.afterwards.begin()
        asked, answer = self.answer(body, kind, permission, listener)
        try:
            follow_up = self._acknowledge(ack, kind, asked, answer)
        except Exception as error:  # noqa: BLE001 -- as in answer(), but it is committed already
            follow_up = self._acknowledge(ack, kind, asked, unbuildable(error, kind))
        if follow_up is not None:
            self.afterwards.keep(follow_up)  # the transport releases it with the answer

    def answer(
        self, body: Mapping[str, Any], kind: Kind, permission: Permission, listener: Listener
    ) -> tuple[Asked | None, Answer]:
        """Return what was asked and what is answered; no call to Slack, and nothing is raised."""
        asked: Asked | None = None
        try:
            asked = READ[kind](body)
            self._check(asked.user_id, permission)
            return asked, listener(asked)
        except MalformedPayload as error:
            log.warning("malformed_payload", door=kind, problem=str(error))
            return asked, Done()
        except Exception as error:  # noqa: BLE001 -- the one translator: every error gets an answer
            if asked is not None and isinstance(error, RuleError):
                self._note(asked, permission, error)
            return asked, translate(error, kind, asked)

    def _note(self, asked: Asked, permission: Permission, error: RuleError) -> None:
        """Have a refusal counted; that this fails changes no answer."""
        try:
            with self.database.reading() as session:
                refused = self._refusals.judge(session, asked.user_id, permission, error)
            if refused is not None:
                with self.database.transaction() as session:
                    self._refusals.count(session, self.clock.now(), refused)
        except Exception as trouble:
            if _is_passing(trouble):
                log.warning("refusal_not_counted", error=type(trouble).__name__)
            else:
                log.exception("refusal_not_counted", reference=new_reference())

    def _check(self, user_id: str, permission: Permission) -> None:
        with self.database.glancing() as connection:
            self._members.require(connection, user_id, permission)

    def _acknowledge(
        self, ack: Ack, kind: Kind, asked: Asked | None, answer: Answer
    ) -> Callable[[], None] | None:
        """Give the ack; return the Slack call that comes after it, if any.

        All of it is built before the ack: slack_sdk validates what it builds, and raises.
        """
        if asked is None:
            ack()
            return None
        if kind is Kind.FORM:
            ack(**told(_form_ack(answer), self._prefix))
            return None
        if kind is Kind.COMMAND and isinstance(answer, Say):
            text, shown = self._said(answer)
            ack(text=text, blocks=shown, response_type="ephemeral")
            return None
        follow_up = self._follow_up(asked, answer)
        ack()
        return follow_up

    def _follow_up(self, asked: Asked, answer: Answer) -> Callable[[], None] | None:
        in_modal = bool(asked.view_id)
        if isinstance(answer, Say) and in_modal:
            answer = Show(blocks.notice("Note", answer.text))
        if isinstance(answer, Say) and asked.response_url:
            text, shown = self._said(answer)
            return lambda: self._respond(asked, text, shown)
        if isinstance(answer, Say):
            answer = Show(blocks.notice("Note", answer.text))  # App Home has no response_url
        if isinstance(answer, Replace) and not in_modal:
            answer = Show(answer.view)
        if isinstance(answer, Show):
            view = told(answer.view.to_dict(), self._prefix)
            return lambda: self._show(asked, view, push=in_modal)
        if isinstance(answer, Replace):
            view = told(answer.view.to_dict(), self._prefix)
            return lambda: self._replace(asked, view)
        return None

    def _said(self, said: Say) -> tuple[str, list[dict[str, Any]] | None]:
        shown = [block.to_dict() for block in said.blocks]
        return told(said.text, self._prefix), told(shown, self._prefix) or None

    def _show(self, asked: Asked, view: dict[str, Any], *, push: bool) -> None:
        call = self._client.views_push if push else self._client.views_open
        try:
            call(trigger_id=asked.trigger_id, view=view)
        except FAILURES as error:
            log.warning("view_not_opened", code=judge(error).code)
            if asked.response_url:
                self._respond(asked, TOO_SLOW)

    def _replace(self, asked: Asked, view: dict[str, Any]) -> None:
        try:
            self._client.views_update(view_id=asked.view_id, view=view)
        except FAILURES as error:
            log.warning("view_not_updated", code=judge(error).code)

    def _respond(self, asked: Asked, text: str, shown: list[dict[str, Any]] | None = None) -> None:
        hook = WebhookClient(asked.response_url, timeout=VIEW_TIMEOUT, retry_handlers=[])
        try:
            answer = hook.send(
                text=text,
                blocks=shown,
                response_type="ephemeral",
                replace_original=False,
            )
        except FAILURES as error:
            log.warning("response_lost", code=judge(error).code)
            return
        if answer.status_code != 200:
            log.warning("response_lost", code=f"http_{answer.status_code}")


def translate(error: Exception, kind: Kind, asked: Asked | None) -> Answer:
    """Turn an error into an answer that keeps what the person typed and tells them what to do.

    An error that is no ``RuleError`` gets a reference the person can quote; its text, which can
    hold anything, goes neither to them nor into the log.
    """
    if isinstance(error, FieldProblems) and kind is Kind.FORM and asked is not None:
        return _at_fields(error.problems, asked)
    if isinstance(error, RuleError):
        text = str(error)
    elif _is_passing(error):
        log.warning("database_busy", door=kind, error=type(error).__name__)
        text = BUSY
    else:
        reference = new_reference()
        log.error("listener_failed", door=kind, reference=reference, exc_info=error)
        text = f"Something went wrong on my side; nothing was changed. Reference: {reference}"
    if kind is Kind.FORM and asked is not None:
        return _at_fields({"": text}, asked)
    return Say(text)


def unbuildable(error: Exception, kind: Kind) -> Say:
    """Return what is said instead of an answer that cannot be built; the change is committed.

    A form is replaced and not kept: sent again, it might do the same a second time.
    """
    reference = new_reference()
    log.error("answer_failed", door=kind, reference=reference, exc_info=error)
    return Say(PERHAPS_DONE.format(reference))


def _is_passing(error: Exception) -> bool:
    """Whether the database may do the same in a moment: locked, or not reachable just now."""
    if not isinstance(error, OperationalError):
        return isinstance(error, DatabaseBusy)
    name = getattr(error.orig, "sqlite_errorname", None)  # PostgreSQL's errors have none
    return name is None or name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def _at_fields(problems: dict[str, str], asked: Asked) -> Answer:
    """Put problems under the form's fields; those of no field go under the first one."""
    fields = list(asked.values)
    if not fields:
        # Not pushed: the form may be the third modal of three, and Back leads out of it as before.
        return Replace(blocks.notice("Not possible", *map(blocks.escape, problems.values())))
    placed: dict[str, str] = {}
    for name, text in problems.items():
        at = name if name in asked.values else fields[0]
        placed[at] = f"{placed[at]} {text}" if at in placed else text
    return FieldErrors(placed)


def _form_ack(answer: Answer) -> dict[str, Any]:
    """Return the arguments of ``ack`` that answer a submission."""
    if isinstance(answer, FieldErrors):
        return {"response_action": "errors", "errors": dict(answer.problems)}
    if isinstance(answer, Show):
        return {"response_action": "push", "view": answer.view.to_dict()}
    if isinstance(answer, Replace):
        return {"response_action": "update", "view": answer.view.to_dict()}
    if isinstance(answer, Say):
        return {"response_action": "update", "view": blocks.notice("Note", answer.text).to_dict()}
    return {"response_action": "clear"} if isinstance(answer, CloseAll) else {}
