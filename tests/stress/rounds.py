"""``make stress ROUNDS=50``: run what must never fail again and again, and print the figures.

A round is the tests of this folder with the points that are tried by default, and those of faults,
delivery, deadlines and downtime (items 2 to 6 of issue 3). The first ``EVERY`` rounds try every
point instead (``PSRT_STRESS=all``).
"""

import argparse
import os
import platform
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic

ROOT = Path(__file__).parents[2]
WHAT = (
    "tests/stress",
    "tests/sandbox/test_faults.py",
    "tests/runtime/test_d*.py",  # deadlines and delivery
    "tests/runtime/test_sending.py",
    "tests/runtime/test_places.py",
    "tests/journeys/test_d*.py",  # downtime and delivery's alarms
)


@dataclass
class Figures:
    """What all rounds came to.

    Args:
        seconds: how long each round took.
        tests: how many tests ran in all, by what became of them.
        failed: how often each test failed, by its name.
    """

    seconds: list[float] = field(default_factory=list)
    tests: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    bad_rounds: int = 0

    def note(self, report: Path, seconds: float, code: int) -> None:
        """Add a round."""
        self.seconds.append(seconds)
        problems = 0
        for case in ET.parse(report).iter("testcase") if report.exists() else ():  # noqa: S314 -- ours
            kinds = {child.tag for child in case}
            fate = "failed" if kinds & {"failure", "error"} else "passed"
            fate = "skipped" if "skipped" in kinds else fate
            self.tests[fate] += 1
            if fate == "failed":
                problems += 1
                self.failed[f"{case.get('classname')}::{case.get('name')}"] += 1
        self.bad_rounds += bool(problems or code)

    def line(self) -> str:
        """Return the figures in a line: for docs/stress.md, and after each round."""
        return (
            f"rounds {len(self.seconds)}, tests {sum(self.tests.values())}, "
            f"failures {self.tests['failed']}, seconds {sum(self.seconds):.0f}"
        )

    def summary(self, every: int) -> str:
        """Return the figures for people."""
        rounds = len(self.seconds)
        lines = [
            self.line(),
            f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores",
            f"Python {platform.python_version()}",
            f"rounds: {rounds}, of which {min(every, rounds)} with every point",
            f"rounds without a failure: {rounds - self.bad_rounds}",
            "tests run: " + (", ".join(f"{n} {fate}" for fate, n in self.tests.items()) or "none"),
            f"seconds a round: median {median(self.seconds):.0f}, longest {max(self.seconds):.0f}",
        ]
        return "\n".join(lines + [f"failed {n}x: {name}" for name, n in self.failed.most_common()])


def found() -> list[str]:
    """Return the test files and folders that there are."""
    return [str(path.relative_to(ROOT)) for what in WHAT for path in sorted(ROOT.glob(what))]


def one_round(figures: Figures, folder: Path, *, all_points: bool, more: list[str]) -> None:
    """Run everything once and note what came of it."""
    report = folder / "report.xml"
    report.unlink(missing_ok=True)
    environment = os.environ | {"PSRT_REQUIRE_POSTGRES": "1"}
    environment["PSRT_STRESS"] = "all" if all_points else "named"
    order = [sys.executable, "-m", "pytest", "-q", "--no-header", f"--junitxml={report}"]
    began = monotonic()
    done = subprocess.run([*order, *more, *found()], cwd=ROOT, env=environment, check=False)
    figures.note(report, monotonic() - began, done.returncode)


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 -- what this module is for


def main() -> int:
    """Run the rounds; return 0 when none failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--every", type=int, default=1, help="rounds that try every point")
    chosen, more = parser.parse_known_args()
    figures = Figures()
    with TemporaryDirectory() as folder:
        try:
            for number in range(chosen.rounds):
                _say(f"round {number + 1} of {chosen.rounds}")
                one_round(figures, Path(folder), all_points=number < chosen.every, more=more)
                _say(figures.line())
        except KeyboardInterrupt:
            _say("stopped early; the figures are of what was run")
    if not figures.seconds:
        return 1
    _say(figures.summary(chosen.every))
    return 1 if figures.bad_rounds else 0


if __name__ == "__main__":
    raise SystemExit(main())
