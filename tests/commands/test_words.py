"""The words after a command: usage, and the nearest one to a slip."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.words import unknown_word, usage

KNOWN = ["", "status", "withdraw", "cancel", "help"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("statsu", "status"), ("STATUS!", "status"), ("withdrawal", "withdraw"), ("hepl", "help")],
)
def test_a_slip_gets_the_nearest_word(typed: str, meant: str) -> None:
    """Letters swapped, added, or in capitals."""
    assert f"Did you mean `{meant}`?" in unknown_word(typed, KNOWN, "USAGE")


@pytest.mark.parametrize("typed", ["@nia", "zzz", "42"])
def test_what_is_near_nothing_gets_the_usage_alone(typed: str) -> None:
    """No guess is better than a wild one."""
    said = unknown_word(typed, KNOWN, "USAGE")
    assert "Did you mean" not in said
    assert said.endswith("USAGE")


@given(st.text(max_size=50))
def test_any_word_gets_an_answer_that_does_not_repeat_it(typed: str) -> None:
    """What was typed could be a mention or a secret; the answer holds the bot's words alone."""
    said = unknown_word(typed, KNOWN, "USAGE")
    hints = [f"I do not know that word. Did you mean `{word}`?\nUSAGE" for word in KNOWN]
    assert said in ["I do not know that word.\nUSAGE", *hints]


def test_usage_shows_each_word_as_it_is_typed() -> None:
    """The empty word is the command alone, without a space left over."""
    assert (
        usage("x-vote", {"": "opens", "help": "shows"}) == "`/x-vote` opens\n`/x-vote help` shows"
    )
