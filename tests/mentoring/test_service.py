"""The use cases of mentoring at their edges; SQLite and PostgreSQL."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from icalendar import Calendar
from sqlmodel import select

from psrt_bot.membership.permissions import Role
from psrt_bot.membership.service.people import end_role
from psrt_bot.mentoring.rules import Going, Report
from psrt_bot.mentoring.service import asking, desk, schedule
from psrt_bot.mentoring.service.reading import mentors_of
from psrt_bot.runtime import audit, deadlines
from psrt_bot.runtime.clock import MovableClock
from psrt_bot.runtime.facts import MemberLeft
from psrt_bot.runtime.rules import (
    AlreadyDone,
    FieldProblems,
    NotAllowed,
    NotFound,
    RuleError,
    Unavailable,
)
from storage.engine import Database
from storage.mentoring import Mentorship
from storage.people import Person, RoleHeld
from storage.runtime import DeadlineRow
from tests.mentoring.school import ADMINS, DAY, MENTORS_WORDS, TEAM, WORDS, School

PAIR = "group:Udov,Unia"


def together(*acts: Callable[[], None]) -> list[Exception]:
    """Do things at the same moment; return what went wrong."""
    gate = Barrier(len(acts))
    failed: list[Exception] = []

    def run(act: Callable[[], None]) -> None:
        gate.wait()
        try:
            act()
        except Exception as error:  # noqa: BLE001 -- told to the test
            failed.append(error)

    threads = [Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


# Pairing


def test_a_newcomer_is_sought_a_mentor_once(school: School) -> None:
    """Beginning twice changes nothing; after the end somebody may begin again."""
    school.begin()
    school.begin()
    assert school.mentorship.state == "seeking"
    leave(school, "nia")
    school.begin()
    with school.database.reading() as session:
        found = session.scalars(select(Mentorship.state)).all()
        assert sorted(found) == ["ended", "seeking"]


def leave(school: School, name: str) -> None:
    """Somebody leaves the team, as offboarding does it."""
    with school.database.transaction() as session:
        end_role(session, school.clock.now(), school.ids[name], Role.MEMBER, "tests")
        school.facts.announce(session, school.clock.now(), MemberLeft(school.ids[name]))


def test_without_a_nominator_anybody_may_be_proposed(school: School) -> None:
    """A mentorship can begin without anybody having nominated them."""
    school.volunteer("ana")
    school.begin(nominator=None)
    assert school.mentorship.proposed_id == school.ids["ana"]


def test_two_admins_at_once_pair_once(school: School) -> None:
    """One confirms, the other hears that it has moved on; one introduction."""
    school.volunteer("dov")
    school.volunteer("eve")
    school.begin()
    failed = together(lambda: school.confirm("ana"), lambda: school.confirm("ben"))
    assert [type(error) for error in failed] == [AlreadyDone]
    assert len(school.audited("mentoring:pair")) == 1
    assert len(school.check_ins_now) == 3
    introductions = [text for text in school.owed(PAIR) if "your mentor" in text]
    assert len(introductions) == 1


def test_only_admins_decide_and_never_on_themselves(school: School) -> None:
    """The use case checks again what the door checked: the role, and that it is not their own."""
    school.volunteer("dov")
    school.begin()
    with pytest.raises(NotAllowed):
        school.confirm("eve")
    with school.database.transaction() as session:
        nia, now = school.ids["nia"], school.clock.now()
        session.add(RoleHeld(person_id=nia, role=Role.ADMIN, since=now, granted_by="tests"))
    with pytest.raises(NotFound):
        school.confirm("nia")
    with pytest.raises(NotFound), school.database.transaction() as session:
        school.deciding.confirm(session, school.clock.now(), "Uben", "0" * 32)


def test_whoever_is_chosen_must_volunteer(school: School) -> None:
    """A forged choice is refused; so is the newcomer themself."""
    school.volunteer("dov")
    school.begin()
    for whom in ("eve", "nia"):
        with pytest.raises(FieldProblems, match="do not volunteer"):
            school.choose(whom)


def test_who_cannot_be_reached_is_not_paired(school: School) -> None:
    """There is no direct message of three without three."""
    school.volunteer("dov")
    school.begin()
    school.change("nia", is_deleted=True)
    with pytest.raises(RuleError, match="Nia cannot be reached in Slack"):
        school.confirm()
    assert school.mentorship.state == "proposed"


def test_an_admin_takes_another_mentor(school: School) -> None:
    """The one before hands over; whoever it is now is told apart in the audit log."""
    school.pair()
    school.volunteer("eve")
    school.choose("eve")
    assert school.mentorship.mentor_id == school.ids["eve"]
    assert "Dov hands over" in school.owed(PAIR)[-1]
    assert "They take over" in school.owed("group:Ueve,Unia")[0]
    acts = [e.details for e in school.audited("mentoring:pair")]
    assert acts == [{"mentor": school.ids["dov"]}, {"mentor": school.ids["eve"]}]
    assert school.states == ["planned"] * 3
    with pytest.raises(FieldProblems):
        school.choose("eve")  # who mentors them already


def test_proposals_spread_and_a_full_mentor_frees_the_next(school: School) -> None:
    """Who is proposed counts as taken; when they are, the others' question changes by itself."""
    school.volunteer("dov")
    school.volunteer("eve")
    school.begin("nia")
    school.begin("oli")
    assert {school.of("nia").proposed_id, school.of("oli").proposed_id} == {
        school.ids["dov"],
        school.ids["eve"],
    }
    school.choose("eve", name="nia")
    assert school.of("oli").proposed_id == school.ids["dov"]


