"""Answers, records, and what time brings, at their edges, on SQLite and on PostgreSQL."""

from datetime import timedelta
from threading import Thread

import pytest

from psrt_bot.council.rules import Answer, DecisionState, Recusal
from psrt_bot.council.service.answering import OVER
from psrt_bot.council.service.decisions import OTHERS_RECORD, stop
from psrt_bot.council.service.recording import Mail
from psrt_bot.council.service.rolls import NOT_THERE
from psrt_bot.membership.permissions import Role
from psrt_bot.membership.service.people import find_person
from psrt_bot.runtime.facts import CouncilDecided, CouncilTold
from psrt_bot.runtime.rules import AlreadyDone, FieldProblems, NotAllowed, NotFound
from tests.council.chamber import ADMINS, CHANNEL, COUNCIL, DAY, WEEK, Chamber, nominee

SECOND = timedelta(seconds=1)


# answering


def test_the_same_answer_twice_is_one(chamber: Chamber) -> None:
    """A second click and a lost ack leave one entry; another answer replaces the first."""
    chamber.open()
    chamber.fine("cat", "cat")
    chamber.veto("cat", "cat")
    entries = chamber.audited("council:answer")
    assert [entry.details for entry in entries] == [{"answer": "no_objection"}, {"answer": "veto"}]
    assert {entry.actor for entry in entries} == {chamber.ids["cat"]}
    seat = chamber.seat("cat")
    assert seat is not None
    assert seat.reason == "cat says no"
    chamber.fine("cat")
    seat = chamber.seat("cat")
    assert seat is not None
    assert seat.reason is None


def test_a_final_decision_is_announced_once_and_takes_no_answer(chamber: Chamber) -> None:
    """Early, by a majority that nobody can undo; the window's end finds nothing."""
    chamber.open()
    chamber.veto("cat", "cem")
    assert chamber.state() is DecisionState.OPEN
    chamber.veto("cia")
    assert chamber.state() is DecisionState.VETOED
    with pytest.raises(AlreadyDone, match="decided already"):
        chamber.fine("col")
    chamber.pass_time(8 * DAY)
    assert chamber.told == [CouncilTold("thing"), CouncilDecided("thing", confirmed=False)]
    assert len(chamber.audited("council:decided")) == 1


def test_the_end_is_exact(chamber: Chamber) -> None:
    """A second before it an answer counts; at it, and before the sweep has come, none does."""
    chamber.open()
    chamber.clock.move(WEEK - SECOND)
    chamber.fine("cat")
    chamber.clock.move(SECOND)
    with pytest.raises(AlreadyDone, match="over"):
        chamber.fine("cem")
    chamber.sweep.run()
    assert chamber.state() is DecisionState.CONFIRMED
    assert OVER.startswith("The council's window is over")


def test_what_the_bot_was_away_is_added(chamber: Chamber) -> None:
    """Away over the end: no decision by silence, and who comes back may still answer."""
    chamber.open()
    chamber.pass_time(2 * DAY)
    chamber.clock.move(DAY)
    chamber.pass_time(6 * DAY, away=True)
    assert chamber.state() is DecisionState.OPEN
    assert chamber.decision.ends_at == chamber.clock.now() + 4 * DAY
    chamber.veto("cat", "cem", "cia")
    assert chamber.state() is DecisionState.VETOED


def test_a_moved_end_is_reminded_of(chamber: Chamber) -> None:
    """Away over the reminder and the end: the old reminder is too late for anybody, so the new end
    has one of its own, a day before it."""
    chamber.open()
    chamber.fine("cat")
    chamber.pass_time(3 * DAY)
    chamber.pass_time(6 * DAY, away=True)
    assert chamber.decision.ends_at == chamber.clock.now() + 4 * DAY
    assert chamber.reminded() == []
    chamber.pass_time(3 * DAY)
    assert chamber.reminded() == [["Ucem", "Ucia", "Ucol", "Ucyn"]]
    chamber.pass_time(DAY)
    assert chamber.state() is DecisionState.CONFIRMED


def test_a_day_away_moves_nothing(chamber: Chamber) -> None:
    """A seventh of the window is borne."""
    chamber.open()
    chamber.pass_time(DAY, away=True)
    chamber.pass_time(6 * DAY)
    assert chamber.state() is DecisionState.CONFIRMED


