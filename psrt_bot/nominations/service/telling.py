"""Where people hear of a nomination: its card, the thread under it, messages to the nominator."""

from datetime import datetime

from sqlmodel import Session

from psrt_bot.membership.rules import Role
from psrt_bot.membership.service.people import Actor, roles_of, with_live_slack
from psrt_bot.nominations.messages import posts
from psrt_bot.nominations.service.showing import shown
from psrt_bot.runtime import audit, homes, outbox
from psrt_bot.runtime.blocks import Message
from storage.nominations import Nomination
from storage.people import Person


def card_slot(nomination: Nomination) -> str:
    """Return the name under which a nomination's card is remembered."""
    return f"card:{nomination.id}"


def go_ahead_slot(nomination: Nomination) -> str:
    """Return the name under which the request to the admins is remembered."""
    return f"go-ahead:{nomination.id}:{nomination.poll_id}"


def post_card(session: Session, now: datetime, channel: str, nomination: Nomination) -> None:
    """Owe the card, and the first message in its thread."""
    slot = card_slot(nomination)
    card = posts.card(shown(session, nomination))
    outbox.post(session, now, channel, card, slot=slot, about=nomination.id)
    outbox.post(session, now, channel, posts.thread_opening(), thread_slot=slot)
    homes.changed(session, now)


def update_card(session: Session, now: datetime, nomination: Nomination) -> None:
    """Owe the card and the App Homes as they are now."""
    outbox.change(session, now, card_slot(nomination), posts.card(shown(session, nomination)))
    homes.changed(session, now)


def say(
    session: Session, now: datetime, channel: str, nomination: Nomination, message: Message
) -> None:
    """Say something in the card's thread."""
    slot = card_slot(nomination)
    outbox.post(session, now, channel, message, thread_slot=slot, about=nomination.id)


def tell_nominator(session: Session, now: datetime, nomination: Nomination, what: str) -> None:
    """Tell the nominator of one step; ``what`` goes on after "Your nomination of …:"."""
    send_nominator(session, now, nomination, posts.told_nominator(shown(session, nomination), what))


def send_nominator(
    session: Session, now: datetime, nomination: Nomination, message: Message
) -> None:
    """Send the nominator a message, if they are still a member and can be reached in Slack."""
    nominator = session.get_one(Person, nomination.nominator_id)
    live, _ = with_live_slack(session, [nominator])
    if live and Role.MEMBER in roles_of(session, nominator.id):
        outbox.tell(session, now, live[0][1].id, message)


def tell_ended(session: Session, now: datetime, channel: str, nomination: Nomination) -> None:
    """Tell team and nominator that a nomination ended without a decision.

    Said only once the keys of its vote are gone (DESIGN section 5).
    """
    view = shown(session, nomination)
    say(session, now, channel, nomination, posts.ended(view, nomination.end_reason or ""))
    send_nominator(session, now, nomination, posts.ended(view, nomination.end_reason or ""))


def record(
    session: Session,
    now: datetime,
    actor: Actor,
    act: str,
    nomination: Nomination,
    *,
    decides: bool = False,
) -> None:
    """Put an act upon a nomination into the audit log; ``decides`` as of ``audit.append``."""
    name, subject = actor.audit_name, nomination.id
    audit.append(session, now, actor=name, act=act, subject=subject, decides=decides)
