"""Drafts: step by step towards a nomination, each step checked and saved (R1, R13)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, or_, select
from sqlmodel import Session, col

from psrt_bot.membership.rules import (
    Permission,
    Role,
    email_problem,
    github_key,
    github_name_problem,
    name_problem,
)
from psrt_bot.membership.service.people import Actor, roles_of
from psrt_bot.nominations.messages import form
from psrt_bot.nominations.messages.words import Shown, Who
from psrt_bot.nominations.rules import (
    FIELDS,
    PROMISES,
    NominationState,
    Standing,
    go_ahead_reasons,
    nominee_key,
    texts_problems,
)
from psrt_bot.nominations.service.reading import Process, electorate
from psrt_bot.runtime import outbox
from psrt_bot.runtime.people import is_in_channel
from psrt_bot.runtime.rules import FieldProblems, NotFound
from storage.nominations import Draft, Nomination
from storage.people import Person, SlackUser

GONE = "This draft is not there any more: it was used or discarded. Type /nominate to begin anew."


@dataclass(frozen=True)
class Preview:
    """What the nominator is shown before they confirm."""

    shown: Shown
    electors: int
    closes_at: datetime
    waits: tuple[str, ...]


class Drafts:
    """Use cases on the way to a nomination."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def list(self, session: Session, slack_user_id: str) -> list[Draft]:
        """Return somebody's drafts, the one changed last at the top."""
        actor = self._actor(session, slack_user_id)
        return list(
            session.scalars(
                select(Draft)
                .where(col(Draft.nominator_id) == actor.person_id)
                .order_by(col(Draft.updated_at).desc())
            )
        )

    def get(self, session: Session, slack_user_id: str, draft_id: str) -> Draft:
        """Return one of somebody's own drafts.

        Raises:
            NotFound: it is gone, or somebody else's.
        """
        actor = self._actor(session, slack_user_id)
        draft = session.get(Draft, draft_id)
        if draft is None or draft.nominator_id != actor.person_id:
            raise NotFound(GONE)
        return draft

    def discard(self, session: Session, slack_user_id: str, draft_id: str) -> None:
        """Delete one of somebody's own drafts; one that is gone already stays gone."""
        actor = self._actor(session, slack_user_id)
        session.execute(
            delete(Draft).where(
                col(Draft.id) == draft_id, col(Draft.nominator_id) == actor.person_id
            )
        )

    def save_who(
        self, session: Session, now: datetime, slack_user_id: str, who: Who, draft_id: str
    ) -> Draft:
        """Check step 1 and save it; a second draft for the same nominee becomes the first.

        Args:
            draft_id: empty for a new draft.

        Raises:
            FieldProblems: by the form's fields.
        """
        actor = self._actor(session, slack_user_id)
        name = self._check(session, actor, who)
        draft = self.get(session, slack_user_id, draft_id) if draft_id else None
        draft = draft or self._same_nominee(session, actor, who)
        is_new = draft is None
        if draft is None:
            draft = Draft(
                nominator_id=actor.known_id,
                nominee_name=name,
                standing=who.standing,
                created_at=now,
                updated_at=now,
            )
        draft.nominee_slack_user_id = who.slack_user_id
        draft.nominee_name = name
        draft.nominee_email = who.email.strip() or None
        draft.nominee_github = who.github.strip()
        draft.standing = who.standing
        draft.updated_at = now
        session.add(draft)
        session.flush()
        if is_new:
            outbox.tell(session, now, slack_user_id, form.draft_saved(draft.id, name))
        return draft

    def save_texts(
        self,
        session: Session,
        now: datetime,
        slack_user_id: str,
        draft_id: str,
        texts: Mapping[str, str],
        promises: frozenset[str],
    ) -> Draft:
        """Save step 2 as far as it has come, checking nothing: it can be gone on with later."""
        draft = self.get(session, slack_user_id, draft_id)
        kept: dict[str, object] = {f.name: texts.get(f.name, "").strip() for f in FIELDS}
        kept |= {name: name in promises for name in PROMISES}
        draft.texts = kept
        draft.updated_at = now
        session.add(draft)
        session.flush()
        return draft

    def preview(
        self, session: Session, now: datetime, slack_user_id: str, draft_id: str
    ) -> Preview:
        """Return what a nomination from this draft would tell, to how many, until when.

        Raises:
            FieldProblems: the texts are not complete.
        """
        draft = self.get(session, slack_user_id, draft_id)
        self.check(session, slack_user_id, draft)
        actor = self._actor(session, slack_user_id)
        policy = self._process.policy
        voters = electorate(session, draft.nominee_slack_user_id)
        return Preview(
            Shown(
                nomination_id="",
                nominee=draft.nominee_name,
                nominator=actor.name,
                github=draft.nominee_github,
                standing=Standing(draft.standing),
                state=NominationState.VOTING,
                nominated_at=now,
                texts=draft.texts,
            ),
            len(voters.candidates),
            now + policy.duration,
            go_ahead_reasons(len(voters.candidates), policy.min_electorate, voters.unlinked),
        )

    def check(self, session: Session, slack_user_id: str, draft: Draft) -> None:
        """Check a whole draft again, as the world may have changed since it was written.

        Raises:
            FieldProblems: by the form's fields.
        """
        texts = {f.name: str(draft.texts.get(f.name, "")) for f in FIELDS}
        promises = frozenset(name for name in PROMISES if draft.texts.get(name))
        if problems := texts_problems(texts, promises):
            raise FieldProblems(problems)
        self._check(session, self._actor(session, slack_user_id), who_of(draft))

    def _actor(self, session: Session, slack_user_id: str) -> Actor:
        return self._process.members.require(
            session, slack_user_id, Permission.NOMINATIONS_NOMINATE
        )

    def _check(self, session: Session, actor: Actor, who: Who) -> str:
        """Return the nominee's name when the nomination is possible."""
        problems: dict[str, str] = {}
        if who.standing not in set(Standing):
            problems["standing"] = "Please choose what they are to Python."
        if who.github.strip() and (problem := github_name_problem(who.github.strip())):
            problems["github"] = problem
        name = who.name.strip()
        if who.slack_user_id:
            name = self._check_slack_user(session, actor, who.slack_user_id, name, problems)
        else:
            self._check_outsider(who, problems)
        if not problems:
            self._check_known(session, who, problems)
        if problems:
            raise FieldProblems(problems)
        return name

    def _check_slack_user(
        self, session: Session, actor: Actor, user_id: str, name: str, problems: dict[str, str]
    ) -> str:
        user = session.get(SlackUser, user_id)
        if user is None:
            problems["nominee"] = "Slack has not told me of this user yet; try again in a minute."
            return name
        if user_id == actor.slack_user_id:
            problems["nominee"] = "You cannot nominate yourself; another member can."
        elif user.is_bot:
            problems["nominee"] = "This is a bot; choose a person."
        elif user.is_deleted:
            problems["nominee"] = "This account is deactivated; leave it empty, give an e-mail."
        elif is_in_channel(session, self._process.policy.channel, user_id):
            problems["nominee"] = (
                "They are in the team channel and would see the nomination. Ask an admin."
            )
        if name and (problem := name_problem(name)):
            problems["name"] = problem
        return name or user.real_name or user.name

    @staticmethod
    def _check_outsider(who: Who, problems: dict[str, str]) -> None:
        if not who.name.strip() and not who.email.strip():
            problems["nominee"] = "Choose a Slack user, or give a name and an e-mail address."
            return
        if problem := name_problem(who.name.strip()):
            problems["name"] = problem
        if problem := email_problem(who.email.strip()):
            problems["email"] = problem

    def _check_known(self, session: Session, who: Who, problems: dict[str, str]) -> None:
        """Find out whether the nominee is a member, or nominated already."""
        at = "nominee" if who.slack_user_id else "email"
        key = github_key(who.github.strip())
        known = session.scalars(
            select(Person).where(
                or_(
                    col(Person.slack_user_id) == (who.slack_user_id or "-"),
                    col(Person.github_key) == (key or "-"),
                )
            )
        )
        for person in known:
            if Role.MEMBER in roles_of(session, person.id):
                problems[at] = f"{person.name} is a member already."
        running = session.scalar(
            select(Nomination).where(
                col(Nomination.nominee_key) == nominee_key(who.slack_user_id, who.email),
                col(Nomination.running).is_(True),
            )
        )
        if running is not None:
            problems[at] = "They are nominated already: " + self._where(session, running)

    def _where(self, session: Session, nomination: Nomination) -> str:
        link = outbox.link_to(session, f"card:{nomination.id}")
        return link or "see the card in the team channel."

    def _same_nominee(self, session: Session, actor: Actor, who: Who) -> Draft | None:
        key = nominee_key(who.slack_user_id, who.email)
        drafts = session.scalars(select(Draft).where(col(Draft.nominator_id) == actor.person_id))
        for draft in drafts:
            if nominee_key(draft.nominee_slack_user_id, draft.nominee_email) == key:
                return draft
        return None


def who_of(draft: Draft) -> Who:
    """Return step 1 of the form as it was saved."""
    return Who(
        draft.nominee_slack_user_id,
        draft.nominee_name,
        draft.nominee_email or "",
        draft.nominee_github,
        draft.standing,
    )