@pytest.mark.parametrize("everybody_is_recused", [True, False])
def test_with_an_empty_roll_silence_decides_nothing(
    chamber: Chamber, everybody_is_recused: bool
) -> None:
    """Admins are asked at the start and week after week, until one records the decision."""
    if everybody_is_recused:
        chamber.open(*(Recusal("related", person_id=chamber.ids[name]) for name in COUNCIL))
    else:
        with chamber.database.transaction() as session:
            for name in COUNCIL:
                person = find_person(session, f"U{name}")
                now = chamber.clock.now()
                chamber.members.revoke(session, now, person, Role.STEERING_COUNCIL, "tests")
        chamber.open()
    for _ in range(3):
        chamber.pass_time(WEEK)
    assert chamber.state() is DecisionState.OPEN
    assert sum("Nobody is on the council" in said for said in chamber.owed(ADMINS)) == 4
    with chamber.database.transaction() as session:
        mail = chamber.mail(written_by="Somebody")
        now = chamber.clock.now()
        chamber.recording.record_decision(session, now, "Uben", chamber.decision.id, mail)
    assert chamber.told[-1] == CouncilDecided("thing", confirmed=True)


def test_two_answers_at_once_are_both_counted(chamber: Chamber) -> None:
    """Neither transaction may miss the other's: together they decide."""
    chamber.open()
    chamber.fine("cat")
    late = Thread(target=chamber.fine, args=("cem",))
    with chamber.database.transaction() as session:
        now = chamber.clock.now()
        chamber.answering.answer(
            session, now, "Ucia", chamber.decision.id, Answer.NO_OBJECTION, sure=True
        )
        late.start()
        late.join(0.3)
        assert late.is_alive()
    late.join(10)
    assert not late.is_alive()
    assert chamber.state() is DecisionState.CONFIRMED


# recording


def test_what_an_admin_records_must_be_whole(chamber: Chamber) -> None:
    """Every fault at its field; nothing is recorded."""
    chamber.open()
    bad = Mail(answer="perhaps", received="yesterday", reference=" ", member="nobody")
    now, decision_id = chamber.clock.now(), chamber.decision.id
    with chamber.database.transaction() as session, pytest.raises(FieldProblems) as refused:
        chamber.recording.record_answer(session, now, "Uben", decision_id, bad)
    assert set(refused.value.problems) == {"answer", "received_on", "reference", "member"}
    whole = chamber.mail("abstain", written_by="")
    with chamber.database.transaction() as session, pytest.raises(FieldProblems) as refused:
        chamber.recording.record_decision(session, now, "Uben", decision_id, whole)
    assert set(refused.value.problems) == {"answer", "written_by"}
    assert chamber.audited("council:record-answer") == []


def test_an_admin_overrules_nobody(chamber: Chamber) -> None:
    """What was said in Slack, and the seat of who has left, cannot be recorded over."""
    chamber.open()
    chamber.fine("cat")
    with chamber.database.transaction() as session:
        person = find_person(session, "Ucem")
        now = chamber.clock.now()
        chamber.members.revoke(session, now, person, Role.STEERING_COUNCIL, "tests")
    for name in ("cat", "cem"):
        mail = chamber.mail("veto", reason="It says so.", member=chamber.ids[name])
        with chamber.database.transaction() as session, pytest.raises(FieldProblems):
            chamber.recording.record_answer(session, now, "Uben", chamber.decision.id, mail)
    with chamber.database.transaction() as session:
        mail = chamber.mail("veto", reason="It says so.", member=chamber.ids["cia"])
        chamber.recording.record_answer(session, now, "Uben", chamber.decision.id, mail)
    (entry,) = chamber.audited("council:record-answer")
    assert entry.actor == chamber.ids["ben"]
    assert entry.details == {
        "answer": "veto",
        "member": chamber.ids["cia"],
        "received": now.date().isoformat(),
    }
    chamber.fine("cia")  # she corrects it, and it is hers from now on
    seat = chamber.seat("cia")
    assert seat is not None
    assert (seat.answer, seat.recorded_by, seat.reference) == ("no_objection", None, None)


def test_a_decision_by_mail_may_come_before_any_notice(chamber: Chamber) -> None:
    """A council that decides knows; what it is about learns of both, and the notice is dropped."""
    chamber.begin()
    with chamber.database.transaction() as session:
        mail = chamber.mail("veto", reason="Known for leaks.", written_by="Cat")
        now = chamber.clock.now()
        chamber.recording.record_decision(session, now, "Uben", chamber.decision.id, mail)
    assert chamber.told == [CouncilTold("thing"), CouncilDecided("thing", confirmed=False)]
    chamber.deliver()
    assert chamber.state() is DecisionState.VETOED
    assert "Known for leaks." in chamber.owed(ADMINS)[-1]
    assert all("Known for leaks." not in text for text in chamber.owed(CHANNEL))
    with chamber.database.transaction() as session, pytest.raises(AlreadyDone):
        chamber.recording.record_decision(session, now, "Uben", chamber.decision.id, mail)
    with chamber.database.reading() as session, pytest.raises(AlreadyDone):
        chamber.recording.open(session, "Uben", chamber.decision.id)