def test_a_nominator_is_proposed_only_while_nobody_else_can(school: School) -> None:
    """Another who volunteers, takes more, or is not proposed elsewhere any more comes instead."""
    school.volunteer("eve")
    school.begin("nia", nominator="eve")
    assert school.of("nia").proposed_id == school.ids["eve"]
    assert "nobody else has room" in school.owed(ADMINS)[-1]
    school.volunteer("dov")
    assert school.of("nia").proposed_id == school.ids["dov"]
    assert "A mentor for Nia: Dov?" in school.owed(ADMINS)[-1]
    school.volunteer("oli", 2)
    assert school.of("nia").proposed_id == school.ids["dov"]  # others come into nobody's way
    school.confirm()
    assert school.mentorship.mentor_id == school.ids["dov"]


def test_room_that_another_gets_takes_the_nominator_back(school: School) -> None:
    """Dov is proposed to Oli, so Eve to Nia, whom she nominated; until Dov takes two."""
    school.volunteer("dov")
    school.begin("oli")
    school.volunteer("eve")
    school.begin("nia", nominator="eve")
    assert school.of("nia").proposed_id == school.ids["eve"]
    school.volunteer("dov", 2)
    assert school.of("nia").proposed_id == school.ids["dov"]


def test_the_daily_question_is_of_who_can_be_proposed_then(school: School) -> None:
    """An account that came back tells nobody; the nominator's daily question sees it."""
    school.volunteer("dov")
    school.volunteer("eve")
    school.change("dov", is_deleted=True)
    school.begin("nia", nominator="eve")
    assert school.mentorship.proposed_id == school.ids["eve"]
    school.pass_time(DAY)
    assert "Asked again" in school.owed(ADMINS)[-1]
    assert "nobody else has room" in school.owed(ADMINS)[-1]
    school.change("dov", is_deleted=False)
    school.pass_time(DAY)
    assert "A mentor for Nia: Dov?" in school.owed(ADMINS)[-1]
    assert "Asked again" not in school.owed(ADMINS)[-1]
    school.pass_time(DAY)
    assert "Asked again: A mentor for Nia: Dov?" in school.owed(ADMINS)[-1]


def test_without_a_channel_each_admin_is_asked(database: Database, clock: MovableClock) -> None:
    """Then the question has no place to change, and asking again still works."""
    school = School(database, clock, admin_channel=None)
    school.volunteer("dov")
    school.begin()
    for admin in ("ana", "ben"):
        assert any("A mentor for Nia: Dov?" in text for text in school.owed(f"dm:U{admin}"))
    school.pass_time(DAY)
    assert sum("Asked again" in text for text in school.owed("dm:Uana")) == 1


def test_who_mentors_whom_is_told_to_others(school: School) -> None:
    """While somebody is only proposed, nobody is told; nor of whom nobody asked."""
    nia, dov = school.ids["nia"], school.ids["dov"]

    def told(*newcomers: str) -> dict[str, str]:
        with school.database.reading() as session:
            return dict(mentors_of(session, newcomers))

    assert told(nia) == {}
    school.volunteer("dov")
    school.begin()
    assert told(nia) == {}
    school.confirm()
    assert told(nia, dov) == {nia: dov}
    assert told(dov) == told() == {}


