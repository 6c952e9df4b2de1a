"""What people do in a window, carried out on the workspace. Each may wait for the app's ack."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from psrt_bot.sandbox import events, forms, interactions, payloads, posting, rooms
from psrt_bot.sandbox.courier import event_callback
from psrt_bot.sandbox.model import App, Json, Message, User, View
from psrt_bot.sandbox.page import commands, fields, spot, window
from psrt_bot.sandbox.page.window import Desk, Jump

FAILED = {
    "operation_timeout": "The app did not answer in time. Try again?",
    "dispatch_failed": "The app could not be reached. Try again?",
}
MOVES = {"hour": timedelta(hours=1), "day": timedelta(days=1)}


class NotPossible(LookupError):
    """What was asked names nothing that this person has before them."""


class Acts:
    """The doings of all windows. Each takes who does it and what the browser sent."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.all: dict[str, Callable[[User, Json], Json]] = {
            "say": self.say,
            "press": self.press,
            "choose": self.choose,
            "submit": self.submit,
            "close": self.close,
            "join": self.join,
            "dismiss": self.dismiss,
            "home": self.open_home,
            "check": self.check,
            "clock": self.clock,
            "jump": self.forget_jump,
            "tour": self.tour,
            "fault": self.fault,
        }

    # talking

    def say(self, user: User, body: Json) -> Json:
        """Write a message or a command; `thread` is the ts of the message it replies to."""
        desk, text = self._desk, str(body.get("text") or "").strip()
        here = spot.find(desk.state, user, str(body.get("place")), "")
        if here is None or not text:
            return {}
        channel = spot.opened(desk.state, user, here)
        if user.id not in channel.members:
            raise NotPossible("not a member")
        thread = str(body.get("thread") or "") or None
        typed = commands.split(text)
        self._begun()
        if typed:
            interactions.command(desk.state, desk.workspace.courier, user, channel, *typed, thread)
            return {}
        self._note(user, "composer", "")
        if here.app is not None and not here.app.takes_messages:
            self._note(user, "composer", f"{here.title} takes no messages, only commands.")
            return {"kept": True}
        posting.post(
            desk.state, channel, user.id, commands.written(desk.state, user, text), thread_ts=thread
        )
        return {}

    def join(self, user: User, body: Json) -> Json:
        """Join a public channel."""
        channel = self._desk.state.channels[str(body.get("place"))]
        if channel.kind != "channel":
            raise NotPossible("not a public channel")
        rooms.join(self._desk.state, channel, user.id)
        return {}

    def dismiss(self, user: User, body: Json) -> Json:
        """Put away a message that only this person sees."""
        state = self._desk.state
        with state.changed():
            state.ephemerals = [
                m
                for m in state.ephemerals
                if not (m.ephemeral_to == user.id and m.ts == body.get("ts"))
            ]
        return {}

    # pressing and choosing

    def press(self, user: User, body: Json) -> Json:
        """Press a button, or take an option of an overflow menu."""
        message, view, blocks = self._before(user, str(body.get("where")))
        block, element = fields.named(blocks, str(body.get("name")))
        if body.get("action") not in (None, element["action_id"]):
            raise NotPossible("something else stands there now")
        chosen = None
        if element["type"] == "overflow":
            chosen = element["options"][int(body["option"])]
        action = payloads.action(self._desk.state, block["block_id"], element, chosen)
        return self._act(user, body, message, view, action)

    def choose(self, user: User, body: Json) -> Json:
        """Choose in an element that tells the app at once."""
        state = self._desk.state
        message, view, blocks = self._before(user, str(body.get("where")))
        block, element = fields.named(blocks, str(body.get("name")))
        made = fields.entered(state, user, element, self._typed(body).get(str(body["name"]), []))
        action = payloads.action(state, block["block_id"], element, made)
        return self._act(user, body, message, view, action)

    def _act(
        self, user: User, body: Json, message: Message | None, view: View | None, action: Json
    ) -> Json:
        desk, typed = self._desk, self._typed(body)
        state, courier = desk.state, desk.workspace.courier
        self._begun()
        if view is not None:
            with state.changed():
                fields.enter_all(state, user, view.blocks, view.values, typed)
            outcome = interactions.act_on_view(state, courier, user, view, action)
        else:
            assert message is not None
            values = forms.initial_values(message.blocks)
            fields.enter_all(state, user, message.blocks, values, typed)
            outcome = interactions.act_on_message(state, courier, user, message, values, action)
        self._note(user, str(body["where"]), FAILED.get(outcome.status, ""))
        return {"status": outcome.status}

    def _before(self, user: User, where: str) -> tuple[Message | None, View | None, list[Json]]:
        """The message or view that a browser names, if this person has it before them."""
        state = self._desk.state
        kind, _, rest = where.partition(":")
        if kind == "view":
            view = state.views.get(rest)
            if view is None or view.user_id != user.id:
                raise NotPossible("no such view")
            return None, view, view.blocks
        key, _, ts = rest.partition(":")
        whispers = [m for m in state.ephemerals if m.ephemeral_to == user.id and m.ts == ts]
        channel = state.channels.get(key)
        if channel is None or not rooms.visible(channel, user.id):
            raise NotPossible("no such conversation")
        message = next(iter(whispers), None) or channel.messages.get(ts)
        if message is None:
            raise NotPossible("no such message")
        return message, None, message.blocks

    def _typed(self, body: Json) -> dict[str, list[str]]:
        given = body.get("typed") or {}
        return {str(name): [str(v) for v in values] for name, values in given.items()}

    def _begun(self) -> None:
        """Somebody does something: what comes from now on did not come with the clock alone."""
        jump = self._desk.jump
        if jump and jump.until is None:
            with self._desk.state.changed():
                jump.until = float(self._desk.state.new_ts())

    def _note(self, user: User, where: str, trouble: str) -> None:
        with self._desk.state.changed():
            if trouble:
                self._desk.trouble[user.id, where] = trouble
            else:
                self._desk.trouble.pop((user.id, where), None)

    # modals and Homes

    def _top(self, user: User, body: Json) -> View:
        stack = self._desk.state.stack(user.id)
        if not stack or stack[-1].id != body.get("view"):
            raise NotPossible("not the window on top")
        return stack[-1]

    def submit(self, user: User, body: Json) -> Json:
        """Press a modal's submit button."""
        state, view = self._desk.state, self._top(user, body)
        self._begun()
        with state.changed():
            fields.enter_all(state, user, view.blocks, view.values, self._typed(body))
        outcome = interactions.submit(state, self._desk.workspace.courier, user, view)
        failed = outcome.status in FAILED
        self._note(user, f"view:{view.id}", interactions.TROUBLE if failed else "")
        return {"status": outcome.status}

    def close(self, user: User, body: Json) -> Json:
        """Press a modal's Cancel, its cross, or Escape."""
        view = self._top(user, body)
        self._note(user, f"view:{view.id}", "")
        outcome = interactions.close(self._desk.state, self._desk.workspace.courier, user, view)
        return {"status": outcome.status}

    def open_home(self, user: User, body: Json) -> Json:
        """Look at an app's Home tab: the app hears of it and may publish it anew."""
        state = self._desk.state
        app: App | None = state.apps.get(str(body.get("place")).removeprefix("app-"))
        if app is None or "app_home_opened" not in app.events:
            return {}
        place = rooms.direct(state, user.id, app.bot_user_id)
        event = events.home_opened(state, app, user.id, place.id)
        ack = self._desk.workspace.courier.deliver_event(app, event_callback(state, app, event))
        return {"status": ack.status}

    # the page's own

    def check(self, user: User, body: Json) -> Json:
        """Check a file against what somebody typed, with the check the page was given."""
        desk, key = self._desk, str(body.get("file"))
        check = desk.config.file_check
        if check is None or not window.may_read(desk.state, user, key):
            raise NotPossible("no such file")
        good, lines = check.run(desk.state.files[key].content or b"", str(body.get("text") or ""))
        with desk.state.changed():
            desk.checks[user.id, key] = (good, list(lines))
        return {}

    def clock(self, user: User, body: Json) -> Json:  # noqa: ARG002
        """Let an hour or a day pass, or the time to the next deadline."""
        desk, by = self._desk, str(body.get("by"))
        if desk.config.time is None:
            raise NotPossible("no time machine")
        now = desk.state.now()
        if by == "deadline":
            coming = [d for d in desk.config.time.deadlines() if d.at > now]
            if not coming:
                raise NotPossible("nothing falls due")
            step = coming[0].at - now + timedelta(seconds=1)
        else:
            step = MOVES[by]
        with desk.state.changed():
            desk.jump = Jump(float(desk.state.new_ts()), told(step))
        desk.config.time.move(step)
        with desk.state.changed():
            return {"said": f"{told(step)} later"}

    def forget_jump(self, user: User, body: Json) -> Json:  # noqa: ARG002
        """Put away the list of what time brought."""
        with self._desk.state.changed():
            self._desk.jump = None
        return {}

    def tour(self, user: User, body: Json) -> Json:  # noqa: ARG002
        """Go on in the tour, back, dismiss it, or open it again."""
        with self._desk.state.changed():
            self._desk.tour.go(str(body.get("go")))
        return {}

    def fault(self, user: User, body: Json) -> Json:  # noqa: ARG002
        """Switch a fault on or off."""
        self._desk.faultline.turn(str(body.get("name")), bool(body.get("on")))
        return {}


def told(step: timedelta) -> str:
    """A step of time in words."""
    minutes = round(step.total_seconds() / 60)
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [(days, "day"), (hours, "hour"), (0 if days else minutes, "minute")]
    said = [f"{n} {word}{'s' * (n != 1)}" for n, word in parts if n]
    return " ".join(said) or "A moment"
