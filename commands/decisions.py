"""The buttons by which admins decide what the bot must not decide alone."""

from commands.answers import Answer, CloseAll, Done, Say, Show
from commands.asked import Asked
from commands.surface import Surface
from psrt_bot.membership.rules import Permission
from psrt_bot.nominations.messages import alarms
from psrt_bot.nominations.messages import words as ids
from psrt_bot.nominations.service.deciding import Deciding
from psrt_bot.nominations.service.neutralising import Neutralising
from psrt_bot.nominations.service.reading import Reading


class DecisionListeners:
    """Parse, call one use case, answer."""

    def __init__(
        self,
        surface: Surface,
        deciding: Deciding,
        reading: Reading,
        neutralising: Neutralising,
    ) -> None:
        self._database = surface.database
        self._clock = surface.clock
        self._deciding = deciding
        self._reading = reading
        self._neutralising = neutralising

    def go_ahead(self, asked: Asked) -> Answer:
        """Open a vote that waited."""
        with self._database.transaction() as session:
            self._deciding.go_ahead(session, self._clock.now(), asked.user_id, asked.value)
        return Done()

    def ask_give_up(self, asked: Asked) -> Answer:
        """Open the form by which a count is given up."""
        with self._database.reading() as session:
            found = self._reading.details(session, asked.user_id, asked.value)
        return Show(alarms.lost_modal(found.shown))

    def give_up(self, asked: Asked) -> Answer:
        """Give up a count."""
        with self._database.transaction() as session:
            self._deciding.give_up(
                session, self._clock.now(), asked.user_id, asked.metadata, asked.one("reason")
            )
        return CloseAll()

    def ask_keys_lost(self, asked: Asked) -> Answer:
        """Open the form by which keys are given up that should have been destroyed."""
        with self._database.reading() as session:
            found = self._reading.details(session, asked.user_id, asked.value)
        return Show(alarms.keys_lost_modal(found.shown))

    def keys_lost(self, asked: Asked) -> Answer:
        """Give up the keys of an ended vote."""
        with self._database.transaction() as session:
            self._deciding.give_up_keys(
                session, self._clock.now(), asked.user_id, asked.metadata, asked.one("reason")
            )
        return CloseAll()

    def rerun(self, asked: Asked) -> Answer:
        """Run a vote again."""
        with self._database.transaction() as session:
            self._deciding.rerun(session, self._clock.now(), asked.user_id, asked.value)
        return Say("The vote is run again.")

    def close_now(self, asked: Asked) -> Answer:
        """Close a vote during which the bot was away."""
        return self._decide(asked, extend=False)

    def extend(self, asked: Asked) -> Answer:
        """Extend a vote during which the bot was away."""
        return self._decide(asked, extend=True)

    def neutralise(self, asked: Asked) -> Answer:
        """Try again to withdraw posts that resisted."""
        with self._database.transaction() as session:
            self._neutralising.again(session, self._clock.now(), asked.user_id, asked.value)
        return Say("I try again. If something resists once more, you hear of it.")

    def _decide(self, asked: Asked, *, extend: bool) -> Answer:
        with self._database.transaction() as session:
            now = self._clock.now()
            self._deciding.decide_close(session, now, asked.user_id, asked.value, extend=extend)
        return Say("The vote is extended." if extend else "The vote is being closed.")


def register(
    surface: Surface, deciding: Deciding, reading: Reading, neutralising: Neutralising
) -> None:
    """Register the admins' decisions."""
    on = DecisionListeners(surface, deciding, reading, neutralising)
    surface.button(ids.NEUTRALISE, Permission.NOMINATIONS_NEUTRALISE, on.neutralise)
    surface.button(ids.GO_AHEAD, Permission.VOTING_GO_AHEAD, on.go_ahead)
    surface.button(ids.GIVE_UP, Permission.VOTING_VOID, on.ask_give_up)
    surface.form(ids.GIVE_UP, Permission.VOTING_VOID, on.give_up)
    surface.button(ids.KEYS_LOST, Permission.VOTING_KEYS_LOST, on.ask_keys_lost)
    surface.form(ids.KEYS_LOST, Permission.VOTING_KEYS_LOST, on.keys_lost)
    surface.button(ids.RERUN, Permission.VOTING_RERUN, on.rerun)
    surface.button(ids.CLOSE_NOW, Permission.VOTING_CLOSE, on.close_now)
    surface.button(ids.EXTEND, Permission.VOTING_CLOSE, on.extend)
