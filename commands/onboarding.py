"""Onboarding: the newcomer's buttons and form, the checklist, and ``/psrt onboarding``."""

from commands.answers import Answer, Done, Replace, Say, Show
from commands.asked import Asked
from commands.surface import Surface
from psrt_bot.membership.permissions import Permission
from psrt_bot.onboarding.messages import checklist, office, start, words
from psrt_bot.onboarding.rules import AGREED, EMAIL, GITHUB, NAME, PROMISES
from psrt_bot.onboarding.service.accepting import Acceptance, Accepting
from psrt_bot.onboarding.service.starting import Starting
from psrt_bot.onboarding.service.ticking import Opened, Ticking

ASKED_NOW = "They are asked in a direct message; you are told when they answer."
ENDED = "The onboarding of {} is ended."


class OnboardingListeners:
    """Parse, call one use case, answer."""

    def __init__(
        self, surface: Surface, starting: Starting, accepting: Accepting, ticking: Ticking
    ) -> None:
        self._database = surface.database
        self._clock = surface.clock
        self._starting = starting
        self._accepting = accepting
        self._ticking = ticking

    def begin(self, asked: Asked) -> Answer:
        """Open the form of acceptance, or say what is to be done first."""
        with self._database.transaction() as session:
            now = self._clock.now()
            shown, problem = self._accepting.begin(session, now, asked.user_id, asked.value)
        return Say(problem) if problem else Show(start.acceptance_modal(shown))

    def accept(self, asked: Asked) -> Answer:
        """Become a member."""
        filled = Acceptance(
            promises=[p.name for p in PROMISES if AGREED in asked.several(p.name)],
            github=asked.one(GITHUB),
            email=asked.one(EMAIL),
            listed_name=asked.one(NAME),
        )
        with self._database.transaction() as session:
            now = self._clock.now()
            self._accepting.accept(session, now, asked.user_id, asked.metadata, filled)
        return Replace(start.welcome_modal())

    def decline(self, asked: Asked) -> Answer:
        """Decline one's own invitation."""
        with self._database.transaction() as session:
            self._starting.decline(session, self._clock.now(), asked.user_id, asked.value)
        return Done()

    def ask_here(self, asked: Asked) -> Answer:
        """Open the form in which an admin says who came."""
        with self._database.reading() as session:
            shown = self._starting.expected(session, asked.user_id, asked.value)
        return Show(office.here_modal(shown))

    def here(self, asked: Asked) -> Answer:
        """Say who came."""
        with self._database.transaction() as session:
            who = asked.one(words.USER_FIELD)
            now = self._clock.now()
            self._starting.here(session, now, asked.user_id, asked.metadata, who)
        return Say(ASKED_NOW)

    def ask_again(self, asked: Asked) -> Answer:
        """Begin anew with somebody who declined."""
        with self._database.transaction() as session:
            self._starting.ask_again(session, self._clock.now(), asked.user_id, asked.value)
        return Say(ASKED_NOW)

    def end(self, asked: Asked) -> Answer:
        """End an onboarding."""
        with self._database.transaction() as session:
            shown = self._ticking.end(session, self._clock.now(), asked.user_id, asked.value)
        return Say(ENDED.format(shown.name))

    def overview(self, asked: Asked) -> Answer:
        """Show everybody's progress to admins; to others their mentees', or their own checklist."""
        with self._database.reading() as session:
            seen = self._ticking.overview(session, asked.user_id)
        if seen.own is not None and not seen.running:
            return self._show(seen.own)
        return Show(office.overview_modal(seen.running, seen.past, self._clock.now()))

    def open(self, asked: Asked) -> Answer:
        """Show one onboarding."""
        with self._database.reading() as session:
            opened = self._ticking.open(session, asked.user_id, asked.value)
        return self._show(opened)

    def tick(self, asked: Asked) -> Answer:
        """Tick a step; the message it stands in follows by itself, a modal is drawn anew."""
        with self._database.transaction() as session:
            opened = self._ticking.tick(session, self._clock.now(), asked.user_id, asked.value)
        return Replace(self._show(opened).view) if asked.view_id else Done()

    def ask_score(self, asked: Asked) -> Answer:
        """Open the form into which a vector is pasted."""
        with self._database.reading() as session:
            title = self._ticking.scorable(session, asked.user_id, asked.value)
        return Show(checklist.score_modal(asked.value, title))

    def score(self, asked: Asked) -> Answer:
        """Score a vector, and tick its step."""
        with self._database.transaction() as session:
            vector = asked.one(words.VECTOR_FIELD)
            now = self._clock.now()
            result = self._ticking.score(session, now, asked.user_id, asked.metadata, vector)
        return Replace(checklist.scored_modal(result))

    def _show(self, opened: Opened) -> Show:
        manage = [office.end_button(opened.shown)] if opened.may_end else []
        return Show(
            checklist.detail_modal(
                opened.shown,
                self._clock.now(),
                opened.mine,
                for_admin=opened.admin,
                manage=manage,
            )
        )


def register(surface: Surface, starting: Starting, accepting: Accepting, ticking: Ticking) -> None:
    """Register the listeners of onboarding."""
    on = OnboardingListeners(surface, starting, accepting, ticking)
    answer, tick = Permission.ONBOARDING_ANSWER, Permission.ONBOARDING_TICK
    manage = Permission.ONBOARDING_MANAGE
    surface.button(words.BEGIN, answer, on.begin)
    surface.form(words.ACCEPT, answer, on.accept)
    surface.button(words.DECLINE, answer, on.decline)
    surface.button(words.HERE, manage, on.ask_here)
    surface.form(words.HERE, manage, on.here)
    surface.button(words.ASK_AGAIN, manage, on.ask_again)
    surface.button(words.END, manage, on.end)
    surface.button(words.TICK, tick, on.tick)
    surface.button(words.SCORE, tick, on.ask_score)
    surface.form(words.SCORE, tick, on.score)
    surface.button(words.OPEN, tick, on.open)
    what = "shows your checklist, your mentees' progress, and to admins everybody's"
    surface.word("onboarding", tick, on.overview, what)