def test_wishes_are_a_newcomers_before_they_are_paired(school: School) -> None:
    """Nobody else has any, and a form that is not theirs tells nothing."""
    school.volunteer("dov")
    with pytest.raises(NotFound), school.database.reading() as session:
        school.volunteering.wishes(session, "Ueve")
    with pytest.raises(AlreadyDone), school.database.transaction() as session:
        school.volunteering.resume(session, school.clock.now(), "Ueve")
    school.begin()
    with school.database.transaction() as session:
        school.volunteering.wish(session, school.clock.now(), "Unia", ["network", "made up"])
        assert school.volunteering.wishes(session, "Unia") == {"network"}
        with pytest.raises(NotAllowed):
            school.volunteering.offer(session, "Unia")


# Check-ins


def test_check_ins_come_in_the_newcomers_waking_hours(school: School) -> None:
    """A pairing at night plans no check-in at night; equal moments are one check-in."""
    school.change("nia", time_zone="Asia/Tokyo")  # 19:00 there
    school.pair()
    assert [one.due_at for one in school.check_ins_now] == [
        datetime(2026, 3, day, 0, 0, tzinfo=UTC) for day in (10, 17)
    ] + [datetime(2026, 4, 2, 0, 0, tzinfo=UTC)]


def test_one_who_answers_twice_at_once_is_heard_once(school: School) -> None:
    """A submission that Slack repeats posts nothing again."""
    school.pair()
    school.pass_time(7 * DAY)
    failed = together(lambda: school.answer("nia"), lambda: school.answer("nia"))
    assert [type(error) for error in failed] == [AlreadyDone]
    assert len([text for text in school.owed(PAIR) if "The next step" in text]) == 1


def test_two_who_answer_at_once_hold_the_check_in(school: School) -> None:
    """Whoever comes second sees the other's answer."""
    school.pair()
    school.pass_time(7 * DAY)
    failed = together(lambda: school.answer("nia"), lambda: school.answer("dov", MENTORS_WORDS))
    assert failed == []
    assert school.states[0] == "held"


def test_a_check_in_is_of_the_pair_alone(school: School) -> None:
    """Others, and what is none, get the same words; so does a mentor who handed over."""
    school.pair()
    school.pass_time(7 * DAY)
    for who, error in (("ana", NotFound), ("eve", NotFound)):
        with pytest.raises(error, match="not yours"):
            school.answer(who)
    with pytest.raises(NotFound, match="not yours"), school.database.transaction() as session:
        school.checking.submit(session, school.clock.now(), "Unia", "0" * 32, WORDS)
    with school.database.transaction() as session:
        school.volunteering.pause(session, school.clock.now(), "Udov")
    with pytest.raises(NotFound, match="not yours"):
        school.answer("dov", MENTORS_WORDS)
    with pytest.raises(NotFound, match="not yours"):
        school.answer("nia")  # nobody would read it


def test_a_mentor_says_whether_they_are_ready(school: School) -> None:
    """A client that leaves it out is told; nothing of the rest is kept."""
    school.pair()
    school.pass_time(7 * DAY)
    with pytest.raises(FieldProblems) as caught:
        school.answer("dov", WORDS)
    assert caught.value.problems == {"ready": "Please choose."}
    assert school.check_ins_now[0].mentor_at is None
    with pytest.raises(FieldProblems) as caught:
        school.answer("nia", Report(going=None, blocked="", next_step=""))
    assert set(caught.value.problems) == {"going", "next_step"}


def test_an_answer_that_nobody_could_read_is_refused(school: School) -> None:
    """It would be lost: it is kept nowhere, so the form stays open."""
    school.pair()
    school.pass_time(7 * DAY)
    school.change("dov", is_deleted=True)
    with pytest.raises(Unavailable):
        school.answer("nia")
    assert school.check_ins_now[0].newcomer_at is None


