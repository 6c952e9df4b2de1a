"""``psrt-bot demo --headless`` tells the truth: it passes, and it fails when something is wrong."""

import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from psrt_bot.sandbox.demo import ballots, results
from psrt_bot.sandbox.demo.play import play
from psrt_bot.sandbox.demo.stage import NOMINEE, Stage
from psrt_bot.sandbox.demo.story import STORY
from psrt_bot.sandbox.demo.telling import Step

PATIENCE = 120  # it takes two or three; beside other work longer, and that is no defect


def test_headless_demo_passes(tmp_path: Path) -> None:
    """The demo runs from any folder, ends with 0 and leaves nothing behind."""
    ran = subprocess.run(
        [sys.executable, "-m", "psrt_bot", "demo", "--headless"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, ""), ran
    ticked = [line.removeprefix("✓ ") for line in ran.stdout.splitlines() if line[0] == "✓"]
    assert ticked == [step.title for step in STORY]
    assert "✗" not in ran.stdout
    assert ran.stdout.splitlines()[-1].startswith(f"All {len(STORY)} steps held")
    assert list(tmp_path.iterdir()) == []


def test_failing_demo_is_exit_code_1() -> None:
    """A story that breaks is told with what was expected and seen, and the process ends with 1."""
    code = (
        "import sys\n"
        "from psrt_bot import cli\n"
        "from psrt_bot.sandbox.demo import play, story\n"
        "from psrt_bot.sandbox.demo.telling import Step, same\n"
        "@cli.app.command()\n"
        "def broken() -> None:\n"
        "    def act(stage):\n"
        "        same(12, 11)\n"
        "        return []\n"
        "    cli.told(play.play([story.STORY[0], Step('Twelve vote', act), story.STORY[1]]))\n"
        "sys.exit(cli.main(['broken']))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert ran.stdout.splitlines()[-3:] == [
        "✗ Twelve vote",
        "    expected: 12",
        "    seen:     11",
    ]


def extra_vote(stage: Stage) -> Iterable[str]:
    """A ballot nobody knows of: the silent member's."""
    ballots.cast_by_command(stage, ballots.SILENT, "No")
    return []


def receipt_in_the_database(stage: Stage) -> Iterable[str]:
    """A counted ballot's receipt outside the bulletin."""
    with stage.bot.database.transaction() as session:
        session.connection().exec_driver_sql(
            "UPDATE nomination SET nominee_github = ?", (stage.receipts["eve"],)
        )
    return []


def replaced_receipt_in_a_file(stage: Stage) -> Iterable[str]:
    """The receipt of the ballot that was replaced, in some file."""
    (stage.folder / "note.txt").write_text(f"dov: {stage.replaced}")
    return []


def key_in_a_file(stage: Stage) -> Iterable[str]:
    """A copy of a destroyed key, in hexadecimal."""
    (stage.key_folder / "backup").write_text(stage.keys[1].hex())
    return []


def changed_file(stage: Stage) -> Iterable[str]:
    """Another bulletin than the one published."""
    stage.bundle = stage.bundle.replace(b'"no"', b'"yes"', 1)
    return []


def changed_log(stage: Stage) -> Iterable[str]:
    """An entry of the audit log rewritten."""
    with stage.bot.database.transaction() as session:
        session.connection().exec_driver_sql("UPDATE audit_entry SET actor = 'x' WHERE number = 2")
    return []


def outsider_on_the_list(stage: Stage) -> Iterable[str]:
    """The nominee can see the team channel."""
    stage.workspace.add_member("team", NOMINEE)
    return []


def second_key_file(stage: Stage) -> Iterable[str]:
    """Somebody copied the database's key material beside the database."""
    (key_file,) = stage.key_folder.glob("*.keys")
    (stage.folder / "copy").write_bytes(key_file.read_bytes())
    return []


def no_reminder(stage: Stage) -> Iterable[str]:
    """Both who have not voted have left Slack."""
    for login in (ballots.LATE, ballots.SILENT):
        stage.workspace.change_user(login, deleted=True)
    return []


@pytest.mark.parametrize(
    ("sabotage", "breaks"),
    [
        (outsider_on_the_list, ballots.refuse),
        (second_key_file, ballots.sealed),
        (no_reminder, ballots.remind),
        (extra_vote, results.close),
        (changed_file, results.verify),
        (receipt_in_the_database, results.forget),
        (replaced_receipt_in_a_file, results.forget),
        (key_in_a_file, results.forget),
        (changed_log, results.account),
    ],
)
def test_each_check_can_fail(
    sabotage: Callable[[Stage], Iterable[str]],
    breaks: Callable[[Stage], Iterable[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Where something is wrong, the step that is about it breaks, and none after it is told."""
    at = [step.act for step in STORY].index(breaks)
    wrong = replace(Step("", sabotage), title=sabotage.__name__)
    assert play([*STORY[:at], wrong, *STORY[at:]]) is False
    told = [line for line in capsys.readouterr().out.splitlines() if line[0] in "✓✗"]
    assert told[-2:] == [f"✓ {wrong.title}", f"✗ {STORY[at].title}"]
