"""``/psrt``: what one can do, given who one is; and the long names of the short commands."""

from collections.abc import Mapping
from dataclasses import replace

from commands import words
from commands.answers import Answer, Say
from commands.asked import Asked
from commands.surface import Listener, Surface
from psrt_bot.membership import messages
from psrt_bot.membership.rules import Permission
from psrt_bot.membership.service.people import Members


class HubListeners:
    """Parse, call one use case, answer.

    Args:
        commands: the listeners behind the long names, with the permission each needs.
    """

    def __init__(
        self,
        surface: Surface,
        members: Members,
        commands: Mapping[str, tuple[Permission, Listener]],
        prefix: str,
    ) -> None:
        self._database = surface.database
        self._members = members
        self._commands = commands
        self._prefix = prefix

    def command(self, asked: Asked) -> Answer:
        """Go on to what the first word names, or show what there is."""
        word, _, rest = asked.text.partition(" ")
        word = word.lower()
        with self._database.reading() as session:
            actor = self._members.who(session, asked.user_id)
            if word in self._commands:
                permission, listener = self._commands[word]
                self._members.require(session, asked.user_id, permission)
        if word in self._commands:
            return listener(replace(asked, text=rest.strip()))
        hub = messages.hub(actor.roles, self._prefix)
        if word in ("", "help"):
            return Say(hub.text, hub.blocks)
        if word == "join":
            return Say(messages.HOW_TO_JOIN)
        return Say(words.unknown_word(word, [*self._commands, "help", "join"], hub.text))


def register(
    surface: Surface,
    members: Members,
    commands: Mapping[str, tuple[Permission, Listener]],
    prefix: str,
) -> None:
    """Register ``/psrt``, by which every other command can be reached as well."""
    hub = HubListeners(surface, members, commands, prefix)
    surface.command("psrt", Permission.HUB_OPEN, hub.command)
