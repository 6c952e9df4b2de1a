"""``/psrt publish``: the public lists as files, with the difference, and word that they stand."""

from commands.answers import Answer, Say
from commands.asked import Asked
from commands.surface import Surface
from psrt_bot.membership import notices
from psrt_bot.membership.permissions import Permission
from psrt_bot.membership.service.publishing import Publishing


class PublishListeners:
    """Parse, call one use case, answer."""

    def __init__(self, surface: Surface, publishing: Publishing) -> None:
        self._database = surface.database
        self._clock = surface.clock
        self._publishing = publishing

    def command(self, asked: Asked) -> Answer:
        """Owe the admin who asks the files that changed, or all of them."""
        with self._database.transaction() as session:
            files = self._publishing.publish(
                session, self._clock.now(), asked.user_id, everything=asked.text == "all"
            )
        return Say(notices.GIVEN_OUT.format(" and ".join(f"`{name}`" for name in files)))

    def mark(self, asked: Asked) -> Answer:
        """Note that they stand in public."""
        with self._database.transaction() as session:
            self._publishing.mark(session, self._clock.now(), asked.user_id, asked.value)
        return Say(notices.MARKED)


def register(surface: Surface, publishing: Publishing) -> None:
    """Register what the public lists need."""
    on = PublishListeners(surface, publishing)
    publish = Permission.MEMBERS_PUBLISH
    surface.button(notices.PUBLISHED, publish, on.mark)
    surface.word("publish", publish, on.command, "gives you the public lists as files; `all`")
