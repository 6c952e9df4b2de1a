"""Newcomers and their mentors: the admins' choice, check-ins, and the end by the mentor's word."""

from commands.answers import Answer, CloseAll, Replace, Say, Show
from commands.asked import Asked
from commands.surface import Surface
from psrt_bot.membership.permissions import Permission
from psrt_bot.mentoring.messages import checking, graduating, pairing
from psrt_bot.mentoring.messages import words as ids
from psrt_bot.mentoring.rules import Report, going
from psrt_bot.mentoring.service.checking import Checking
from psrt_bot.mentoring.service.deciding import Deciding
from psrt_bot.mentoring.service.graduating import Graduating
from psrt_bot.mentoring.service.moving import Moving
from psrt_bot.runtime import blocks


class PairListeners:
    """Parse, call one use case, answer."""

    def __init__(
        self,
        surface: Surface,
        deciding: Deciding,
        checking: Checking,
        moving: Moving,
        graduating: Graduating,
    ) -> None:
        self._database = surface.database
        self._clock = surface.clock
        self._deciding = deciding
        self._checking = checking
        self._moving = moving
        self._graduating = graduating

    def confirm(self, asked: Asked) -> Answer:
        """Pair a newcomer with who is proposed."""
        with self._database.transaction() as session:
            shown = self._deciding.confirm(session, self._clock.now(), asked.user_id, asked.value)
        return Say(pairing.decided(shown))

    def ask_choice(self, asked: Asked) -> Answer:
        """Open an admin's choice."""
        with self._database.reading() as session:
            now = self._clock.now()
            found = self._deciding.choices(session, now, asked.user_id, asked.value)
        return Show(pairing.choose_modal(*found))

    def choose(self, asked: Asked) -> Answer:
        """Pair a newcomer with whom an admin chose."""
        with self._database.transaction() as session:
            shown = self._deciding.choose(
                session,
                self._clock.now(),
                asked.user_id,
                asked.metadata,
                asked.one(ids.MENTOR),
            )
        return Replace(blocks.notice("Paired", pairing.decided(shown)))

    def ask_check_in(self, asked: Asked) -> Answer:
        """Open the short form."""
        with self._database.reading() as session:
            found = self._checking.form(session, asked.user_id, asked.value)
        return Show(checking.form(*found))

    def check_in(self, asked: Asked) -> Answer:
        """Send somebody's words to the pair."""
        ready = asked.one(ids.READY)
        report = Report(
            going=going(asked.one(ids.GOING)),
            blocked=asked.one(ids.BLOCKED),
            next_step=asked.one(ids.NEXT_STEP),
            ready=ready == checking.YES if ready else None,
            raised=ids.RAISED in asked.several(ids.RAISED),
        )
        with self._database.transaction() as session:
            shown = self._checking.submit(
                session, self._clock.now(), asked.user_id, asked.metadata, report
            )
        return Say(checking.thanks(shown))

    def ask_day(self, asked: Asked) -> Answer:
        """Open the choice of another day."""
        with self._database.reading() as session:
            found = self._moving.form(session, self._clock.now(), asked.user_id, asked.value)
        return Show(checking.move_form(*found))

    def move(self, asked: Asked) -> Answer:
        """Give a check-in another day."""
        with self._database.transaction() as session:
            self._moving.move(
                session, self._clock.now(), asked.user_id, asked.metadata, asked.one(ids.DAY)
            )
        return CloseAll()

    def graduate(self, asked: Asked) -> Answer:
        """End the first months by the mentor's word."""
        with self._database.transaction() as session:
            now = self._clock.now()
            shown = self._graduating.graduate(session, now, asked.user_id, asked.value)
        return Say(graduating.to_the_mentor(shown).text)

    def ask_until(self, asked: Asked) -> Answer:
        """Open the choice until when they go on."""
        with self._database.reading() as session:
            now = self._clock.now()
            found = self._graduating.form(session, now, asked.user_id, asked.value)
        return Show(graduating.extend_modal(*found))

    def extend(self, asked: Asked) -> Answer:
        """Go on for a while."""
        with self._database.transaction() as session:
            self._graduating.extend(
                session, self._clock.now(), asked.user_id, asked.metadata, asked.one(ids.DAY)
            )
        return CloseAll()


def register(
    surface: Surface,
    deciding: Deciding,
    checking: Checking,
    moving: Moving,
    graduating: Graduating,
) -> None:
    """Register the listeners of pairs."""
    on = PairListeners(surface, deciding, checking, moving, graduating)
    decide, take_part = Permission.MENTORING_PAIR, Permission.MENTORING_CHECK_IN
    surface.button(ids.CONFIRM, decide, on.confirm)
    surface.button(ids.CHOOSE, decide, on.ask_choice)
    surface.form(ids.CHOOSE, decide, on.choose)
    surface.button(ids.CHECK_IN, take_part, on.ask_check_in)
    surface.form(ids.CHECK_IN, take_part, on.check_in)
    surface.button(ids.MOVE, take_part, on.ask_day)
    surface.form(ids.MOVE, take_part, on.move)
    surface.button(ids.GRADUATE, Permission.MENTORING_GRADUATE, on.graduate)
    surface.button(ids.EXTEND, Permission.MENTORING_GRADUATE, on.ask_until)
    surface.form(ids.EXTEND, Permission.MENTORING_GRADUATE, on.extend)
