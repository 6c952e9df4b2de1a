"""``/psrt``: what one can do, given who one is; and what is reached by a word after it."""

from collections.abc import Mapping
from dataclasses import replace

from commands import words
from commands.answers import Answer, Replace, Say, Show
from commands.asked import Asked
from commands.surface import Surface, Word
from psrt_bot.membership import messages
from psrt_bot.membership.messages import Offer
from psrt_bot.membership.rules import Permission, allowed
from psrt_bot.membership.service.people import Members


class HubListeners:
    """Parse, call one use case, answer."""

    def __init__(self, surface: Surface, members: Members, prefix: str) -> None:
        self._database = surface.database
        self._members = members
        self._words = surface.words
        self._prefix = prefix

    def command(self, asked: Asked) -> Answer:
        """Open the hub, show the help, or go on to what the first word names."""
        name, _, rest = asked.text.partition(" ")
        name = name.lower()
        if not name:
            return self.open(asked)
        if name in self._words:
            return self._go_on(name, replace(asked, text=rest.strip()))
        usage = messages.usage(self._offers(asked), self._prefix)
        if name == "help":
            return Say(usage)
        return Say(words.unknown_word(name, [*self._open_words(asked), "help"], usage))

    def open(self, asked: Asked) -> Answer:
        """Open the hub: everything that is open to whoever asks, with a button each."""
        return Show(messages.hub_modal(self._offers(asked), self._prefix))

    def go(self, asked: Asked) -> Answer:
        """Do what a button of the hub names.

        What opens takes the hub's place: of three modals on a stack a form may need all.
        """
        if asked.value not in self._words:
            return self.open(asked)
        answer = self._go_on(asked.value, replace(asked, text="", value=""))
        return Replace(answer.view) if isinstance(answer, Show) else answer

    def join(self, _: Asked) -> Answer:
        """Tell how people join the team (R14)."""
        return Say(messages.HOW_TO_JOIN)

    def _go_on(self, name: str, asked: Asked) -> Answer:
        word = self._words[name]
        with self._database.reading() as session:
            self._members.require(session, asked.user_id, word.permission)
        return word.listener(asked)

    def _open_words(self, asked: Asked) -> Mapping[str, Word]:
        with self._database.reading() as session:
            roles = self._members.who(session, asked.user_id).roles
        return {n: word for n, word in self._words.items() if allowed(word.permission, roles)}

    def _offers(self, asked: Asked) -> list[Offer]:
        return [
            Offer(name, word.what, is_command=word.is_command)
            for name, word in self._open_words(asked).items()
        ]


def register(surface: Surface, members: Members, prefix: str) -> None:
    """Register ``/psrt``, by which every other command can be reached as well."""
    hub = HubListeners(surface, members, prefix)
    surface.command("psrt", Permission.HUB_OPEN, hub.command)
    surface.button(messages.OPEN_HUB, Permission.HUB_OPEN, hub.open)
    surface.button(messages.GO, Permission.HUB_OPEN, hub.go)
    surface.word("join", Permission.CANDIDATE_READ, hub.join, "tells how people join the team")
