"""``/psrt link``: a member says which GitHub name is theirs, and the admins' answers."""

from commands.answers import Answer, Say, Show
from commands.asked import Asked
from commands.surface import Surface
from psrt_bot.membership import notices
from psrt_bot.membership.permissions import Permission
from psrt_bot.membership.rules import MAX_GITHUB_NAME
from psrt_bot.membership.service.claiming import Claiming


class LinkListeners:
    """Parse, call one use case, answer."""

    def __init__(self, surface: Surface, claiming: Claiming) -> None:
        self._database = surface.database
        self._clock = surface.clock
        self._claiming = claiming

    def command(self, asked: Asked) -> Answer:
        """Open the form; what follows the word is the name."""
        with self._database.reading() as session:
            stands, waiting = self._claiming.begin(session, asked.user_id)
        return Show(notices.claim_modal(stands, waiting, asked.text[:MAX_GITHUB_NAME]))

    def claim(self, asked: Asked) -> Answer:
        """Ask the admins."""
        github = asked.one(notices.GITHUB_FIELD)
        with self._database.transaction() as session:
            self._claiming.claim(session, self._clock.now(), asked.user_id, github)
        return Say(notices.CLAIMED)

    def confirm(self, asked: Asked) -> Answer:
        """Put the name into the list."""
        with self._database.transaction() as session:
            self._claiming.confirm(session, self._clock.now(), asked.user_id, asked.value)
        return Say(notices.CONFIRMED)

    def decline(self, asked: Asked) -> Answer:
        """Leave the list as it is."""
        with self._database.transaction() as session:
            self._claiming.decline(session, self._clock.now(), asked.user_id, asked.value)
        return Say(notices.DECLINED)


def register(surface: Surface, claiming: Claiming) -> None:
    """Register what a claimed GitHub name needs."""
    on = LinkListeners(surface, claiming)
    claim, decide = Permission.MEMBERS_CLAIM, Permission.MEMBERS_MANAGE
    surface.form(notices.CLAIM, claim, on.claim)
    surface.button(notices.CONFIRM_CLAIM, decide, on.confirm)
    surface.button(notices.DECLINE_CLAIM, decide, on.decline)
    surface.word("link", claim, on.command, "tells an admin which GitHub name is yours")
