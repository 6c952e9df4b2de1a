"""``/psrt access`` and ``/psrt drift``: the places of members kept in step, by admins (R6)."""

from sqlmodel import Session

from commands.answers import Answer, Done, Replace, Say, Show
from commands.asked import Asked
from commands.surface import Surface
from psrt_bot.access.messages import checklists, drift
from psrt_bot.access.service.comparing import Comparing
from psrt_bot.access.service.ticking import Ticking
from psrt_bot.membership.permissions import Permission

INVITED = "{} is being invited; if Slack refuses, admins hear why."
REMOVED = "{} is being removed; if Slack refuses, admins hear why."
LISTED = "It stands on the access checklist of {} now."


class AccessListeners:
    """Parse, call one use case, answer."""

    def __init__(self, surface: Surface, ticking: Ticking, comparing: Comparing) -> None:
        self._database = surface.database
        self._clock = surface.clock
        self._ticking = ticking
        self._comparing = comparing

    def overview(self, asked: Asked) -> Answer:
        """Show every open checklist."""
        with self._database.reading() as session:
            lists = self._ticking.overview(session, asked.user_id)
        return Show(checklists.overview(lists))

    def tick(self, asked: Asked) -> Answer:
        """Say that a row is done."""
        with self._database.transaction() as session:
            self._ticking.tick(session, self._clock.now(), asked.user_id, asked.value)
            return self._again(session, asked)

    def untick(self, asked: Asked) -> Answer:
        """Take a tick back."""
        with self._database.transaction() as session:
            self._ticking.untick(session, self._clock.now(), asked.user_id, asked.value)
            return self._again(session, asked)

    def retry(self, asked: Asked) -> Answer:
        """Let the bot try again."""
        with self._database.transaction() as session:
            self._ticking.retry(session, self._clock.now(), asked.user_id, asked.value)
            return self._again(session, asked)

    def compare(self, asked: Asked) -> Answer:
        """Compare Slack at once; GitHub's answer comes by itself."""
        with self._database.transaction() as session:
            report = self._comparing.start(session, self._clock.now(), asked.user_id)
        return Show(drift.modal(report, asking=self._comparing.asks_github))

    def invite(self, asked: Asked) -> Answer:
        """Invite whoever is missing in a channel."""
        with self._database.transaction() as session:
            now = self._clock.now()
            name = self._comparing.invite(session, now, asked.user_id, asked.value)
            return self._mended(session, asked, INVITED.format(name))

    def remove(self, asked: Asked) -> Answer:
        """Remove whom no role leads into a channel."""
        with self._database.transaction() as session:
            now = self._clock.now()
            name = self._comparing.remove(session, now, asked.user_id, asked.value)
            return self._mended(session, asked, REMOVED.format(name))

    def put_on_list(self, asked: Asked) -> Answer:
        """Put a difference at GitHub on a checklist."""
        with self._database.transaction() as session:
            now = self._clock.now()
            name = self._comparing.put_on_list(session, now, asked.user_id, asked.value)
        return Say(LISTED.format(name))

    def _again(self, session: Session, asked: Asked) -> Answer:
        """Show the list anew where it was pressed in; a message changes by itself."""
        if not asked.view_id:
            return Done()
        return Replace(checklists.overview(self._ticking.overview(session, asked.user_id)))

    def _mended(self, session: Session, asked: Asked, said: str) -> Answer:
        if not asked.view_id:
            return Say(said)
        report = self._comparing.look(session, asked.user_id)
        return Replace(drift.modal(report, asking=self._comparing.asks_github))


def register(surface: Surface, ticking: Ticking, comparing: Comparing) -> None:
    """Register what admins do about the places of members."""
    on = AccessListeners(surface, ticking, comparing)
    keep, mend = Permission.ACCESS_KEEP, Permission.ACCESS_DRIFT
    surface.button(checklists.TICK, keep, on.tick)
    surface.button(checklists.UNTICK, keep, on.untick)
    surface.button(checklists.RETRY, keep, on.retry)
    surface.button(drift.INVITE, mend, on.invite)
    surface.button(drift.REMOVE, mend, on.remove)
    surface.button(drift.LIST, mend, on.put_on_list)
    surface.word("access", keep, on.overview, "shows the access checklists that are open")
    surface.word("drift", mend, on.compare, "compares the places of members with the list")
