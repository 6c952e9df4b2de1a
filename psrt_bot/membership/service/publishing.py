"""What of the public lists is published, and what has changed since (R5, issue 5 item 2)."""

import difflib
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlmodel import Session, col

from psrt_bot.membership import notices, roster
from psrt_bot.membership.notices import ListChange
from psrt_bot.membership.rules import Permission
from psrt_bot.membership.service import lines
from psrt_bot.membership.service.admins import Admins
from psrt_bot.membership.service.lines import LISTED_ROLES, stored
from psrt_bot.membership.service.people import Members
from psrt_bot.runtime import audit, outbox
from psrt_bot.runtime.rules import AlreadyDone, NotFound
from psrt_bot.runtime.sending import File
from psrt_bot.runtime.sql import rows
from storage.people import Publication

CSV = "membership:csv"  # the renderer of a list as it was given out
DIFF = "membership:diff"
FILES = {"members": "psrt.csv", "emeriti": "psrt-emeritus.csv"}


@dataclass(frozen=True)
class Difference:
    """One list: as it was published last, and as it was given out."""

    listing: str
    before: bytes
    after: bytes

    @property
    def file(self) -> str:
        """The file's name in the Developer's Guide."""
        return FILES[self.listing]

    @property
    def diff(self) -> str:
        """A unified diff, to the byte."""
        told = difflib.unified_diff(
            _lines(self.before), _lines(self.after), f"a/{self.file}", f"b/{self.file}"
        )
        missing = "\n\\ No newline at end of file\n"
        return "".join(line if line.endswith("\n") else line + missing for line in told)

    def told(self) -> ListChange:
        """What a message says of it."""
        changes = roster.compare(roster.parse(self.before), roster.parse(self.after))
        return ListChange(self.file, tuple(roster.summary(changes)), self.diff)


def _lines(data: bytes) -> list[str]:
    return [line.decode("utf-8") for line in io.BytesIO(data)]  # a line feed alone ends a line


def last_published(session: Session) -> Publication | None:
    """Return what was published last, or None."""
    return session.scalar(
        select(Publication)
        .where(col(Publication.published_at).is_not(None))
        .order_by(col(Publication.published_at).desc(), col(Publication.made_at).desc())
        .limit(1)
    )


def note_published(session: Session, now: datetime, by: str, given: Mapping[str, bytes]) -> None:
    """Record files that were imported: they are what stands in public."""
    before = _contents(last_published(session))
    made = _made(now, by, {**before, **given})
    made.published_at, made.published_by = now, by
    session.add(made)
    session.flush()


class Publishing:
    """Use cases of admins: take the lists to the Developer's Guide."""

    def __init__(self, members: Members, admins: Admins) -> None:
        self._members = members
        self._admins = admins

    def publish(
        self, session: Session, now: datetime, slack_user_id: str, *, everything: bool = False
    ) -> list[str]:
        """Owe an admin the lists that changed since the last publication, with the difference.

        Args:
            everything: also lists that did not change.

        Returns:
            the names of the files.

        Raises:
            NotAllowed: not an admin. AlreadyDone: nothing changed.
        """
        actor = self._members.require(session, slack_user_id, Permission.MEMBERS_PUBLISH)
        lines.lock(session)
        before = last_published(session)
        now_stored = {name: roster.export_csv(stored(session, name)) for name in LISTED_ROLES}
        differences = _differences(before, now_stored)
        wanted = [d for d in differences if everything or d.before != d.after]
        if not wanted:
            raise AlreadyDone(notices.nothing_changed(before.published_at if before else None))
        made = _made(now, actor.audit_name, now_stored)
        session.add(made)
        session.flush()
        told = [difference.told() for difference in wanted]
        message = notices.publication(made.id, told)
        outbox.tell(session, now, slack_user_id, message, slot=_slot(made.id))
        for difference, change in zip(wanted, told, strict=True):
            self._attach(session, now, slack_user_id, CSV, made, difference)
            if not notices.fits(change):
                self._attach(session, now, slack_user_id, DIFF, made, difference)
        return [difference.file for difference in wanted]

    def mark(
        self, session: Session, now: datetime, slack_user_id: str, publication_id: str
    ) -> None:
        """Record that the lists, as they were given out, stand in public now.

        Raises:
            NotAllowed, NotFound: not an admin, or nothing of that id. AlreadyDone: these, or newer
                ones, were published before.
        """
        actor = self._members.require(session, slack_user_id, Permission.MEMBERS_PUBLISH)
        lines.lock(session)
        made = session.get(Publication, publication_id)
        if made is None:
            raise NotFound(notices.NO_PUBLICATION)
        before = last_published(session)
        if before is not None and before.made_at > made.made_at:
            raise AlreadyDone(notices.NEWER_PUBLISHED)
        marked = session.execute(
            update(Publication)
            .where(col(Publication.id) == publication_id, col(Publication.published_at).is_(None))
            .values(published_at=now, published_by=actor.audit_name)
        )
        if rows(marked) != 1:
            raise AlreadyDone(notices.PUBLISHED_BEFORE)
        contents = _contents(made)
        told = [d.told() for d in _differences(before, contents) if d.before != d.after]
        audit.append(
            session,
            now,
            actor=actor.audit_name,
            act="membership:publish",
            subject=publication_id,
            details={FILES[name]: _sha256(data) for name, data in contents.items()},
        )
        message = notices.published(told, actor.name, now)
        outbox.change(session, now, _slot(publication_id), message)
        self._admins.tell(session, now, notices.published_note(told, actor.name))

    def file(self, session: Session, argument: str) -> File | None:
        """Return a list as it was given out (rendered at delivery)."""
        publication_id, _, listing = argument.partition(":")
        made = session.get(Publication, publication_id)
        content = _contents(made)[listing]
        if not content:
            return None
        name = FILES[listing]
        return File(name=name, title=name, content=content, comment=notices.file_comment(name))

    def diff_file(self, session: Session, argument: str) -> File | None:
        """Return a difference that is too long for a message (rendered at delivery)."""
        publication_id, _, listing = argument.partition(":")
        made = session.get(Publication, publication_id)
        if made is None:
            return None
        contents = _contents(made)
        by_listing = {d.listing: d for d in _differences(last_published(session), contents)}
        difference = by_listing[listing]
        name = f"{difference.file}.diff"
        content = difference.diff.encode("utf-8")
        if not content:
            return None
        return File(name=name, title=name, content=content, comment=notices.file_comment(name))

    @staticmethod
    def _attach(
        session: Session,
        now: datetime,
        slack_user_id: str,
        renderer: str,
        made: Publication,
        difference: Difference,
    ) -> None:
        outbox.attach(
            session,
            now,
            outbox.DIRECT + slack_user_id,
            renderer=renderer,
            argument=f"{made.id}:{difference.listing}",
        )


def _made(now: datetime, by: str, contents: Mapping[str, bytes]) -> Publication:
    members, emeriti = contents["members"], contents["emeriti"]
    return Publication(made_at=now, made_by=by, members=members, emeriti=emeriti)


def _contents(made: Publication | None) -> dict[str, bytes]:
    """Return both lists of a publication; empty ones where there is none."""
    return {
        "members": made.members if made else b"",
        "emeriti": made.emeriti if made else b"",
    }


def _differences(before: Publication | None, after: Mapping[str, bytes]) -> list[Difference]:
    earlier = _contents(before)
    return [Difference(listing, earlier[listing], after[listing]) for listing in LISTED_ROLES]


def _slot(publication_id: str) -> str:
    return f"publication:{publication_id}"


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
