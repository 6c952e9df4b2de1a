"""A CVSS v4.0 vector that somebody pastes, scored by the library of Red Hat's product security."""

from cvss import CVSS4, CVSSError

from psrt_bot.onboarding.messages.checklist import EXAMPLE, LONGEST_VECTOR

NOT_V4 = f"This is no CVSS v4.0 vector; it looks like {EXAMPLE}"
INCOMPLETE = "A mandatory metric is missing. The calculator shows the vector once all are chosen."
MALFORMED = "A metric of it is unknown, stands twice, or has a value that it cannot have."


class NotAVector(Exception):
    """What was pasted cannot be scored; the text says why, and repeats nothing of it."""


def score(pasted: str) -> str:
    """Return score and severity of a vector, as in "9.3 (Critical)" (R9).

    Raises:
        NotAVector: it is none.
    """
    vector = pasted.strip()
    if len(vector) > LONGEST_VECTOR or not vector.startswith("CVSS:4.0/"):
        raise NotAVector(NOT_V4)
    try:
        scored = CVSS4(vector)
    except CVSSError as error:
        # Its own text would repeat what was pasted.
        missing = "Mandatory" in type(error).__name__
        raise NotAVector(INCOMPLETE if missing else MALFORMED) from None
    return f"{scored.base_score} ({scored.severity})"
