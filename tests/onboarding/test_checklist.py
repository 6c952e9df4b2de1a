"""The checklist's file: the shipped one, a team's own, and every mistake with its line."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psrt_bot.onboarding.checklist import (
    KEYS,
    LARGEST_FILE,
    MOST_STEPS,
    ChecklistError,
    load,
    parse,
)
from psrt_bot.onboarding.messages.checklist import line
from psrt_bot.onboarding.messages.words import Shown, StepShown
from psrt_bot.onboarding.rules import Link, OnboardingState, StepKind, Ticker

NOW = datetime(2026, 3, 2, tzinfo=UTC)

GOOD = """\
# A team's own.
[[step]]
key = "read"
title = "Read it"
text = \"\"\"
[[step]]
who = "nobody"
\"\"\"
who = "newcomer"
kind = "read"
due = "P7D"
remind = "P2D"
links = [{ text = "Guide", url = "https://devguide.example/psrt" }]

[[step]]
key = "access"
title = "Access"
text = "Given."
who = "admin"
"""


def problems(text: str) -> list[str]:
    """What is told of a file's mistakes, without the file's name."""
    with pytest.raises(ChecklistError) as told:
        parse(text, "own.toml")
    assert all(line.startswith("own.toml: ") for line in told.value.problems)
    return [line.removeprefix("own.toml: ") for line in told.value.problems]


def test_the_shipped_checklist_holds_what_a_newcomer_needs() -> None:
    """Each step of the plan, with the tags and the two buttons by name."""
    steps = load(None)
    text = " ".join(f"{step.title} {step.text}" for step in steps)
    for word in (
        "guidelines", "Two-factor", "advisories", "CVSS v4.0", "template", "Triage", "Draft",
        "[ACCEPTED]", "[CLOSED]", "[INVALID]", "[DUPLICATE]", "[COMPLETED]", "Coordinator",
        "security-announce@python.org", "Publish advisory", "Merge pull request",
    ):  # fmt: skip
        assert word in text, word
    assert {step.who for step in steps} == set(Ticker)
    assert {step.kind for step in steps} == set(StepKind)
    assert all(step.due for step in steps)


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    """Steps in their order; what may be left out is left out; either line ending, with a BOM."""
    own = tmp_path / "own.toml"
    for text in (GOOD, GOOD.replace("\n", "\r\n"), f"\ufeff{GOOD}"):
        own.write_bytes(text.encode())
        first, second = load(own)
        assert (first.key, first.who, first.kind) == ("read", Ticker.NEWCOMER, StepKind.READ)
        assert (first.due, first.remind) == (timedelta(days=7), timedelta(days=2))
        assert first.links == (Link("Guide", "https://devguide.example/psrt"),)
        assert first.text.startswith("[[step]]")
        assert (second.kind, second.due, second.links) == (StepKind.CONFIRM, None, ())


@pytest.mark.parametrize(
    ("wrong", "right", "at", "says"),
    [
        ('who = "boss"', 'who = "newcomer"', 9, "is one of newcomer, mentor, admin"),
        ('who = ["admin"]', 'who = "newcomer"', 9, "is one of newcomer, mentor, admin"),
        ('kind = "quiz"', 'kind = "read"', 10, "is one of read, confirm, cvss"),
        ('due = "a week"', 'due = "P7D"', 11, "is not a duration"),
        ("due = 7", 'due = "P7D"', 11, 'in quotes, like "P7D"'),
        ('remind = "P8D"', 'remind = "P2D"', 12, "shorter than 'due'"),
        ('key = "Not so"', 'key = "access"', 16, "lower-case letters"),
        ('key = "read"', 'key = "access"', 16, "'read' stands twice"),
        ('title = " "', 'title = "Access"', 17, "is missing or empty"),
        (f'title = "{"x" * 101}"', 'title = "Access"', 17, "more than 100 characters"),
        (f'title = "{"&" * 21}"', 'title = "Access"', 17, "more than 100 characters"),
        (f'text = "{"<" * 301}"', 'text = "Given."', 18, "more than 1200 characters"),
        ('oops = "x"', 'text = "Given."', 18, "'oops' is none of key, title"),
        ("kind = {}", 'kind = "read"', 10, "is one of read, confirm, cvss"),
    ],
)
def test_a_mistake_is_told_with_its_line(wrong: str, right: str, at: int, says: str) -> None:
    """Also behind a text of several lines that looks like steps itself."""
    assert right in GOOD
    found = problems(wrong.join(GOOD.rsplit(right, 1)))
    where = [text for text in found if says in text]
    assert where, found
    assert where[0].startswith(f"line {at}: "), found


@pytest.mark.parametrize(
    ("links", "says"),
    [
        ("3", "a list of at most 4"),
        ("[{ text = 't', url = 'https://a.example' }, 1]", "something else than"),
        ("[{ text = 't' }]", "something else than"),
        ("[{ text = 't', url = 'http://a.example' }]", "not https://"),
        ("[{ text = 't', url = 'https://a.example/|x>' }]", "not https://"),
        ("[{ text = 't', url = 'https://[a' }]", "no address"),
        ("[" + "{ text = 't', url = 'https://a.example' }," * 5 + "]", "a list of at most 4"),
    ],
)
def test_links_lead_to_the_web_and_cannot_break_out(links: str, says: str) -> None:
    """A character of Slack's own notation in an address would end the link."""
    found = problems(f"{GOOD}links = {links}\n")
    assert len(found) == 1
    assert found[0].startswith("line 20: 'links' ")
    assert says in found[0]


