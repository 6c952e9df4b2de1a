"""Words of the membership domain: names, notes, two admins at least; roles and permissions beside.

Pure decisions (DESIGN section 3): no I/O, no clock, the standard library alone. Functions named
``*_problem`` return ``None`` when all is well, or one sentence that is safe to show and says what
to do about it.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType

from psrt_bot.membership.permissions import Permission as Permission
from psrt_bot.membership.permissions import Role as Role
from psrt_bot.membership.permissions import allowed as allowed

MAX_NAME = 200
MAX_GITHUB_NAME = 39  # GitHub's own limit
MAX_EMAIL = 254  # RFC 5321 section 4.5.3.1.3: a path of 256 octets, less its angle brackets
MIN_ADMINS = 2  # PEP 811, "Admins": at least two


class AdminRemoval(StrEnum):
    """What stands against taking the Admin role from somebody (R6)."""

    CONFIRM = "confirm"
    REFUSE = "refuse"


def admin_removal_problem(remaining_admins: int) -> AdminRemoval | None:
    """Say what stands against a removal that leaves ``remaining_admins`` admins.

    Returns ``REFUSE`` when none would remain, ``CONFIRM`` when fewer than two would, else ``None``.
    Source: R6 (PEP 811: at least two admins).
    """
    if remaining_admins <= 0:
        return AdminRemoval.REFUSE
    return AdminRemoval.CONFIRM if remaining_admins < MIN_ADMINS else None


MAX_DECISION = 200


def decision_problem(text: str) -> str | None:
    """Say what is wrong with a reference to the council's decision on an admin (R6).

    It goes into the audit log, so it is short: an address, a number, a date.
    """
    if not text.strip():
        return "the council determines the admins; give a reference to its decision (R6)"
    if len(text) > MAX_DECISION:
        return f"the reference has {len(text)} characters; shorten it to {MAX_DECISION}"
    if bad := bad_character(text):
        return f"the reference holds the control or invisible character {bad}; remove it"
    return None


MAX_REASON = 1000


def entry_reason_problem(text: str) -> str | None:
    """Say what is wrong with the reason why somebody is a member without a nomination (R1)."""
    if not text.strip():
        return "members are nominated and voted on; say why this one is not, for the history"
    if len(text) > MAX_REASON:
        return f"the reason has {len(text)} characters; shorten it to {MAX_REASON}"
    if bad := bad_character("".join(text.split())):
        return f"the reason holds the control or invisible character {bad}; remove it"
    return None


class ClaimState(StrEnum):
    """Where a member's word on their GitHub name stands."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    REPLACED = "replaced"  # by a newer one, or they left


CLAIM_TRANSITIONS: Mapping[ClaimState, frozenset[ClaimState]] = MappingProxyType(
    {
        ClaimState.OPEN: frozenset(
            {ClaimState.CONFIRMED, ClaimState.DECLINED, ClaimState.REPLACED}
        ),
        ClaimState.CONFIRMED: frozenset(),
        ClaimState.DECLINED: frozenset(),
        ClaimState.REPLACED: frozenset(),
    }
)


# Letters that NFKD does not split into a base letter and a mark (R5, o). Lower case: the key is
# casefolded first, which also turns sharp s into "ss".
_LETTERS = str.maketrans("łøđðħŧıŋ", "loddhtin") | {
    ord(letter): pair for letter, pair in (("æ", "ae"), ("œ", "oe"), ("þ", "th"))
}


def sort_key(name: str) -> tuple[str, ...]:
    """Return the key by which names are ordered: words from the first name on, without marks.

    Case, accents and the width of letters do not count; first names compare whole, so that "Ann Z"
    comes before "Anna A". Source: R5 (o).
    """
    split = unicodedata.normalize("NFKD", name.casefold())
    base = "".join(letter for letter in split if not unicodedata.combining(letter))
    return tuple(base.translate(_LETTERS).casefold().split())


def insertion_index(names: Sequence[str], new: str) -> int:
    """Return where ``new`` goes among ``names``, whose order is kept even if it is not sorted.

    The place is the one with the fewest names on the wrong side: names before it that sort after
    ``new``, plus names behind it that do not. In a sorted list that is the right place, behind
    equal names; in any other one stray name cannot pull the newcomer to the top or to the end, as
    "before the first larger" or "after the last smaller" would. Of equally good places the first
    is taken. Source: R5 (o).
    """
    key = sort_key(new)
    # The count of wrong sides, relative to that of the first place.
    best = wrong = place = 0
    for index, name in enumerate(names, start=1):
        wrong += 1 if sort_key(name) > key else -1
        if wrong < best:
            best, place = wrong, index
    return place


_GITHUB_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
# Two of the invisible characters join letters in some scripts' names; the others only deceive.
_JOINERS = "\u200c\u200d"
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def bad_character(text: str) -> str | None:
    """Return the first control or invisible character as ``U+XXXX``, or ``None``.

    Refused are controls (also tab and line breaks), line and paragraph separators, lone surrogates
    (no UTF-8 can hold them) and format characters other than the two joiners: a changed writing
    direction or a byte order mark in a public list misleads its readers. Source: R5 (o).
    """
    for letter in text:
        if unicodedata.category(letter) in _REFUSED and letter not in _JOINERS:
            return f"U+{ord(letter):04X}"
    return None