def test_what_waits_is_asked_once_a_day_and_who_has_answered_is_not(school: School) -> None:
    """One message owed at a time; a second on one day waits for the next morning."""
    school.pair()
    school.pass_time(7 * DAY)
    at = school.clock.now()
    assert school.asked() == [(at, ["Unia"]), (at, ["Udov"])]
    assert set(school.expand("nia", "dov", "eve")) == {"Unia", "Udov"}
    school.answer("nia")
    assert set(school.expand("nia", "dov")) == {"Udov"}
    school.delivered()
    school.volunteer("dov", 2)
    school.begin("oli")
    with school.database.transaction() as session:
        found = desk.running_of(session, school.ids["oli"])
        assert found is not None
        school.deciding.confirm(session, school.clock.now(), "Uben", found.id)
        asking.ask(session, school.clock.now(), [school.ids["dov"], school.ids["dov"]])
    tomorrow = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
    assert school.asked()[2:] == [(tomorrow, ["Udov"])]
    school.clock.move(3 * DAY)
    assert school.expand("dov") == {}  # what comes so late is the reminder's affair


def test_a_form_of_a_check_in_that_has_not_come_is_refused(school: School) -> None:
    """Nobody checks in ahead of time; nobody answers what took place."""
    school.pair()
    with pytest.raises(AlreadyDone):
        school.answer("nia", number=2)
    school.pass_time(7 * DAY)
    school.hold(1)
    with pytest.raises(AlreadyDone), school.database.reading() as session:
        school.checking.form(session, "Unia", school.check_ins_now[0].id)
    with pytest.raises(AlreadyDone):
        school.move("nia", "2026-03-12")


def test_moving_asks_both_anew_and_forgets_the_old_deadline(school: School) -> None:
    """Who had answered is asked again; the day is the newcomer's, the hour stays."""
    school.pair()
    school.pass_time(7 * DAY)
    school.answer("nia")
    school.move("dov", "2026-03-13")
    first = school.check_ins_now[0]
    assert (first.state, first.newcomer_at, first.sequence) == ("planned", None, 1)
    assert first.due_at == datetime(2026, 3, 13, 10, 0, tzinfo=UTC)
    with school.database.reading() as session:
        planned = session.scalars(
            select(DeadlineRow.due_at).where(
                DeadlineRow.kind == desk.CHECK_IN,
                DeadlineRow.done_at == None,  # noqa: E711
            )
        ).all()
        assert min(planned) == first.due_at
        missed = select(DeadlineRow).where(DeadlineRow.kind == desk.MISSED)
        assert session.scalars(missed).all() == []
    for day in ("", "2026-03-09", "2026-03-16", "2026-03-30", "soon"):
        with pytest.raises(FieldProblems):
            school.move("nia", day)
    school.pass_time(4 * DAY)
    assert school.states[0] == "open"


def test_calendars_keep_their_entries(school: School) -> None:
    """Stable ids, a version that grows, UTC moments, nobody's name; another pair's is not made."""
    school.pair()
    argument = f"{school.mentorship.id}:{school.ids['dov']}"

    def read() -> dict[str, tuple[datetime, int]]:
        with school.database.reading() as session:
            file = schedule.calendar_file(session, argument)
        assert file is not None
        for name in ("Nia", "Dov"):
            assert name.encode() not in file.content
        events = Calendar.from_ical(file.content).walk("VEVENT")
        assert all(str(event["summary"]).startswith("Mentoring: check-in ") for event in events)
        return {str(e["uid"]): (e.decoded("dtstart"), int(str(e["sequence"]))) for e in events}

    before = read()
    school.move("nia", "2026-03-05")
    after = read()
    assert before.keys() == after.keys()
    assert sorted(version for _, version in after.values()) == [0, 0, 1]
    with school.database.transaction() as session:
        school.volunteering.pause(session, school.clock.now(), "Udov")
    with school.database.reading() as session:
        assert schedule.calendar_file(session, argument) is None
        assert schedule.calendar_file(session, "nothing:nobody") is None


def test_check_ins_can_be_done_without(database: Database, clock: MovableClock) -> None:
    """PSRT_CHECK_INS=none: no calendar, no questions; after ninety days the mentor is asked."""
    school = School(database, clock, check_ins=(), team_channel=None)
    school.pair()
    assert school.check_ins_now == []
    assert [text for text in school.owed(PAIR) if "renderer" in text] == []
    school.pass_time(89 * DAY)
    assert not any("Can they coordinate alone?" in text for text in school.owed("dm:Udov"))
    school.pass_time(DAY)
    assert any("Can they coordinate alone?" in text for text in school.owed("dm:Udov"))
    graduate(school)
    assert school.mentorship.state == "graduated"
    assert school.owed(TEAM) == []


