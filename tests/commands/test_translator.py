"""The one translator: every error becomes words, and none of them tells what it should not."""

import sqlite3

import psycopg
import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from commands.answers import Answer, FieldErrors, Replace, Say
from commands.asked import Asked
from commands.surface import BUSY, Kind, translate
from psrt_bot.runtime.rules import AlreadyDone, FieldProblems, NotAllowed, NotFound, RuleError

SECRET = "a choice that must not be told"
FORM = Asked("U1", values={"first": SECRET, "second": ""})
BARE = Asked("U1", metadata="m")


def busy(code: int) -> OperationalError:
    """Return an error of SQLite as SQLAlchemy wraps it."""
    original = sqlite3.OperationalError(SECRET)
    original.sqlite_errorcode = code
    original.sqlite_errorname = {
        sqlite3.SQLITE_BUSY: "SQLITE_BUSY",
        sqlite3.SQLITE_BUSY_SNAPSHOT: "SQLITE_BUSY_SNAPSHOT",
        sqlite3.SQLITE_LOCKED: "SQLITE_LOCKED",
        sqlite3.SQLITE_FULL: "SQLITE_FULL",
    }[code]
    return OperationalError(f"INSERT {SECRET}", {"choice": SECRET}, original)


def text_of(answer: Answer) -> str:
    """Return what the person reads."""
    assert isinstance(answer, Say)
    return answer.text


@pytest.mark.parametrize("error", [RuleError, NotAllowed, NotFound, AlreadyDone])
@pytest.mark.parametrize("kind", [Kind.COMMAND, Kind.BUTTON])
def test_a_refusal_is_told_in_its_own_words(error: type[RuleError], kind: Kind) -> None:
    """Texts of rules are written to be shown; nothing is logged of them."""
    with capture_logs() as logs:
        assert translate(error("Do that first."), kind, BARE) == Say("Do that first.")
    assert logs == []


def test_problems_stand_under_their_fields() -> None:
    """Those of a field that is not in this form go under the first one, after its own."""
    problems = {"first": "One.", "second": "Two.", "elsewhere": "Three."}
    assert translate(FieldProblems(problems), Kind.FORM, FORM) == FieldErrors(
        {"first": "One. Three.", "second": "Two."}
    )


def test_a_refused_form_keeps_what_was_typed() -> None:
    """Any other refusal stands under the first field; the modal stays."""
    answer = translate(NotFound("It is gone."), Kind.FORM, FORM)
    assert answer == FieldErrors({"first": "It is gone."})


def test_a_form_without_fields_is_replaced_and_not_stacked_upon() -> None:
    """The preview is the third of three modals; a fourth Slack would refuse."""
    answer = translate(FieldProblems({"x": "<!here> & gone"}), Kind.FORM, BARE)
    assert isinstance(answer, Replace)
    assert answer.view.to_dict()["title"]["text"] == "Not possible"
    assert "&lt;!here&gt; &amp; gone" in str(answer.view.to_dict()["blocks"])


def test_field_problems_of_a_button_are_one_text() -> None:
    """A button has no fields to put them under."""
    assert text_of(translate(FieldProblems({"a": "One.", "b": "Two."}), Kind.BUTTON, FORM)) == (
        "One.; Two."
    )


@pytest.mark.parametrize(
    "code", [sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_SNAPSHOT, sqlite3.SQLITE_LOCKED]
)
def test_a_busy_database_asks_to_try_again(code: int) -> None:
    """Nothing was changed, and a moment later it will do."""
    with capture_logs() as logs:
        assert text_of(translate(busy(code), Kind.COMMAND, BARE)) == BUSY
    assert [line["event"] for line in logs] == ["database_busy"]
    assert SECRET not in str(logs)


def test_a_lock_of_postgresql_asks_to_try_again() -> None:
    """Its errors have other names; a lock that timed out is as passing."""
    error = OperationalError("x", {}, psycopg.errors.LockNotAvailable(SECRET))
    assert text_of(translate(error, Kind.COMMAND, BARE)) == BUSY


def test_a_full_disk_is_not_called_busy() -> None:
    """Trying again would be no help: the person gets a reference, the operator a line."""
    with capture_logs() as logs:
        said = text_of(translate(busy(sqlite3.SQLITE_FULL), Kind.COMMAND, BARE))
    assert "Reference:" in said
    assert logs[0]["reference"] in said


@pytest.mark.parametrize("kind", [Kind.COMMAND, Kind.BUTTON, Kind.FORM])
def test_an_unknown_error_gets_a_reference_and_none_of_its_text(kind: Kind) -> None:
    """The log holds the same reference; what the error says goes nowhere but to the redactor."""
    with capture_logs() as logs:
        answer = translate(ZeroDivisionError(SECRET), kind, FORM)
    said = answer.problems["first"] if isinstance(answer, FieldErrors) else text_of(answer)
    [line] = logs
    assert line["event"] == "listener_failed"
    assert said.endswith(f"Reference: {line['reference']}")
    assert SECRET not in said
    # The exception itself is handed on for its traceback; the log's chain drops its text
    # (tests/runtime/test_logs.py), and no other field holds anything of the payload.
    assert SECRET not in str({k: v for k, v in line.items() if k != "exc_info"})


def test_two_errors_have_two_references() -> None:
    """A reference leads to one line of the log."""
    with capture_logs():
        said = {text_of(translate(KeyError("k"), Kind.COMMAND, None)) for _ in range(20)}
    assert len(said) == 20
