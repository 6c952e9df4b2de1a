"""What of the lists is published, on both databases: to the byte, once, never backwards (R5)."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlmodel import Session, col, select

from psrt_bot.membership.service.admins import Admins
from psrt_bot.membership.service.lists import Lists
from psrt_bot.membership.service.people import Members, find_person
from psrt_bot.membership.service.publishing import CSV, DIFF, Publishing
from psrt_bot.runtime.facts import Facts
from psrt_bot.runtime.rules import AlreadyDone, NotAllowed, NotFound
from storage.engine import Database
from storage.people import Publication
from storage.runtime import AuditEntry, OutboxRow
from tests.conftest import START
from tests.membership.test_service_people import slack_user

LATER = START + timedelta(hours=1)
MEMBERS = b"\xef\xbb\xbfAna Andrade,ana,Admin\r\n\xc5\x81ukasz \xc3\x96z,lukasz,"
EMERITI = b"Emma Esel,,\n"


class Press:
    """The use cases, with one admin."""

    def __init__(self, database: Database) -> None:
        self.database = database
        members = Members(Facts())
        self.publishing = Publishing(members, Admins("CADMIN"))
        self.lists = Lists(Facts(), lambda *_: None)
        with database.transaction() as session:
            self.load(session, MEMBERS, EMERITI)
            session.add(slack_user("U1"))
            members.link(session, START, find_person(session, "ana"), "U1", "tests")

    def load(self, session: Session, members: bytes, emeriti: bytes) -> None:
        """Import both lists, which counts as published."""
        files = {"members": members, "emeriti": emeriti}
        self.lists.import_files(session, START, files, "tests")

    def differ(self, members: bytes, emeriti: bytes = EMERITI) -> None:
        """Let the lists differ from what was published: older bytes stand there."""
        with self.database.transaction() as session:
            for one in session.scalars(select(Publication)):
                one.members, one.emeriti = members, emeriti
                session.add(one)

    def publish(self, *, everything: bool = False) -> list[str]:
        """Ask for the files."""
        with self.database.transaction() as session:
            return self.publishing.publish(session, LATER, "U1", everything=everything)

    def owed(self) -> list[OutboxRow]:
        """What is owed to the admin who asked, in order."""
        with self.database.reading() as session:
            rows = session.scalars(select(OutboxRow).where(col(OutboxRow.conversation) == "dm:U1"))
            return sorted(rows, key=lambda row: row.created_at)

    def newest(self) -> str:
        """The publication that was made last, whose lists nobody marked."""
        with self.database.reading() as session:
            unmarked = select(Publication).where(col(Publication.published_at).is_(None))
            return session.scalars(unmarked).one().id


@pytest.fixture
def press(database: Database) -> Press:
    """Both lists, imported."""
    return Press(database)


def test_files_are_to_the_byte(press: Press) -> None:
    """Mark, endings and the missing last one: the file that is given out is the export."""
    press.differ(MEMBERS.replace(b"lukasz", b"before"))
    assert press.publish() == ["psrt.csv"]
    files = [row.payload for row in press.owed() if row.kind == "file"]
    assert [one["renderer"] for one in files] == [CSV]
    with press.database.reading() as session:
        made = press.publishing.file(session, files[0]["argument"])
        diff = press.publishing.diff_file(session, files[0]["argument"])
        same = files[0]["argument"].replace("members", "emeriti")
        assert press.publishing.diff_file(session, same) is None
        assert press.publishing.file(session, "no-such:members") is None
        assert press.publishing.diff_file(session, "no-such:members") is None
    assert made is not None
    assert (made.name, made.content) == ("psrt.csv", MEMBERS)
    assert diff is not None
    assert diff.name == "psrt.csv.diff"
    told = diff.content.decode()
    assert told.count("\\ No newline at end of file") == 2
    assert "+Łukasz Öz,lukasz,\n\\ No newline" in told


def test_nothing_changed(press: Press) -> None:
    """It says since when; all of them come all the same when asked for, but no empty file."""
    with pytest.raises(AlreadyDone, match="Nothing changed since"):
        press.publish()
    assert press.publish(everything=True) == ["psrt.csv", "psrt-emeritus.csv"]


def test_a_long_difference_is_a_file(press: Press) -> None:
    """Beside the list; a short one stands in the message alone."""
    press.differ(b"".join(b"Person %d,p%d,\n" % (n, n) for n in range(300)))
    press.publish()
    files = [row.payload["renderer"] for row in press.owed() if row.kind == "file"]
    assert sorted(files) == sorted([CSV, DIFF])


def test_marked_by_two_at_once(press: Press) -> None:
    """One marks it, the other hears that it was; one entry in the audit log, with hashes alone."""
    press.differ(b"Ana Andrade,ana,Admin\n")
    press.publish()
    made = press.newest()
    together, refused = Barrier(2), []

    def mark() -> None:
        together.wait()
        try:
            with press.database.transaction() as session:
                press.publishing.mark(session, LATER + timedelta(hours=1), "U1", made)
        except AlreadyDone as error:
            refused.append(str(error))

    threads = [Thread(target=mark) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["This version was marked as published before."]
    with press.database.reading() as session:
        acts = session.scalars(select(AuditEntry).where(AuditEntry.act == "membership:publish"))
        (entry,) = acts.all()
    assert all(len(value) == 64 for value in entry.details.values())
    with pytest.raises(AlreadyDone, match="Nothing changed"):
        press.publish()


def test_what_is_not_there_and_who_may_not(press: Press) -> None:
    """No such publication; not an admin."""
    with press.database.transaction() as session:
        with pytest.raises(NotFound):
            press.publishing.mark(session, LATER, "U1", "no-such")
        with pytest.raises(NotAllowed):
            press.publishing.mark(session, LATER, "U2", "no-such")
        with pytest.raises(NotAllowed):
            press.publishing.publish(session, LATER, "U2")
