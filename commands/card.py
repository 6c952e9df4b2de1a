"""The card's **Details** with what can be done from there: addenda, and ending a nomination."""

from commands.answers import Answer, CloseAll, Done, Say, Show
from commands.asked import Asked
from commands.surface import Surface
from psrt_bot.membership.rules import Permission
from psrt_bot.nominations.messages import form, posts
from psrt_bot.nominations.messages import words as ids
from psrt_bot.nominations.service.ending import Ending
from psrt_bot.nominations.service.nominating import Nominating
from psrt_bot.nominations.service.reading import Reading
from psrt_bot.runtime import once


class CardListeners:
    """Parse, call one use case, answer."""

    def __init__(
        self, surface: Surface, nominating: Nominating, ending: Ending, reading: Reading
    ) -> None:
        self._database = surface.database
        self._clock = surface.clock
        self._nominating = nominating
        self._ending = ending
        self._reading = reading

    def details(self, asked: Asked) -> Answer:
        """Show a nomination's texts to a member."""
        with self._database.reading() as session:
            found = self._reading.details(session, asked.user_id, asked.value)
        return Show(
            posts.details_modal(found.shown, may_add=found.may_add, may_cancel=found.may_cancel)
        )

    def ask_addendum(self, asked: Asked) -> Answer:
        """Open the form of an addendum."""
        with self._database.reading() as session:
            shown = self._reading.own_one(session, asked.user_id, asked.value)
        return Show(form.addendum_modal(shown.nomination_id, shown.nominee))

    def add(self, asked: Asked) -> Answer:
        """Add an addendum; the same form submitted twice adds it once."""
        with self._database.transaction() as session:
            now = self._clock.now()
            if once.first_time(session, now, f"view:{asked.view_id}"):
                self._nominating.add(session, now, asked.user_id, asked.metadata, asked.one("text"))
        return CloseAll()

    def withdraw(self, asked: Asked) -> Answer:
        """Take one's own nomination back."""
        with self._database.transaction() as session:
            self._ending.withdraw(
                session,
                self._clock.now(),
                asked.user_id,
                asked.one("nomination"),
                asked.one("reason"),
            )
        return Done()

    def ask_cancel(self, asked: Asked) -> Answer:
        """Open the form by which an admin ends a nomination."""
        with self._database.reading() as session:
            running = self._reading.cancellable(session, asked.user_id)
        shown = [one for one in running if one.nomination_id == asked.value]
        if not shown:
            return Say("This nomination has ended already.")
        return Show(form.end_modal(ids.CANCEL, shown, reason_needed=True))

    def cancel(self, asked: Asked) -> Answer:
        """End somebody's nomination as an admin."""
        with self._database.transaction() as session:
            self._ending.cancel(
                session,
                self._clock.now(),
                asked.user_id,
                asked.one("nomination"),
                asked.one("reason"),
            )
        return CloseAll()


def register(surface: Surface, nominating: Nominating, ending: Ending, reading: Reading) -> None:
    """Register the listeners of a nomination that is made."""
    on = CardListeners(surface, nominating, ending, reading)
    surface.button(ids.DETAILS, Permission.NOMINATIONS_READ, on.details)
    surface.button(ids.ADDENDUM, Permission.NOMINATIONS_ADDENDUM, on.ask_addendum)
    surface.form(ids.ADDENDUM, Permission.NOMINATIONS_ADDENDUM, on.add)
    surface.form(ids.WITHDRAW, Permission.NOMINATIONS_WITHDRAW, on.withdraw)
    surface.button(ids.CANCEL, Permission.NOMINATIONS_CANCEL, on.ask_cancel)
    surface.form(ids.CANCEL, Permission.NOMINATIONS_CANCEL, on.cancel)
