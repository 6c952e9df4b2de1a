"""``/mentor``: volunteer, change that, pause, resume; and how one's own mentoring stands."""

from commands import words
from commands.answers import Answer, CloseAll, Say, Show
from commands.asked import Asked
from commands.surface import Surface
from psrt_bot.membership.permissions import Permission
from psrt_bot.mentoring.messages import volunteering as messages
from psrt_bot.mentoring.messages import words as ids
from psrt_bot.mentoring.service.reading import MentoringReading
from psrt_bot.mentoring.service.volunteering import Volunteering

WORDS = {
    "": "volunteers as a mentor, or changes how; newcomers see how theirs stands",
    "status": "shows your mentor or your mentees, and the check-ins",
    "pause": "takes no newcomers for now; those you have get another mentor",
    "resume": "takes newcomers again",
    "help": "shows this",
}


class MentorListeners:
    """Parse, call one use case, answer.

    Args:
        name: the command's name, with its prefix.
    """

    def __init__(
        self, surface: Surface, volunteering: Volunteering, reading: MentoringReading, name: str
    ) -> None:
        self._database = surface.database
        self._clock = surface.clock
        self._volunteering = volunteering
        self._reading = reading
        self._name = name

    def command(self, asked: Asked) -> Answer:
        """Choose by the word."""
        match word := asked.text.lower():
            case "":
                return self.open(asked)
            case "status":
                return self.status(asked)
            case "pause":
                return self.pause(asked)
            case "resume":
                return self.resume(asked)
            case "help":
                return Say(words.usage(self._name, WORDS))
        return Say(words.unknown_word(word, WORDS, words.usage(self._name, WORDS)))

    def open(self, asked: Asked) -> Answer:
        """Open the form of volunteers; for a newcomer, how theirs stands."""
        with self._database.reading() as session:
            if self._reading.own(session, asked.user_id).mentored:
                return self.status(asked)
            offer, zone = self._volunteering.offer(session, asked.user_id)
        return Show(messages.offer_modal(offer, zone))

    def status(self, asked: Asked) -> Answer:
        """Show one's own mentor and mentees."""
        with self._database.reading() as session:
            own = self._reading.own(session, asked.user_id)
        return Show(messages.status_modal(own.offer, own.mentored, own.mentees))

    def volunteer(self, asked: Asked) -> Answer:
        """Save how somebody volunteers."""
        with self._database.transaction() as session:
            offer = self._volunteering.volunteer(
                session,
                self._clock.now(),
                asked.user_id,
                asked.one(ids.ROOM),
                asked.several(ids.TOPICS),
            )
        return Say(messages.saved(offer))

    def pause(self, asked: Asked) -> Answer:
        """Take no newcomers for now."""
        with self._database.transaction() as session:
            mentees = self._volunteering.pause(session, self._clock.now(), asked.user_id)
        return Say(messages.paused(mentees))

    def resume(self, asked: Asked) -> Answer:
        """Take newcomers again."""
        with self._database.transaction() as session:
            offer = self._volunteering.resume(session, self._clock.now(), asked.user_id)
        return Say(messages.saved(offer))

    def ask_wishes(self, asked: Asked) -> Answer:
        """Open a newcomer's choice of topics."""
        with self._database.reading() as session:
            chosen = self._volunteering.wishes(session, asked.user_id)
        return Show(messages.wishes_modal(chosen))

    def wish(self, asked: Asked) -> Answer:
        """Keep what a newcomer wants to learn."""
        with self._database.transaction() as session:
            topics = asked.several(ids.TOPICS)
            self._volunteering.wish(session, self._clock.now(), asked.user_id, topics)
        return CloseAll()


def register(
    surface: Surface, volunteering: Volunteering, reading: MentoringReading, name: str = "mentor"
) -> MentorListeners:
    """Register ``/mentor`` and its forms.

    Args:
        name: the command's name, with its prefix.
    """
    on = MentorListeners(surface, volunteering, reading, name)
    permission = Permission.MENTORING_OPEN
    surface.command("mentor", permission, on.command)
    surface.form(ids.VOLUNTEER, permission, on.volunteer)
    surface.button(ids.PAUSE, permission, on.pause)
    surface.button(ids.RESUME, permission, on.resume)
    surface.button(ids.WISHES, permission, on.ask_wishes)
    surface.form(ids.WISHES, permission, on.wish)
    what = "volunteers as a mentor; `status`, `pause`, `resume`"
    surface.word("mentor", permission, on.command, what)
    return on
