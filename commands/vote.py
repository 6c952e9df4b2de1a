"""``/vote``, the **Vote** buttons and the ballot."""

from slack_sdk.models.views import View

from commands import words
from commands.answers import Answer, Replace, Say, Show
from commands.asked import Asked
from commands.surface import Listener, Surface
from psrt_bot.membership.rules import Permission
from psrt_bot.voting import messages
from psrt_bot.voting.messages import CHECK_WORD_FIELD, CHOICE_FIELD, PollLine
from psrt_bot.voting.service.voting import Voting

WORDS = {
    "": "opens your ballot, or a list when several votes are open",
    "results": "shows past results, with their bulletins",
    "help": "shows this",
}


class VoteListeners:
    """Parse, call one use case, answer.

    Args:
        name: the command's name, with its prefix.
    """

    def __init__(self, surface: Surface, voting: Voting, results: Listener, name: str) -> None:
        self._database = surface.database
        self._clock = surface.clock
        self._voting = voting
        self._results = results
        self._name = name

    def command(self, asked: Asked) -> Answer:
        """Open the only ballot, offer the choice between several, or say that there is none."""
        match word := asked.text.lower():
            case "":
                return self._open_votes(asked)
            case "results":
                return self._results(asked)
            case "help":
                return Say(words.usage(self._name, WORDS))
        return Say(words.unknown_word(word, WORDS, words.usage(self._name, WORDS)))

    def _open_votes(self, asked: Asked) -> Answer:
        with self._database.reading() as session:
            found = self._voting.ballot_or_choice(session, self._clock.now(), asked.user_id)
        if isinstance(found, View):
            return Show(found)
        if found:
            return Show(messages.choose_modal([PollLine.of(poll) for poll in found]))
        past = f"Results of past votes: `/{self._name} results`."
        return Say(f"There is no open vote for you just now. {past}")

    def open(self, asked: Asked) -> Answer:
        """Open the ballot behind a **Vote** button."""
        with self._database.reading() as session:
            view = self._voting.ballot(session, self._clock.now(), asked.user_id, asked.value)
        return Show(view)

    def cast(self, asked: Asked) -> Answer:
        """Record the ballot and show its receipt, once."""
        now = self._clock.now()
        with self._database.glancing() as connection:
            sealed = self._voting.seal(
                connection,
                now,
                asked.user_id,
                poll_id=asked.metadata,
                view_id=asked.view_id,
                choice=asked.one(CHOICE_FIELD),
                check_word=asked.one(CHECK_WORD_FIELD),
            )
        with self._database.writing() as connection:
            receipt = self._voting.record(connection, self._clock.now(), sealed)
            return Replace(messages.receipt_modal(receipt.code))


def register(
    surface: Surface, voting: Voting, results: Listener, name: str = "vote"
) -> VoteListeners:
    """Register the listeners of voting. Called first: Bolt looks for listeners in order.

    Args:
        results: answers ``/vote results``, which is the affair of what was voted on.
        name: the command's name, with its prefix.
    """
    listeners = VoteListeners(surface, voting, results, name)
    surface.command("vote", Permission.VOTING_VOTE, listeners.command)
    surface.form(messages.CAST, Permission.VOTING_VOTE, listeners.cast)
    surface.button(messages.VOTE, Permission.VOTING_VOTE, listeners.open)
    return listeners
