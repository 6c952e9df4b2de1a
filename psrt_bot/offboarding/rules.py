"""What the end of a membership takes and leaves (R5, R6). Pure."""

from collections.abc import Collection
from dataclasses import dataclass

from psrt_bot.membership.rules import Role, bad_character, notes_after_leaving

MAX_REASON = 1000
# What ends with a membership. Release managers remain so, and council members need not be members.
ENDING = (Role.MEMBER, Role.ADMIN)


@dataclass(frozen=True)
class Departure:
    """What changes for somebody who leaves.

    Args:
        ended: roles that end, the membership first.
        kept: roles that go on.
        notes: what their line among the former members says in its third column.
    """

    ended: tuple[Role, ...]
    kept: tuple[Role, ...]
    notes: str


def departure(held: Collection[Role], notes: str) -> Departure:
    """Say what leaving means for somebody who holds ``held`` and has ``notes`` in the list (R5)."""
    return Departure(
        ended=tuple(role for role in ENDING if role in held),
        kept=tuple(role for role in Role if role in held and role not in ENDING),
        notes=notes_after_leaving(notes),
    )


def end_reason_problem(text: str) -> str | None:
    """Say what is wrong with the reason for an end: none, too long, or control characters."""
    if not text.strip():
        return "Please say why: admins read it in the history; it goes nowhere else."
    if len(text) > MAX_REASON:
        return f"The reason has {len(text)} characters; shorten it to {MAX_REASON}."
    if bad := bad_character("".join(text.split())):
        return f"The reason holds the control or invisible character {bad}; remove it."
    return None