def name_problem(text: str) -> str | None:
    """Say what is wrong with a person's name: empty, over 200 characters, control characters.

    Not checked: anything else; names follow no pattern. Source: R5.
    """
    if not text.strip():
        return "the name is empty; write the person's name"
    if len(text) > MAX_NAME:
        return f"the name has {len(text)} characters; shorten it to {MAX_NAME}"
    if bad := bad_character(text):
        return f"the name holds the control or invisible character {bad}; remove it"
    return None


def github_key(name: str) -> str | None:
    """Return what identifies a GitHub name, whose case does not count; ``None`` for an empty one.

    Source: R5 (empty GitHub names are allowed and never duplicates).
    """
    return name.lower() or None


def github_name_problem(name: str) -> str | None:
    """Say what is wrong with a GitHub user name; an empty one is wrong here (callers may allow it).

    Refused is only what no account has: over 39 characters, others than ASCII letters, digits,
    hyphens and underscores, or one of the latter two at the start. New accounts have no double
    hyphen and none at the end, but old ones do; an underscore stands before an enterprise's short
    code. Not checked: whether the account exists. What was typed is not repeated: it may be a
    form's value, and the sentence becomes an exception's text. Source: R5.
    """
    if not name:
        return "the GitHub name is empty; write the user name without @"
    if len(name) > MAX_GITHUB_NAME or not _GITHUB_NAME.fullmatch(name):
        return (
            f"this is no GitHub user name; write 1 to {MAX_GITHUB_NAME} letters, digits, hyphens "
            "or underscores, the first a letter or digit, without @"
        )
    return None


def email_problem(text: str) -> str | None:
    """Say what is wrong with an e-mail address, simply: only a mail can prove an address.

    Checked: at most 254 characters, no spaces or control characters, one @ with something before
    it, and a domain of at least two non-empty parts. Source: DESIGN section 2 (nominee outside the
    workspace).
    """
    if len(text) > MAX_EMAIL:
        return f"the e-mail address has more than {MAX_EMAIL} characters; check it"
    local, _, domain = text.partition("@")
    parts = domain.split(".")
    spaced = bad_character(text) or any(letter.isspace() for letter in text)
    if spaced or not local or "@" in domain or len(parts) < 2 or not all(parts):
        return "this is no e-mail address; write it as name@example.org"
    return None


# The words of the public list's third column (R5); other roles do not stand there.
NOTE_WORDS: Mapping[Role, str] = MappingProxyType(
    {Role.ADMIN: "Admin", Role.RELEASE_MANAGER: "Release Manager"}
)
_COMMA = re.compile(r"(,\s*)")


def note_words(notes: str) -> tuple[str, ...]:
    """Split notes at commas into words without surrounding spaces; empty ones are dropped (R5)."""
    return tuple(word.strip() for word in notes.split(",") if word.strip())


def note_roles(notes: str) -> frozenset[Role]:
    """Return the roles that notes name, spelt exactly; any other word is just a note (R5)."""
    words = note_words(notes)
    return frozenset(role for role, word in NOTE_WORDS.items() if word in words)


def notes_with(notes: str, role: Role) -> str:
    """Return notes that name ``role``: Admin before Release Manager, else at the end (R5).

    All else is kept verbatim; notes that name the role already are returned unchanged.

    Raises:
        ValueError: ``role`` does not stand in notes.
    """
    word = _note_word(role)
    if role in note_roles(notes):
        return notes
    release_manager = NOTE_WORDS[Role.RELEASE_MANAGER]
    pieces = _COMMA.split(notes) if notes.strip() else []
    for place in range(0, len(pieces), 2):
        if pieces[place].strip() == release_manager:  # so it is Admin that is missing
            return "".join([*pieces[:place], word, ", ", *pieces[place:]])
    return ", ".join([notes, word]) if pieces else word


def notes_without(notes: str, role: Role) -> str:
    """Return notes that do not name ``role``; all else, and its commas, are kept verbatim (R5).

    Raises:
        ValueError: ``role`` does not stand in notes.
    """
    word = _note_word(role)
    if role not in note_roles(notes):
        return notes
    pieces = ["", *_COMMA.split(notes)]
    kept = ""
    for comma, piece in zip(pieces[::2], pieces[1::2], strict=True):
        if piece.strip() != word:
            kept += comma + piece if kept else piece
    return kept


def notes_after_leaving(notes: str) -> str:
    """Return the notes of a member who leaves: Admin goes, Release Manager stays (R5)."""
    return notes_without(notes, Role.ADMIN)


def _note_word(role: Role) -> str:
    if role not in NOTE_WORDS:
        raise ValueError(f"{role.value} does not stand in the notes of the public list")
    return NOTE_WORDS[role]
