"""The bot's settings: one frozen value, read from the environment and a `.env` file (DESIGN 6).

Nothing is read at import, and `Settings()` by itself never looks outside: `load_settings` does.
"""

import os
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dotenv.parser import parse_stream
from pydantic import ValidationError

from psrt_bot.settings_fields import (
    Contradictions,
    HttpMode,
    Settings,
    SettingsError,
    SocketMode,
    variables,
)
from psrt_bot.settings_values import parse_duration, shown

__all__ = ["HttpMode", "Settings", "SettingsError", "SocketMode", "load_settings", "parse_duration"]

OURS = ("PSRT_", "SLACK_")
# How alike the part behind the prefix must be to count as a typo; other Slack tools' names
# (SLACK_CLIENT_SECRET, SLACK_USER_TOKEN) stay below it.
ALIKE = 0.75


def load_settings(
    env_file: Path | None = Path(".env"), environ: Mapping[str, str] | None = None
) -> Settings:
    """The settings of `env_file` and the environment (`os.environ` unless given), which wins.

    Raises SettingsError with every problem there is: unreadable file, mistyped names, values that
    are wrong by themselves or with each other. What a command needs, `Settings.require` checks.
    """
    environ = os.environ if environ is None else environ
    known = variables()
    in_file, problems = ({}, []) if env_file is None else _read_env_file(env_file)
    problems += _typos(in_file, known)
    # Other tools may own SLACK_* variables of the environment; PSRT_* are ours.
    problems += _typos(set(environ) - set(in_file), known, ("PSRT_",))
    given = _without_empty(in_file, known) | _without_empty(environ, known)
    settings, wrong = _settings_of(given)
    if settings is None or problems:
        raise SettingsError((*problems, *wrong))
    return settings


def _settings_of(given: dict[str, str]) -> tuple[Settings | None, list[str]]:
    """The settings, or a line for each problem.

    pydantic compares settings with each other only when each is right by itself. So that all
    problems are told at once, what is wrong is taken out and the rest is tried again.
    """
    wrong: dict[str, str] = {}
    rest: dict[str, Any] = dict(given)
    while True:
        try:
            settings = Settings(**rest)
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)
        else:
            return (None if wrong else settings), list(wrong.values())
        for item in found:
            cause = item.get("ctx", {}).get("error")
            if isinstance(cause, Contradictions):
                lines = [line for names, line in cause.found if not names & set(wrong)]
                return None, [*wrong.values(), *lines]
            name = str(item["loc"][0])
            rest.pop(name, None)
            own_words = isinstance(cause, ValueError)
            text = str(cause) if own_words else f"{shown(given[name])}: {item['msg']}"
            wrong[name] = f"{wrong[name]}; {text}" if name in wrong else f"{name}: {text}"


def _read_env_file(path: Path) -> tuple[dict[str, str], list[str]]:
    """The names and values in `path`, and one line for each thing wrong with the file.

    Values are taken literally: nothing of the form ${NAME} is filled in. A line that cannot be
    read is named by its number only, since it may be a mistyped secret. `.env` itself may be
    absent, a file by any other name must exist.
    """
    try:
        with path.open(encoding="utf-8-sig") as stream:
            bindings = list(parse_stream(stream))
    except FileNotFoundError:
        if path.name == ".env":
            return {}, []
        return {}, [f"{path}: there is no such file; create it, .env.example shows how"]
    except (OSError, UnicodeDecodeError) as error:
        remedy = "make it a UTF-8 text file that the bot may read"
        return {}, [f"{path}: cannot be read ({type(error).__name__}); {remedy}"]
    given: dict[str, str] = {}
    problems = []
    for binding in bindings:
        if binding.error or (binding.key is not None and binding.value is None):
            line = binding.original.line + _blank_lines(binding.original.string)
            problems.append(f"{path}: line {line} is not NAME=value; correct or remove it")
        elif binding.key is not None and binding.value is not None:
            given[binding.key] = binding.value
    return given, problems


def _blank_lines(text: str) -> int:
    """python-dotenv counts the blank lines before a statement to the statement."""
    return len(text[: len(text) - len(text.lstrip())].splitlines())


def _typos(
    names: Iterable[str], known: Iterable[str], prefixes: tuple[str, ...] = OURS
) -> list[str]:
    """A line for each unknown name that looks like a mistyped known one."""
    by_tail = {name.partition("_")[2]: name for name in known if name.startswith(prefixes)}
    problems = []
    for name in sorted(set(names) - set(by_tail.values())):
        head, _, tail = name.upper().partition("_")
        alike = get_close_matches(tail, by_tail, n=1, cutoff=ALIKE)
        if head + "_" in prefixes and alike:
            problems.append(f"{name}: unknown; did you mean {by_tail[alike[0]]}?")
    return problems


def _without_empty(given: Mapping[str, str], known: Iterable[str]) -> dict[str, str]:
    """The known settings that hold something: an empty or blank value counts as unset."""
    return {name: given[name].strip() for name in known if given.get(name, "").strip()}
