"""What a check found, and what is to be done about it."""

from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class Grade(StrEnum):
    """How bad a finding is. Only ``BAD`` makes the doctor exit non-zero."""

    GOOD = "ok"
    NOTE = "note"
    BAD = "BAD"


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Args:
        remedy: what to do; empty when all is well.
    """

    grade: Grade
    what: str
    remedy: str = ""

    def line(self) -> str:
        """Return the finding in one line."""
        todo = f" -> {self.remedy}" if self.remedy else ""
        return f"{self.grade:<4} {self.what}{todo}"


def good(what: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(Grade.GOOD, what)


def bad(what: str, remedy: str) -> Finding:
    """Return a finding that must be mended."""
    return Finding(Grade.BAD, what, remedy)


def bad_as_told(error: Exception, otherwise: str) -> Finding:
    """Return a finding from an error of ours, whose text names the remedy after its last ``;``.

    Args:
        otherwise: the remedy where the text has none.
    """
    what, semicolon, remedy = str(error).rpartition("; ")
    return bad(what, remedy) if semicolon else bad(remedy, otherwise)


def note(what: str, remedy: str) -> Finding:
    """Return a finding that can wait."""
    return Finding(Grade.NOTE, what, remedy)
