"""``psrt-bot demo --headless``: the main job, told in the terminal."""

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from psrt_bot.runtime.logs import configure_logging
from psrt_bot.sandbox.demo.stage import staged
from psrt_bot.sandbox.demo.story import STORY
from psrt_bot.sandbox.demo.telling import Step, tell


def play(steps: Sequence[Step] = STORY) -> bool:
    """Tell the story on stdout and return whether every step held.

    Whatever the bot logs from WARNING on goes to stderr.

    Args:
        steps: the story; tests hand in one in which something is broken.
    """
    restore_logging = configure_logging("WARNING", "console")
    try:
        with TemporaryDirectory(prefix="psrt-demo-") as folder, staged(Path(folder)) as stage:
            return tell(steps, stage, sys.stdout)
    finally:
        restore_logging()
