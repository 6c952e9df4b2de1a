"""The nominee's statement and progress: buttons of the nominator, and the nominee's own door."""

from commands.answers import Answer, CloseAll, Done, Say, Show
from commands.asked import Asked
from commands.surface import Surface
from psrt_bot.membership.permissions import Permission
from psrt_bot.nominations.messages import posts
from psrt_bot.nominations.messages import statements as messages
from psrt_bot.nominations.messages import words as ids
from psrt_bot.nominations.service.reading import Reading
from psrt_bot.nominations.service.statements import Statements
from psrt_bot.runtime import blocks

ASKED = "They are asked in a direct message; you are told when they answer."
SHARED = "They are told phase and dates, and nothing else."


class StatementListeners:
    """Parse, call one use case, answer."""

    def __init__(self, surface: Surface, statements: Statements, reading: Reading) -> None:
        self._database = surface.database
        self._clock = surface.clock
        self._statements = statements
        self._reading = reading

    def ask(self, asked: Asked) -> Answer:
        """Ask the nominee, or open the form for what somebody outside the workspace wrote."""
        with self._database.transaction() as session:
            outside = self._statements.ask(session, self._clock.now(), asked.user_id, asked.value)
        return Say(ASKED) if outside is None else Show(messages.paste_modal(outside))

    def paste(self, asked: Asked) -> Answer:
        """Hand in what somebody outside the workspace wrote."""
        with self._database.transaction() as session:
            text = asked.one(messages.FIELD)
            now = self._clock.now()
            self._statements.paste(session, now, asked.user_id, asked.metadata, text)
        return CloseAll()

    def open(self, asked: Asked) -> Answer:
        """Open the nominee's form."""
        with self._database.transaction() as session:
            self._statements.may_write(session, asked.user_id, asked.value)
        return Show(messages.write_modal(asked.value))

    def write(self, asked: Asked) -> Answer:
        """Hand in one's statement."""
        with self._database.transaction() as session:
            text = asked.one(messages.FIELD)
            now = self._clock.now()
            self._statements.write(session, now, asked.user_id, asked.metadata, text)
        return Done()

    def decline(self, asked: Asked) -> Answer:
        """Write none."""
        with self._database.transaction() as session:
            self._statements.decline(session, self._clock.now(), asked.user_id, asked.value)
        return Done()

    def share(self, asked: Asked) -> Answer:
        """Tell the nominee phase and dates, or show what to tell somebody outside."""
        with self._database.transaction() as session:
            outside = self._statements.share(session, self._clock.now(), asked.user_id, asked.value)
        if outside is None:
            return Say(SHARED)
        how = f"{outside.nominee} is not in this workspace; you can send them this:"
        return Show(blocks.notice("Progress", blocks.escape(how), messages.progress(outside)))

    def council_details(self, asked: Asked) -> Answer:
        """Show a nomination's texts to one of the council who decides on it."""
        with self._database.reading() as session:
            shown = self._reading.council_details(session, asked.user_id, asked.value)
        return Show(posts.details_modal(shown, may_add=False, may_cancel=False))


def register(surface: Surface, statements: Statements, reading: Reading) -> None:
    """Register what nominator and nominee do beside the vote, and what the council reads."""
    on = StatementListeners(surface, statements, reading)
    own, nominee = Permission.STATEMENT_ASK, Permission.STATEMENT_GIVE
    surface.button(ids.ASK_STATEMENT, own, on.ask)
    surface.form(ids.PASTE_STATEMENT, own, on.paste)
    surface.button(ids.WRITE_STATEMENT, nominee, on.open)
    surface.form(ids.WRITE_STATEMENT, nominee, on.write)
    surface.button(ids.DECLINE_STATEMENT, nominee, on.decline)
    surface.button(ids.SHARE_PROGRESS, Permission.PROGRESS_SHARE, on.share)
    surface.button(ids.COUNCIL_DETAILS, Permission.COUNCIL_ANSWER, on.council_details)
