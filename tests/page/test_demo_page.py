"""`psrt-bot demo`: its folder, its port, its end."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from psrt_bot.commandline.refusals import CommandError
from psrt_bot.sandbox.demo import keeping
from psrt_bot.sandbox.demo.falling_due import UNSEEN, WHAT
from psrt_bot.sandbox.demo.page_demo import FOLDER, PORT, Wishes, check_bulletin, free_port
from psrt_bot.sandbox.saving import saved
from tests.page.conftest import Demo, opened_demo

AIM = 5  # seconds; reported, not asserted: machines are busy with other things


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`psrt-bot demo` as a process, and the address it tells."""
    command = [sys.executable, "-m", "psrt_bot", "demo", "--no-open", *arguments]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ}
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        yield process, line.rpartition(" ")[2].strip()
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()
        if process.stderr:
            process.stderr.close()


def wait_ready(address: str) -> str:
    """The page, once the scene is set."""
    for _ in range(600):
        text = httpx.get(address, follow_redirects=True).text
        if "One moment" not in text:
            return text
        time.sleep(0.1)
    raise AssertionError("the scene was never set")


def ended(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str, str]:
    """End it; its exit code, its last line, and what it complained of."""
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    return process.returncode, out.splitlines()[-1], err


def test_an_empty_one_opens_and_ends_cleanly(tmp_path: Path) -> None:
    """--empty has people and no nomination; being told to end ends everything with exit code 0
    and nothing on stderr."""
    with running("--empty", "--port", "0", "--folder", str(tmp_path)) as (process, address):
        text = wait_ready(address)
        assert "You are <strong>Ana Andrade</strong>" in text
        assert "Nomination" not in text
        assert ended(process, signal.SIGTERM) == (0, "Ending …", "")


def test_it_shows_on_the_next_port(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole scene stands (the report tells how soon); a taken port is told in one line;
    Ctrl-C ends it, and --reset begins anew where a demo was left."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        begun = time.monotonic()
        with running("--port", str(port), "--folder", str(tmp_path)) as (process, address):
            text = wait_ready(address)
            took = time.monotonic() - begun
            assert "Nomination: Nia Novak" in text
            code, last, err = ended(process, signal.SIGINT)
    with capsys.disabled():
        sys.stdout.write(f"\nthe demo's page stands after (aim: {AIM}) {took:.1f} s\n")
    told = re.fullmatch(r"Port (\d+) is taken; using (\d+)\.\n", err)
    assert told
    assert (code, last, told[1]) == (0, "Ending …", str(port))
    assert address == f"http://127.0.0.1:{told[2]}/"
    with running("--empty", "--reset", "--port", "0", "--folder", str(tmp_path)) as (
        again,
        address,
    ):
        assert "Nomination" not in wait_ready(address)
        assert ended(again, signal.SIGINT)[0] == 0


def test_it_goes_on_where_it_was_left(past: Path, demo: Demo) -> None:
    """A demo opened on a kept folder has the same people, messages, files and time, and the bot
    goes on with them."""
    kept = keeping.load(past)
    assert kept is not None
    state = demo.stage.workspace.state
    now = saved(state)
    assert [u["name"] for u in now["users"]] == [u["name"] for u in kept.state["users"]]
    assert [len(c["messages"]) for c in now["channels"]] == [
        len(c["messages"]) for c in kept.state["channels"]
    ]
    assert now["files"] == kept.state["files"]
    assert state.now() >= kept.now
    demo.stage.person("kim").command("/vote", channel="team")
    assert demo.stage.person("kim").wait_modal(title="Vote")


def test_the_first_look_is_not_empty(demo: Demo) -> None:
    """A vote is decided with its bulletin, another is under way, and a candidate is there."""
    team = demo.stage.person("lea").channel("team")
    assert "Yes 7, no 2, abstain 1" in team.wait(lambda m: "has passed" in m.rendered).rendered
    assert any(m.files for m in team.everything)
    assert team.wait(lambda m: "Nomination: Nia Novak" in m.rendered).buttons == ["Vote", "Details"]
    assert demo.stage.workspace.state.user("rosa")


def test_reset_clears_what_is_ours_alone(tmp_path: Path) -> None:
    """--reset removes the demo's files and leaves others."""
    for name in (*keeping.OURS, "mine.txt"):
        (tmp_path / name).touch()
    (tmp_path / "keys").mkdir()
    keeping.clear(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_a_folder_that_cannot_be_read(tmp_path: Path) -> None:
    """What is no kept workspace is refused in one line with the remedy; nothing is removed."""
    file = tmp_path / keeping.WORKSPACE
    for content in ("{", "[]", json.dumps({"now": "x"})):
        file.write_text(content)
        with pytest.raises(CommandError, match="start anew with: --reset"):
            keeping.load(tmp_path)
        assert file.read_text() == content


def test_one_demo_a_folder(tmp_path: Path) -> None:
    """A second demo in the same folder is refused, and told what to do."""
    with (
        keeping.locked(tmp_path),
        pytest.raises(CommandError, match="is running in"),
        keeping.locked(tmp_path),
    ):
        pass
    with keeping.locked(tmp_path):
        pass


def test_a_taken_port(capsys: pytest.CaptureFixture[str]) -> None:
    """A taken port gives one line, and the next free one."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        got = free_port(port)
    assert got != port
    assert capsys.readouterr().err == f"Port {port} is taken; using {got}.\n"


def test_empty_on_a_kept_folder(past: Path) -> None:
    """--empty does not silently throw away what is there."""
    from psrt_bot.sandbox.demo.page_demo import show

    with pytest.raises(CommandError, match="--empty --reset"):
        show(Wishes(port=0, open_browser=False, empty=True, folder=past))


def test_defaults_are_the_command_lines() -> None:
    """The command's help shows the defaults that hold."""
    done = subprocess.run(
        [sys.executable, "-m", "psrt_bot", "demo", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(PORT) in done.stdout
    assert str(FOLDER) in done.stdout


def test_checking_a_bulletin(demo: Demo) -> None:
    """The page's check says what `psrt-bot verify` says: of a receipt, of none, of nonsense."""
    team = demo.stage.person("lea").channel("team")
    content = next(m.files[0].download() for m in team.everything if m.files)
    receipt = json.loads(content)["ballots"][0]["receipt"]
    good, lines = check_bulletin(content, f" {receipt.lower()} ")
    assert good
    assert any("Your receipt is in it once" in line for line in lines)
    good, lines = check_bulletin(content, "")
    assert not good
    assert "Everything holds." in lines
    assert check_bulletin(content, "0000-0000-0000")[0] is False
    assert check_bulletin(content, "what")[0] is False
    assert check_bulletin(b"{}", receipt)[0] is False


def test_an_empty_demo_has_people_and_no_nomination(tmp_path: Path) -> None:
    """--empty begins with the team, and a nomination works there."""
    with opened_demo(tmp_path, empty=True) as demo:
        assert demo.stage.person("ana").channel("team").everything == []
        assert demo.page.desk.tour.steps == ()
        assert demo.stage.person("ana").command("/nominate", channel="team").status == "ok"


def test_the_time_machine_has_words_for_every_deadline(demo: Demo) -> None:
    """Each kind that the bot acts on is told to whoever moves the clock, or known to be unseen."""
    assert set(demo.stage.bot._sweep._handlers) == set(WHAT) | UNSEEN
    assert not set(WHAT) & UNSEEN
