"""The council's buttons, and ``/psrt council``: what is before it, and what came by mail."""

from commands.answers import Answer as Reply
from commands.answers import CloseAll, Replace, Say, Show
from commands.asked import Asked
from commands.surface import Surface
from psrt_bot.council.messages import cards, office, words
from psrt_bot.council.rules import Answer
from psrt_bot.council.service.answering import Answering
from psrt_bot.council.service.reading import CouncilReading
from psrt_bot.council.service.recording import Mail, Recording
from psrt_bot.council.service.telling import Telling
from psrt_bot.membership.permissions import Permission
from psrt_bot.runtime.called import command


class CouncilListeners:
    """Parse, call one use case, answer."""

    def __init__(
        self,
        surface: Surface,
        answering: Answering,
        recording: Recording,
        telling: Telling,
        reading: CouncilReading,
    ) -> None:
        self._database = surface.database
        self._clock = surface.clock
        self._answering = answering
        self._recording = recording
        self._telling = telling
        self._reading = reading

    def overview(self, asked: Asked) -> Reply:
        """Show admins what is open and how it stands, and the council what waits for it."""
        with self._database.reading() as session:
            decisions = self._reading.for_admin(session, asked.user_id)
            if decisions is None:
                return Show(cards.own_modal(self._reading.for_member(session, asked.user_id)))
            answerable = self._reading.answerable(session, asked.user_id, decisions)
        return Show(office.overview_modal(decisions, answerable))

    def ask_veto(self, asked: Asked) -> Reply:
        """Open the form of a veto."""
        with self._database.transaction() as session:
            shown, reason = self._answering.own(
                session, self._clock.now(), asked.user_id, asked.value
            )
        return Show(cards.veto_modal(shown, reason))

    def veto(self, asked: Asked) -> Reply:
        """Record a veto, with its reason and the tick that confirms it."""
        with self._database.transaction() as session:
            shown = self._answering.answer(
                session,
                self._clock.now(),
                asked.user_id,
                asked.metadata,
                Answer.VETO,
                reason=asked.one(words.REASON_FIELD),
                sure=words.SURE in asked.several(words.SURE_FIELD),
            )
        return Say(cards.answered(shown, Answer.VETO))

    def no_objection(self, asked: Asked) -> Reply:
        """Record that somebody does not object."""
        return self._answer(asked, Answer.NO_OBJECTION)

    def abstain(self, asked: Asked) -> Reply:
        """Record that somebody abstains."""
        return self._answer(asked, Answer.ABSTAIN)

    def _answer(self, asked: Asked, answer: Answer) -> Reply:
        with self._database.transaction() as session:
            now = self._clock.now()
            shown = self._answering.answer(session, now, asked.user_id, asked.value, answer)
        return Say(cards.answered(shown, answer))

    def told_by_mail(self, asked: Asked) -> Reply:
        """Open the window, because an admin told the council."""
        with self._database.transaction() as session:
            now = self._clock.now()
            self._telling.told_by_mail(session, now, asked.user_id, asked.value)
        return Say(
            f"The council's window is open. Answers that come by mail: {command('psrt council')}."
        )

    def ask_answer(self, asked: Asked) -> Reply:
        """Open the form for one member's answer."""
        with self._database.reading() as session:
            shown = self._recording.open(session, asked.user_id, asked.value)
        return Show(office.answer_modal(shown, self._clock.now()))

    def record_answer(self, asked: Asked) -> Reply:
        """Record one member's answer that came by mail."""
        with self._database.transaction() as session:
            name, answer = self._recording.record_answer(
                session, self._clock.now(), asked.user_id, asked.metadata, _mail(asked)
            )
        return Replace(office.recorded_answer(name, answer))

    def ask_decision(self, asked: Asked) -> Reply:
        """Open the form for the decision of the council as a whole."""
        with self._database.reading() as session:
            shown = self._recording.open(session, asked.user_id, asked.value)
        return Show(office.decision_modal(shown, self._clock.now()))

    def record_decision(self, asked: Asked) -> Reply:
        """Record the decision of the council as a whole."""
        with self._database.transaction() as session:
            self._recording.record_decision(
                session, self._clock.now(), asked.user_id, asked.metadata, _mail(asked)
            )
        return CloseAll()


def _mail(asked: Asked) -> Mail:
    return Mail(
        answer=asked.one(words.ANSWER_FIELD),
        received=asked.one(words.RECEIVED_FIELD),
        reference=asked.one(words.REFERENCE_FIELD),
        reason=asked.one(words.REASON_FIELD),
        member=asked.one(words.MEMBER_FIELD),
        written_by=asked.one(words.WRITER_FIELD),
    )


def register(
    surface: Surface,
    answering: Answering,
    recording: Recording,
    telling: Telling,
    reading: CouncilReading,
) -> None:
    """Register the listeners of the council's decisions."""
    on = CouncilListeners(surface, answering, recording, telling, reading)
    answer, record = Permission.COUNCIL_ANSWER, Permission.COUNCIL_RECORD
    surface.button(words.VETO, answer, on.ask_veto)
    surface.form(words.VETO, answer, on.veto)
    surface.button(words.NO_OBJECTION, answer, on.no_objection)
    surface.button(words.ABSTAIN, answer, on.abstain)
    surface.button(words.TOLD_BY_MAIL, record, on.told_by_mail)
    surface.button(words.RECORD_ANSWER, record, on.ask_answer)
    surface.form(words.RECORD_ANSWER, record, on.record_answer)
    surface.button(words.RECORD_DECISION, record, on.ask_decision)
    surface.form(words.RECORD_DECISION, record, on.record_decision)
    what = "shows what is before the Steering Council, and records answers that came by mail"
    surface.word("council", Permission.COUNCIL_OPEN, on.overview, what)
