"""Random people do random things in random order: the bot and a small model agree (R1..R6, R12).

``PSRT_MODEL_RUNS`` runs at the use cases, ``PSRT_MODEL_HTTP_RUNS`` through HTTP; ``make model``
does 2,000 and 50.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from tests.model import watch
from tests.model.acts import Act, Nominate, RecordDecision, Vote, Wait, next_act
from tests.model.cast import IN_SLACK, OUTSIDE
from tests.model.http import opened
from tests.model.rules import World
from tests.model.services import Bench, Services

RUNS = int(os.environ.get("PSRT_MODEL_RUNS", "20"))
HTTP_RUNS = int(os.environ.get("PSRT_MODEL_HTTP_RUNS", "3"))
HTTP_STEPS = 20
STEPS = 30
SOMEBODY = st.sampled_from(sorted(IN_SLACK))
MEMORY = Path("/dev/shm")  # noqa: S108 -- nothing here outlives the session; a disk would wait


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """The use cases on a database of their own, in memory where there is some."""
    folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
    made = Bench(folder)
    yield made
    made.close()
    shutil.rmtree(folder)


def play(world: World, bot: Services, data: st.DataObject, steps: int) -> None:
    """Draw acts, do each in both, and compare what came of it and what people see."""
    for number in range(steps):
        act = data.draw(next_act(world), label=str(number))
        expected = world.do(act)
        assert bot.do(act) is expected, act
        assert bot.state() == watch.of_model(world), act
        assert bot.see(who := data.draw(SOMEBODY)) == world.see(who), (act, who)
    for who in {n.nominee for n in world.nominations} - {OUTSIDE}:
        assert bot.see(who) == world.see(who), who


def follow(world: World, bot: Services, acts: Sequence[Act]) -> None:
    """Do given acts in both, and compare as `play` does."""
    for act in acts:
        assert bot.do(act) is world.do(act), act
        assert bot.state() == watch.of_model(world), act


def runs(count: int, *phases: Phase) -> settings:
    """So many runs, each as long as it takes; a difference is printed."""
    return settings(
        phases=phases,
        max_examples=count,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )


@runs(RUNS, Phase.generate, Phase.shrink)
@given(data=st.data(), has_channel=st.booleans(), steps=st.integers(5, STEPS))
def test_the_use_cases_do_what_the_model_does(
    bench: Bench, data: st.DataObject, has_channel: bool, steps: int
) -> None:
    """Each act is allowed or refused alike; phases, tallies, roles and what each may see agree."""
    bench.reset()
    world = World(has_council_channel=has_channel)
    note("with a council channel" if has_channel else "without a council channel")
    play(world, Services(bench, world), data, steps)


def test_what_was_found_once(bench: Bench) -> None:
    """A decision that came by mail before the council was told: its roll is frozen by that."""
    bench.reset()
    world = World(has_council_channel=False)
    passed = [Vote("ana", 0, "yes"), Wait(timedelta(days=7, hours=1))]
    acts = [Nominate("ben", "nia"), *passed, RecordDecision("ana", 0, veto=False)]
    follow(world, Services(bench, world), acts)
    assert world.nominations[0].state == "confirmed"


@runs(HTTP_RUNS, Phase.generate)  # to shrink takes a second a try
@given(data=st.data(), has_channel=st.booleans(), steps=st.integers(10, HTTP_STEPS))
def test_the_bot_does_through_http_what_the_model_does(
    data: st.DataObject, has_channel: bool, steps: int
) -> None:
    """The same through commands, buttons and forms, pressed by whoever."""
    world = World(has_council_channel=has_channel)
    note("with a council channel" if has_channel else "without a council channel")
    folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
    try:
        with opened(folder, world) as bot:
            play(world, bot, data, steps)
    finally:
        shutil.rmtree(folder)
