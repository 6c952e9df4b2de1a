"""The race of a cast with the close, driven deliberately (issue 3, item 4).

One process is held at each point in turn while the other goes as far as it can. Whatever the
order, a ballot that was acknowledged is counted, and one that was refused is not.
"""

from typing import Any

import pytest

from commands.surface import BUSY
from psrt_bot.voting.service.casting import OVER
from tests.stress import claims
from tests.stress.kills import LOOK, Order, names_of
from tests.stress.plans import ALL, chosen
from tests.stress.points import ANSWER, BEGIN, COMMIT, FILE, STATEMENT, WEB
from tests.stress.races import hold, meanwhile
from tests.stress.scene import CLOSE, DURING, Scene, Try

CASTING = (STATEMENT, BEGIN, COMMIT, FILE, ANSWER)
CLOSING = (BEGIN, COMMIT, FILE, WEB)
# Tried by default; ``make stress`` tries every point.
CAST_HELD = ("begin write", "INSERT sealed_ballot", "commit INSERT spent_submission", "answer")
CLOSE_HELD = ("begin write", "commit DELETE deadline", "open keys")


def cast(scene: Scene, login: str, view: str = "V0RACE") -> Order:
    """Return the command that casts somebody's ballot.

    A yes, with which the vote passes whether or not it counts: a vote that fails is not told to
    the council, so there would be other messages. Which ballot counted is told by its receipt.
    """
    return (
        "cast",
        {"user": scene.user(login), "poll": scene.poll, "view": view, "choice": "yes"},
    )


def check(this: Try, login: str, answer: dict[str, Any], point: str) -> bool:
    """Counted if acknowledged, refused with a text otherwise; return which."""
    claims.work_to_the_end(this, CLOSE)
    receipts = dict(this.scene.receipts)
    if "receipt" in answer:
        receipts[login] = answer["receipt"]
    else:
        assert OVER in str(answer["refusal"]) or BUSY in str(answer["refusal"]), (point, answer)
    claims.check_counted(this, receipts)
    claims.check_messages(this, claims.undisturbed(this.scene, CLOSE))
    return "receipt" in answer


# By default the one who casts another ballot: they have more to lose.
@pytest.mark.parametrize("login", ["dov", "ben"] if ALL else ["ben"])
def test_the_close_comes_while_a_cast_is_held(scene: Scene, login: str) -> None:
    """A cast that is held at any point while another process closes is counted or refused."""
    names = names_of(scene, DURING, cast(scene, login), CASTING)
    fates = set()
    for number in chosen(names, CAST_HELD):
        with scene.a_try() as this:
            this.jump(CLOSE)
            caster, closer = this.process(DURING), this.process(CLOSE)
            held = hold(caster, cast(scene, login), number, CASTING)
            # On SQLite the close folds the log, for which it would wait for a reader for ever.
            assert held.transaction != "read" or not scene.store.is_sqlite, held.point
            answer, _, waited = meanwhile(this, held, closer, LOOK)
            fates.add((check(this, login, answer, held.point), waited))
    assert (True, True) in fates, "no close had to wait for a cast"
    assert (False, False) in fates, "no cast was overtaken by the close"


def test_a_cast_comes_while_the_close_is_held(scene: Scene) -> None:
    """A cast that meets a close held at any point is counted or refused."""
    names = names_of(scene, CLOSE, LOOK, CLOSING)
    over = next(i for i, name in enumerate(names) if name == "open keys") + 2
    fates = set()
    for number in chosen(names[:over], CLOSE_HELD):
        with scene.a_try() as this:
            this.jump(CLOSE)
            # The caster's clock is behind: it is the poll's state that has to hold it off.
            caster, closer = this.process(DURING), this.process(CLOSE)
            held = hold(closer, LOOK, number, CLOSING)
            _, answer, waited = meanwhile(this, held, caster, cast(scene, "dov"))
            fates.add((check(this, "dov", answer, held.point), waited))
    assert (True, False) in fates, "no cast came before the close"
    assert (False, True) in fates, "no cast had to wait for the close and was refused"
    assert (False, False) in fates, "no cast came after the close"


def test_a_storm_of_casts_from_two_processes_while_a_third_closes(scene: Scene) -> None:
    """Of everybody who casts again and again until it is refused, the last acknowledged ballot is
    the one in the bulletin, and it is counted once."""
    with scene.a_try() as this:
        this.jump(CLOSE)
        logins = {scene.user(login): login for login in ("ana", "ben", "chi", "dov", "eve", "fay")}
        users = list(logins)
        one, two, closer = this.process(DURING), this.process(DURING), this.process(CLOSE)
        one.send("storm", users=users[:3], poll=scene.poll, mark="A")
        two.send("storm", users=users[3:], poll=scene.poll, mark="B")
        closer.ask("look")
        said = [one.result(), two.result()]
        claims.work_to_the_end(this, CLOSE)
        last = {logins[user]: code for answer in said for user, code in answer["last"].items()}
        refusals = [str(refusal) for answer in said for refusal in answer["refusals"]]
        assert refusals
        assert all(OVER in text or BUSY in text for text in refusals), refusals
        claims.check_counted(this, scene.receipts | last)


def test_a_ballot_is_opened_while_its_keys_are_shredded(postgres_scene: Scene) -> None:
    """Whoever opens or casts a ballot of a vote that ends at this moment hears that it is over,
    not that its keys are away: there is nothing to alarm anybody about."""
    scene = postgres_scene  # on SQLite the end of a vote waits for those who read
    orders = (("ballot", {"user": scene.user("dov"), "poll": scene.poll}), cast(scene, "dov"))
    for order in orders:
        with scene.a_try() as this:
            this.jump(CLOSE)
            voter, closer = this.process(DURING), this.process(CLOSE)
            held = hold(voter, order, 1, (FILE,))
            answer, _, _ = meanwhile(this, held, closer, LOOK)
            assert OVER in str(answer)