def test_who_is_recused_records_nothing_and_who_is_blind_sees_nothing(chamber: Chamber) -> None:
    """An admin who nominated, an admin who is the nominee, a member, one of the council."""
    chamber.open(Recusal("the nominator", person_id=chamber.ids["ana"]), nominee("ben"))
    decision_id = chamber.decision.id
    with chamber.database.reading() as session:
        with pytest.raises(NotAllowed, match="another admin records"):
            chamber.recording.open(session, "Uana", decision_id)
        with pytest.raises(NotFound, match=NOT_THERE):
            chamber.recording.open(session, "Uben", decision_id)
        with pytest.raises(NotFound, match=NOT_THERE):
            chamber.recording.open(session, "Uben", "0" * 32)
        for name in ("dov", "cat"):
            with pytest.raises(NotAllowed):
                chamber.recording.open(session, f"U{name}", decision_id)
        assert chamber.reading.for_admin(session, "Uben") == []
        assert chamber.reading.for_admin(session, "Ucat") is None
        assert [one.title for one in chamber.reading.for_member(session, "Ucat")] == ["A thing"]
        with pytest.raises(NotAllowed):
            chamber.reading.for_admin(session, "Udov")
    assert OTHERS_RECORD.startswith("You are recused")


def test_before_the_notice_one_member_cannot_answer_and_none_is_recorded(chamber: Chamber) -> None:
    """There is no roll yet; the words say what to do."""
    chamber.begin()
    with pytest.raises(AlreadyDone, match="about to open"):
        chamber.fine("cat")
    mail, now = chamber.mail(member=chamber.ids["cat"]), chamber.clock.now()
    decision_id = chamber.decision.id
    with chamber.database.transaction() as session, pytest.raises(AlreadyDone, match="as a whole"):
        chamber.recording.record_answer(session, now, "Uben", decision_id, mail)


# time


def test_reminders_go_to_the_silent_of_that_moment(chamber: Chamber) -> None:
    """Worked out at delivery: who has answered since, or has left, gets none."""
    chamber.open()
    chamber.fine("cat")
    chamber.pass_time(6 * DAY)
    users = [f"U{name}" for name in COUNCIL]
    with chamber.database.reading() as session:
        due = chamber.watching.expand_reminder(session, chamber.clock.now(), users)
    assert set(due) == {"Ucem", "Ucia", "Ucol", "Ucyn"}
    chamber.fine("cem")
    with chamber.database.transaction() as session:
        now = chamber.clock.now()
        person = find_person(session, "Ucia")
        chamber.members.revoke(session, now, person, Role.STEERING_COUNCIL, "tests")
        due = chamber.watching.expand_reminder(session, now, users)
        assert set(due) == {"Ucol", "Ucyn"}
        assert chamber.watching.expand_reminder(session, now + DAY, users) == {}
        chamber.watching.plan_reminder(session, now, "0" * 32)


def test_each_term_admins_are_asked_to_renew_the_roles(chamber: Chamber) -> None:
    """On 10 January, year after year, by itself; planning it at each start makes one."""
    for _ in range(2):
        with chamber.database.transaction() as session:
            chamber.watching.arm(session, chamber.clock.now())
    chamber.pass_time(314 * DAY)  # from 2 March 2026, at ten
    (said,) = chamber.owed(ADMINS)
    assert "A new term of the Steering Council has begun" in said
    assert "Cat, Cem, Cia, Col, Cyn" in said
    chamber.pass_time(364 * DAY)
    assert len(chamber.owed(ADMINS)) == 1
    chamber.pass_time(DAY)
    assert len(chamber.owed(ADMINS)) == 2


def test_taking_back_ends_what_runs_and_nothing_else(chamber: Chamber) -> None:
    """Reasons given so far are forgotten; a subject without a decision is left alone."""
    chamber.open()
    chamber.veto("cat")
    with chamber.database.transaction() as session:
        stop(session, chamber.clock.now(), "another")
        stop(session, chamber.clock.now(), "thing")
        stop(session, chamber.clock.now(), "thing")
    assert chamber.state() is DecisionState.ENDED
    seat = chamber.seat("cat")
    assert seat is not None
    assert seat.reason is None
    chamber.pass_time(8 * DAY)
    assert chamber.told == [CouncilTold("thing")]
