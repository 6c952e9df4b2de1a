"""(c) The close of 10,000 ballots against unsealing them alone."""

from time import perf_counter

from nacl.public import PrivateKey, SealedBox
from sqlalchemy import select, update
from sqlmodel import col

from benchmarks.measure import Row
from benchmarks.rig import bot, open_poll, user_id
from psrt_bot.voting import ballot
from psrt_bot.voting.rules import Choice, PollState
from psrt_bot.voting.service.closing import Closing
from storage.voting import Poll, SealedBallot

BALLOTS = 10_000


def measure() -> list[Row]:
    """Return the comparison."""
    with bot(BALLOTS) as built:
        poll_id = open_poll(built, BALLOTS)
        keys = built.keys.get(poll_id)
        with built.database.transaction() as session:
            for number in range(BALLOTS):
                mark = ballot.nullifier(keys, user_id(number))
                sealed = ballot.seal(keys, poll_id, mark, Choice.YES, ballot.new_receipt(), None)
                session.add(SealedBallot(poll_id=poll_id, nullifier=mark, sealed=sealed))
            session.execute(
                update(Poll).where(col(Poll.id) == poll_id).values(state=PollState.CLOSING)
            )
        box = SealedBox(PrivateKey(keys.private_key))
        with built.database.reading() as session:
            rows = session.scalars(select(col(SealedBallot.sealed))).all()
        started = perf_counter()
        for sealed in rows:
            box.decrypt(sealed)
        base = perf_counter() - started
        started = perf_counter()
        Closing(built.database, built.clock, built.services.polls).run()
        ours = perf_counter() - started
        with built.database.reading() as session:
            state = session.scalar(select(col(Poll.state)).where(col(Poll.id) == poll_id))
        assert state == PollState.CLOSED
    return [Row("close of 10,000 ballots", ours, base, "unsealing them alone", 0.6)]
