"""CVSS v4.0 vectors that somebody pastes (R9)."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psrt_bot.onboarding.messages.checklist import EXAMPLE, LONGEST_VECTOR
from psrt_bot.onboarding.service.scoring import INCOMPLETE, MALFORMED, NOT_V4, NotAVector, score

METRICS = EXAMPLE.split("/")


@pytest.mark.parametrize(
    ("vector", "result"),
    [
        (EXAMPLE, "9.3 (Critical)"),
        (f"  {EXAMPLE}\n", "9.3 (Critical)"),
        (EXAMPLE.replace("/VC:H/VI:H/VA:H", "/VC:N/VI:N/VA:N"), "0.0 (None)"),
        (f"{EXAMPLE}/E:U", "8.1 (High)"),
    ],
)
def test_a_vector_is_scored_as_the_calculator_does(vector: str, result: str) -> None:
    """The values are those of FIRST's calculator."""
    assert score(vector) == result


@pytest.mark.parametrize(
    ("vector", "says"),
    [
        ("", NOT_V4),
        ("9.3", NOT_V4),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", NOT_V4),
        ("CVSS:4.0/AV:N", INCOMPLETE),
        (f"{EXAMPLE}/XX:Y", MALFORMED),
        (f"{EXAMPLE}/AV:N", MALFORMED),
        (EXAMPLE.replace("AV:N", "AV:Z"), MALFORMED),
        (f"{EXAMPLE}/", MALFORMED),
        (EXAMPLE + "/E:X" * LONGEST_VECTOR, NOT_V4),
    ],
)
def test_what_is_none_is_told_without_repeating_it(vector: str, says: str) -> None:
    """Of another version, incomplete, malformed: each in its own words."""
    with pytest.raises(NotAVector) as told:
        score(vector)
    assert str(told.value) == says


@given(st.lists(st.sampled_from(METRICS) | st.text(max_size=9), max_size=14))
def test_no_text_fails_otherwise(parts: list[str]) -> None:
    """A vector or a refusal, whatever is pasted."""
    with suppress(NotAVector):
        assert "(" in score("/".join(["CVSS:4.0", *parts]))
