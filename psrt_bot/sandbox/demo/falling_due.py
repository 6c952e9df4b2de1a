"""What falls due in the demo, told to whoever moves its clock."""

from collections.abc import Mapping

from sqlalchemy import func
from sqlmodel import Session, col, select

from psrt_bot.access.service import checking, checklists
from psrt_bot.council.service import decisions, watching
from psrt_bot.membership.service import claiming
from psrt_bot.mentoring.service import desk as mentoring
from psrt_bot.nominations.service import asking, council, forgetting
from psrt_bot.onboarding.service import desk
from psrt_bot.oversight.service import refusals
from psrt_bot.runtime import audit
from psrt_bot.sandbox.page.config import Deadline
from psrt_bot.voting.service import polls
from storage.access import AccessChecklist
from storage.council import CouncilDecision
from storage.mentoring import Mentorship
from storage.nominations import Nomination
from storage.onboarding import Onboarding
from storage.people import Person
from storage.runtime import DeadlineRow
from storage.voting import Poll

# By kind of deadline; {} is whom it is about.
WHAT: Mapping[str, str] = {
    polls.CLOSE: "the vote on {} closes",
    polls.REMIND: "reminder: the vote on {}",
    asking.ASK_AGAIN: "admins are asked again: {}",
    claiming.ASK_AGAIN: "admins are asked again about a GitHub name",
    council.TELL: "the council is told: {}",
    decisions.END: "the council's window ends: {}",
    decisions.REMIND: "reminder for the council: {}",
    decisions.CHASE: "the council has not been told: {}",
    council.ONBOARD: "onboarding begins: {}",
    desk.REMIND: "reminder to accept or decline: {}",
    desk.SILENT: "admins hear that there is no answer: {}",
    desk.CHASE: "admins are asked about the invitation: {}",
    checklists.REMIND: "reminder: access of {}",
    **dict.fromkeys(desk.NUDGES.values(), "steps of the checklist wait: {}"),
    mentoring.ASK_ADMINS: "admins are asked again for a mentor: {}",
    mentoring.CHECK_IN: "a check-in with the mentor: {}",
    mentoring.MISSED: "the end of waiting for a check-in: {}",
    mentoring.GRADUATION: "the mentor is asked for their word: {}",
}
# What nobody sees happen, or not in a demo's lifetime: "to the next deadline" would seem broken.
UNSEEN = frozenset(
    {
        refusals.DAY_ENDS,
        watching.TERM,
        audit.HEAD_DUE,
        checklists.PLACE,
        checking.WEEKLY,
        forgetting.FORGET,
        mentoring.WATCH,
    }
)


def falling_due(session: Session) -> list[Deadline]:
    """Return what is planned and will be seen, in order."""
    subject = col(DeadlineRow.subject)
    whose = func.coalesce(AccessChecklist.person_id, Mentorship.newcomer_id)
    query = (
        select(
            DeadlineRow.due_at,
            DeadlineRow.kind,
            func.coalesce(
                Poll.title,
                CouncilDecision.title,
                Nomination.nominee_name,
                Onboarding.name,
                Person.name,
                "somebody",
            ),
        )
        .join(Poll, col(Poll.id) == subject, isouter=True)
        .join(CouncilDecision, col(CouncilDecision.id) == subject, isouter=True)
        .join(Nomination, col(Nomination.id) == subject, isouter=True)
        .join(Onboarding, col(Onboarding.id) == subject, isouter=True)
        .join(AccessChecklist, col(AccessChecklist.id) == subject, isouter=True)
        .join(Mentorship, col(Mentorship.id) == subject, isouter=True)
        .join(Person, col(Person.id) == whose, isouter=True)
        .where(col(DeadlineRow.done_at).is_(None), col(DeadlineRow.kind).not_in(UNSEEN))
        .order_by(col(DeadlineRow.due_at))
    )
    return [
        Deadline(at, WHAT.get(kind, kind).format(title.removeprefix("Nomination of ")))
        for at, kind, title in session.exec(query)
    ]
