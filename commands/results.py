"""Results again on request, and the bulletin as a file in one's own conversation with the bot."""

from commands.answers import Answer, Say, Show
from commands.asked import Asked
from commands.surface import Surface
from psrt_bot.membership.rules import Permission
from psrt_bot.nominations.messages import results
from psrt_bot.nominations.messages import words as ids
from psrt_bot.nominations.service.outcomes import BUNDLE
from psrt_bot.nominations.service.reading import Reading
from psrt_bot.runtime import outbox


class ResultListeners:
    """Parse, call one use case, answer."""

    def __init__(self, surface: Surface, reading: Reading) -> None:
        self._database = surface.database
        self._clock = surface.clock
        self._reading = reading

    def show(self, asked: Asked) -> Answer:
        """Show past results."""
        with self._database.reading() as session:
            return Show(results.results_modal(self._reading.results(session, asked.user_id)))

    def bulletin(self, asked: Asked) -> Answer:
        """Send the bulletin of one poll to whoever asks."""
        with self._database.transaction() as session:
            counted = self._reading.result(session, asked.user_id, asked.value)
            if counted.sha256 is None:
                return Say("Too few ballots were cast in this vote to publish a bulletin.")
            outbox.attach(
                session,
                self._clock.now(),
                outbox.DIRECT + asked.user_id,
                renderer=BUNDLE,
                argument=asked.value,
            )
        return Say("The bulletin is on its way to your conversation with me.")


def register(surface: Surface, reading: Reading) -> ResultListeners:
    """Register the listeners of results."""
    listeners = ResultListeners(surface, reading)
    surface.button(ids.BULLETIN, Permission.VOTING_RESULT, listeners.bulletin)
    return listeners