def graduate(school: School, by: str = "dov") -> None:
    """The mentor's word."""
    with school.database.transaction() as session:
        now = school.clock.now()
        school.graduating.graduate(session, now, f"U{by}", school.mentorship.id)


# The end


def to_the_end(school: School) -> None:
    """Three check-ins that took place."""
    school.pair()
    for number, days in enumerate((7, 7, 16), start=1):
        school.pass_time(days * DAY)
        school.hold(number)


def test_the_word_is_the_mentors_alone_and_said_once(school: School) -> None:
    """Neither newcomer nor admin can say it, nobody too early, and two words at once are one."""
    school.pair()
    with pytest.raises(AlreadyDone, match="still to come"):
        graduate(school)
    for number, days in enumerate((7, 7, 16), start=1):
        school.pass_time(days * DAY)
        school.hold(number)
    for who in ("nia", "ana"):
        with pytest.raises(NotFound):
            graduate(school, who)
    with pytest.raises(NotFound), school.database.transaction() as session:
        school.graduating.graduate(session, school.clock.now(), "Udov", "0" * 32)
    failed = together(lambda: graduate(school), lambda: graduate(school))
    assert [type(error) for error in failed] == [AlreadyDone]
    assert len(school.owed(TEAM)) == 1
    summary = next(text for text in school.owed("dm:Unia") if "says that you can" in text)
    assert "Read &lt;it&gt;" in summary
    assert deadlines_open(school) == []


def deadlines_open(school: School) -> list[str]:
    """The kinds of what is still planned for the only mentorship."""
    with school.database.reading() as session:
        rows = session.scalars(
            select(DeadlineRow).where(
                DeadlineRow.subject == school.mentorship.id,
                DeadlineRow.done_at == None,  # noqa: E711
            )
        )
        return sorted(row.kind for row in rows)


def test_extensions_add_up(school: School) -> None:
    """Ninety days in all; who goes on is not asked for the word before the last check-in."""
    to_the_end(school)
    assert deadlines_open(school) == [desk.GRADUATION]
    today = school.clock.now().date()
    with school.database.transaction() as session:
        until = (today + timedelta(days=60)).isoformat()
        found = school.graduating.form(session, school.clock.now(), "Udov", school.mentorship.id)
        assert found[1:] == (today, 0)
        school.graduating.extend(session, school.clock.now(), "Udov", school.mentorship.id, until)
    assert school.mentorship.extended_days == 60
    assert school.states == ["held"] * 3 + ["planned"] * 2
    assert deadlines_open(school) == [desk.CHECK_IN] * 2
    for number in (4, 5):
        school.pass_time(30 * DAY)
        school.hold(number)
    until = (school.clock.now().date() + timedelta(days=31)).isoformat()
    with pytest.raises(FieldProblems), school.database.transaction() as session:
        school.graduating.extend(session, school.clock.now(), "Udov", school.mentorship.id, until)


def test_who_leaves_takes_their_deadlines_along(school: School) -> None:
    """Newcomer or mentor: nothing of theirs falls due any more, and somebody else has room."""
    school.pair()
    school.begin("oli")
    assert school.of("oli").state == "seeking"
    leave(school, "nia")
    assert school.of("oli").proposed_id == school.ids["dov"]
    with school.database.reading() as session:
        kinds = session.scalars(
            select(DeadlineRow.kind).where(DeadlineRow.done_at == None)  # noqa: E711
        ).all()
        assert list(kinds) == [desk.ASK_ADMINS]
    leave(school, "dov")
    assert school.of("oli").state == "seeking"


def test_the_daily_look_hands_over_and_goes_on(school: School) -> None:
    """A mentor whose account is gone pauses; the look is planned again."""
    school.pair()
    school.volunteer("eve")
    school.change("dov", is_deleted=True)
    with school.database.transaction() as session:
        school.presence.arm(session, school.clock.now())
    school.pass_time(DAY)
    assert school.mentorship.state == "proposed"
    assert school.mentorship.proposed_id == school.ids["eve"]
    assert "Dov hands over" in school.owed("dm:Unia")[-1]
    with school.database.reading() as session:
        assert deadlines.next_due(session) is not None
    assert any("Dov hands over" in text for text in school.owed(ADMINS))