def test_every_mistake_is_told_at_once() -> None:
    """Whoever mends a file need not start the bot ten times."""
    text = GOOD.replace('"newcomer"', '"boss"').replace('"access"', '"NO"') + "extra = 1\n"
    assert [line.partition(":")[0] for line in problems(text)] == ["line 9", "line 20", "line 16"]


def test_what_is_no_toml_is_told_with_tomls_line() -> None:
    """The parser's own words, with the line at the front."""
    (told,) = problems(GOOD + "key = \n")
    assert told.startswith("line 20: this is no TOML")
    (told,) = problems("[[step")
    assert "this is no TOML" in told


def test_what_stands_beside_the_steps_or_instead_of_them() -> None:
    """An unknown key above, no step at all, steps of another shape."""
    assert problems("version = 1\n" + GOOD) == ["line 1: 'version' is unknown here"]
    assert problems("") == ["line 1: there is no step; each begins with [[step]]"]
    assert problems("step = 3") == ["line 1: there is no step; each begins with [[step]]"]
    inline = '\nstep = [{ key = "a", title = "t", text = "x", who = "boss" }]\n'
    assert problems(inline) == ["line 2: 'who' is one of newcomer, mentor, admin"]


def test_a_checklist_of_others_alone_is_none() -> None:
    """A newcomer has something to do."""
    assert problems(GOOD.replace('"newcomer"', '"mentor"')) == [
        "line 1: no step is the newcomer's to tick"
    ]


def test_the_longest_step_fits_into_a_section() -> None:
    """Slack counts 3000 characters after &, < and > are escaped: so does the file's limit."""
    link = f"{{ text = '{'&' * 20}', url = 'https://a.example/{'x' * 232}' }},"
    long = GOOD.replace('"Access"', f'"{"&" * 20}"').replace('"Given."', f'"{"&" * 240}"')
    step = parse(f"{long}links = [{link * 4}]\n", "own.toml")[1]
    shown = StepShown(
        **{k: getattr(step, k) for k in ("key", "title", "text", "who", "kind", "links")},
        due_at=NOW,
        remind_at=None,
        ticked_at=None,
    )
    one = Shown("o", "Nia", "nia", "nia", None, None, OnboardingState.CHECKLIST, NOW)
    text = line(one, shown, may_tick=False, now=NOW).text
    assert text is not None
    assert 2500 < len(text.text or "") <= 3000


def test_too_many_steps_do_not_fit_into_a_message() -> None:
    """Slack takes fifty blocks."""
    one = '[[step]]\nkey = "k{}"\ntitle = "t"\ntext = "x"\nwho = "newcomer"\n'
    many = "".join(one.format(number) for number in range(MOST_STEPS + 1))
    assert problems(many) == [f"line {MOST_STEPS * 5 + 1}: more than {MOST_STEPS} steps"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No such file"),
        (b"\xff\xfe", "no UTF-8 text"),
        (b"#" * (LARGEST_FILE + 1), "more than 100000 bytes"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, content: bytes | None, says: str
) -> None:
    """With the setting that names it."""
    own = tmp_path / "own.toml"
    if content is not None:
        own.write_bytes(content)
    with pytest.raises(ChecklistError) as told:
        load(own)
    assert str(told.value).startswith(f"PSRT_CHECKLIST: {own}: ")
    assert says in str(told.value)


def _lines(keys: list[str]) -> st.SearchStrategy[str]:
    """A step with these keys, each with a value that may be of any kind."""
    values = st.lists(st.sampled_from(VALUES), min_size=len(keys), max_size=len(keys))
    return values.map(
        lambda chosen: (
            "[[step]]\n"
            + "".join(f"{key} = {value}\n" for key, value in zip(keys, chosen, strict=True))
        )
    )


VALUES = ("1", "1.5", "true", "[]", "{}", '""', '"x"', '"P7D"', "[1]", "[{}]", "2026-03-02")


@given(st.text() | st.lists(st.sampled_from(KEYS), unique=True).flatmap(_lines))
def test_whatever_the_file_holds_is_refused_in_words(text: str) -> None:
    """No text makes the reader fail otherwise, nor any value in any place."""
    with pytest.raises(ChecklistError):
        parse(text, "own.toml")
