"""(c) The close of 10,000 ballots against unsealing them alone; each round has its own poll."""

import gc
from collections.abc import Callable
from statistics import median
from time import perf_counter

from nacl.public import PrivateKey, SealedBox
from sqlalchemy import insert, select, update
from sqlmodel import col

from benchmarks.measure import Row
from benchmarks.rig import bot, open_poll, user_id
from psrt_bot.app import Bot
from psrt_bot.voting import ballot
from psrt_bot.voting.rules import Choice, PollState
from psrt_bot.voting.service.closing import Closing
from storage.voting import Poll, SealedBallot

BALLOTS = 10_000
ROUNDS = 3


def measure() -> list[Row]:
    """Return the comparison: the median of the rounds after a first one, which warms up."""
    with bot(BALLOTS) as built:
        found = [_one_round(built, ours_first=bool(n % 2)) for n in range(ROUNDS + 1)][1:]
    ours, base = (median(side) for side in zip(*found, strict=True))
    return [Row(f"close of {BALLOTS:,} ballots", ours, base, "unsealing them alone", 0.6)]


def _one_round(built: Bot, *, ours_first: bool) -> tuple[float, float]:
    """Fill a poll, then return the seconds of its close and of unsealing the same ballots.

    Args:
        ours_first: which of the two goes first; it changes from round to round.
    """
    poll_id, sealed = _full_poll(built)
    box = SealedBox(PrivateKey(built.keys.get(poll_id).private_key))

    def unseal() -> None:
        for body in sealed:
            box.decrypt(body)

    closing = Closing(built.database, built.clock, built.services.polls)
    if ours_first:
        ours, base = _seconds(closing.run), _seconds(unseal)
    else:
        base, ours = _seconds(unseal), _seconds(closing.run)
    with built.database.reading() as session:
        state = session.scalar(select(col(Poll.state)).where(col(Poll.id) == poll_id))
    assert state == PollState.CLOSED
    return ours, base


def _full_poll(built: Bot) -> tuple[str, list[bytes]]:
    """Return a poll that every elector has voted in and that is about to be counted, and its
    sealed ballots."""
    poll_id = open_poll(built, BALLOTS)
    keys = built.keys.get(poll_id)
    marks = [ballot.nullifier(keys, user_id(number)) for number in range(BALLOTS)]
    sealed = [
        ballot.seal(keys, poll_id, mark, Choice.YES, ballot.new_receipt(), None) for mark in marks
    ]
    with built.database.transaction() as session:
        session.execute(
            insert(SealedBallot),
            [
                {"poll_id": poll_id, "nullifier": mark, "sealed": body}
                for mark, body in zip(marks, sealed, strict=True)
            ],
        )
        session.execute(update(Poll).where(col(Poll.id) == poll_id).values(state=PollState.CLOSING))
    return poll_id, sealed


def _seconds(work: Callable[[], object]) -> float:
    gc.collect()  # neither side pays for what another left behind
    started = perf_counter()
    work()
    return perf_counter() - started