def test_a_mentor_who_is_gone_when_a_check_in_comes_hands_over_first(school: School) -> None:
    """The check-in waits for the next mentor; nobody is asked into the void."""
    school.pair()
    with school.database.transaction() as session:
        person = session.get_one(Person, school.ids["dov"])
        person.slack_user_id = None
        session.add(person)
    school.pass_time(7 * DAY)
    assert school.mentorship.state == "seeking"
    assert school.states == ["planned"] * 3
    assert school.asked() == []
    school.volunteer("eve")
    school.confirm()
    school.pass_time(DAY)
    assert school.states[0] == "open"
    assert school.check_ins_now[0].sequence == 1


def test_an_overdue_check_in_is_left_out_where_the_next_is_near(school: School) -> None:
    """Eve takes over a day before the second: the first would come after or with it."""
    school.pair()
    school.pass_time(6 * DAY)
    school.volunteer("eve")
    with school.database.transaction() as session:
        school.volunteering.pause(session, school.clock.now(), "Udov")
    school.pass_time(7 * DAY)
    school.confirm()
    assert school.states == ["skipped", "planned", "planned"]
    school.pass_time(DAY)
    assert school.states == ["skipped", "open", "planned"]


def test_a_late_answer_does_not_ask_the_mentor_again_at_once(school: School) -> None:
    """Asked when the last check-in was missed, they are asked again a week later."""
    school.pair()
    for number, days in enumerate((7, 7), start=1):
        school.pass_time(days * DAY)
        school.hold(number)
    school.pass_time(16 * DAY)
    school.pass_time(3 * DAY)
    assert school.states[-1] == "missed"

    def asked() -> int:
        return sum("Can they coordinate alone?" in text for text in school.owed("dm:Udov"))

    assert asked() == 1
    school.clock.move(DAY)
    school.hold(3)
    school.pass_time(timedelta(hours=1))
    assert school.states[-1] == "held"
    assert asked() == 1
    assert deadlines_open(school) == [desk.GRADUATION]
    school.pass_time(6 * DAY)
    assert asked() == 2


def test_whoever_leaves_at_the_mentors_word_waits_for_nobody_who_waits_for_them(
    school: School,
) -> None:
    """Both touch the pair and the audit log: one order for all, and either may come first."""
    to_the_end(school)
    meet = Barrier(2)

    def word() -> None:
        meet.wait()
        graduate(school)

    def go() -> None:
        with school.database.transaction() as session:
            if session.get_bind().dialect.name != "sqlite":  # there a writer waits for the other
                audit.append(session, school.clock.now(), actor="ana", act="x:y", subject="nia")
            meet.wait()
            school.facts.announce(session, school.clock.now(), MemberLeft(school.ids["nia"]))

    failed = together(word, go)
    assert [type(error) for error in failed] in ([], [AlreadyDone])
    assert school.mentorship.state in ("graduated", "ended")


def test_old_deadlines_of_what_is_over_do_nothing(school: School) -> None:
    """A handler reads the state anew: of an ended mentorship, or none, nothing comes."""
    school.pair()
    known = school.mentorship.id
    leave(school, "nia")
    handlers = (
        school.pairing.ask_again,
        school.checking.open_when_due,
        school.checking.missed_when_due,
        school.graduating.ask_mentor,
    )
    before = [school.owed(where) for where in (ADMINS, PAIR, "dm:Udov", "dm:Unia")]
    for subject in (known, "0" * 32):
        for handler in handlers:
            with school.database.transaction() as session:
                handler(session, school.clock.now(), subject)
    after = [school.owed(where) for where in (ADMINS, PAIR, "dm:Udov", "dm:Unia")]
    assert after == before


def test_what_blocks_goes_to_admins_word_for_word(school: School) -> None:
    """And to nobody else but the pair."""
    school.pair()
    school.pass_time(7 * DAY)
    report = Report(going=Going.BADLY, blocked=" No access ", next_step="Wait", raised=True)
    school.answer("nia", report)
    told = school.owed(ADMINS)[-1]
    assert "Nia asks for your help in the mentoring of Nia" in told
    assert '"No access"' in told
    assert not any("No access" in text for text in school.owed(TEAM) + school.owed("dm:Udov"))
