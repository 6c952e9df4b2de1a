"""``/psrt audit``: admins read who did what, page by page."""

from commands.answers import Answer, Replace, Show
from commands.asked import Asked
from commands.surface import Surface
from psrt_bot.membership.permissions import Permission
from psrt_bot.oversight import messages
from psrt_bot.oversight.rules import Wanted
from psrt_bot.oversight.service.auditing import Auditing


class AuditListeners:
    """Parse, call one use case, answer."""

    def __init__(self, surface: Surface, auditing: Auditing) -> None:
        self._database = surface.database
        self._auditing = auditing

    def open(self, asked: Asked) -> Answer:
        """Show the newest entries."""
        return Show(messages.audit_modal(self._page(asked, Wanted())))

    def turn(self, asked: Asked) -> Answer:
        """Show the page that a button names."""
        return Replace(messages.audit_modal(self._page(asked, Wanted.unpacked(asked.value))))

    def narrow(self, asked: Asked) -> Answer:
        """Show the newest entries of what the form asks for."""
        process = asked.one(messages.PROCESS_FIELD)
        wanted = Wanted(
            person=asked.one(messages.PERSON_FIELD).strip(),
            process="" if process == messages.EVERY else process,
            since=asked.one(messages.SINCE_FIELD),
            until=asked.one(messages.UNTIL_FIELD),
        )
        return Replace(messages.audit_modal(self._page(asked, wanted)))

    def _page(self, asked: Asked, wanted: Wanted) -> messages.PageShown:
        with self._database.reading() as session:
            return self._auditing.page(session, asked.user_id, wanted)


def register(surface: Surface, auditing: Auditing) -> None:
    """Register the listeners of the audit log."""
    on = AuditListeners(surface, auditing)
    surface.button(messages.NEWER, Permission.AUDIT_READ, on.turn)
    surface.button(messages.OLDER, Permission.AUDIT_READ, on.turn)
    surface.form(messages.SHOW, Permission.AUDIT_READ, on.narrow)
    surface.word("audit", Permission.AUDIT_READ, on.open, "shows the audit log: who did what when")
