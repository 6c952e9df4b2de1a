"""``/psrt``: what one can do, given who one is; and what is reached by a word after it."""

from dataclasses import replace

from commands import words
from commands.answers import Answer, Say
from commands.asked import Asked
from commands.surface import Surface
from psrt_bot.membership import messages
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
        """Go on to what the first word names, or show what there is."""
        name, _, rest = asked.text.partition(" ")
        name = name.lower()
        word = self._words.get(name)
        with self._database.reading() as session:
            actor = self._members.who(session, asked.user_id)
            if word is not None:
                self._members.require(session, asked.user_id, word.permission)
        if word is not None:
            return word.listener(replace(asked, text=rest.strip()))
        open_words = {
            name: word.what
            for name, word in self._words.items()
            if word.what and allowed(word.permission, actor.roles)
        }
        hub = messages.hub(actor.roles, self._prefix, open_words)
        if name in ("", "help"):
            return Say(hub.text, hub.blocks)
        if name == "join":
            return Say(messages.HOW_TO_JOIN)
        return Say(words.unknown_word(name, [*self._words, "help", "join"], hub.text))


def register(surface: Surface, members: Members, prefix: str) -> None:
    """Register ``/psrt``, by which every other command can be reached as well."""
    hub = HubListeners(surface, members, prefix)
    surface.command("psrt", Permission.HUB_OPEN, hub.command)
