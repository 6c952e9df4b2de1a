"""Drafts: step by step towards a nomination, each step checked and saved (R1, R13)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlmodel import Session, col

from psrt_bot.membership.rules import Permission
from psrt_bot.membership.service.people import Actor
from psrt_bot.nominations.messages import form
from psrt_bot.nominations.messages.words import Shown, Who
from psrt_bot.nominations.rules import (
    FIELDS,
    PROMISES,
    NominationState,
    Standing,
    go_ahead_reasons,
    nominee_key,
    overlong,
    texts_problems,
)
from psrt_bot.nominations.service.nominees import Nominees
from psrt_bot.nominations.service.reading import Process, electorate, nominee_of
from psrt_bot.runtime import homes, outbox
from psrt_bot.runtime.rules import FieldProblems, NotFound
from storage.nominations import Draft
from storage.people import SlackUser

GONE = "This draft is not there any more: it was used or discarded. Please begin anew."


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
        self._nominees = Nominees(process)

    def list(self, session: Session, asker: str | Actor) -> list[Draft]:
        """Return somebody's drafts, the one changed last at the top."""
        actor = self._actor(session, asker)
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

    def discard(self, session: Session, now: datetime, slack_user_id: str, draft_id: str) -> None:
        """Delete one of somebody's own drafts; one that is gone already stays gone."""
        actor = self._actor(session, slack_user_id)
        session.execute(
            delete(Draft).where(
                col(Draft.id) == draft_id, col(Draft.nominator_id) == actor.person_id
            )
        )
        homes.changed(session, now, [slack_user_id])

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
        name = self._nominees.check(session, actor, who)
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
        homes.changed(session, now, [slack_user_id])
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
        """Save step 2 as far as it has come: it can be gone on with later.

        Raises:
            FieldProblems: something is longer than the form can show again; nothing was saved.
        """
        draft = self.get(session, slack_user_id, draft_id)
        if problems := overlong({f.name: texts.get(f.name, "") for f in FIELDS}):
            raise FieldProblems(problems)
        kept: dict[str, object] = {f.name: texts.get(f.name, "").strip() for f in FIELDS}
        kept |= {name: name in promises for name in PROMISES}
        draft.texts = kept
        draft.updated_at = now
        session.add(draft)
        session.flush()
        homes.changed(session, now, [slack_user_id])
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
        voters = electorate(session, nominee_of(draft))
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
        self._nominees.check(session, self._actor(session, slack_user_id), self.who(session, draft))

    def who(self, session: Session, draft: Draft) -> Who:
        """Return step 1 of the form as it was saved.

        A name that is Slack's own is left out: it would stay when another user is chosen.
        """
        user = session.get(SlackUser, draft.nominee_slack_user_id or "")
        is_slacks = user is not None and draft.nominee_name == (user.real_name or user.name)
        return Who(
            draft.nominee_slack_user_id,
            "" if is_slacks else draft.nominee_name,
            draft.nominee_email or "",
            draft.nominee_github,
            draft.standing,
        )

    def _actor(self, session: Session, asker: str | Actor) -> Actor:
        return self._process.members.require(session, asker, Permission.NOMINATIONS_NOMINATE)

    def _same_nominee(self, session: Session, actor: Actor, who: Who) -> Draft | None:
        key = nominee_key(who.slack_user_id, who.email)
        drafts = session.scalars(select(Draft).where(col(Draft.nominator_id) == actor.person_id))
        for draft in drafts:
            if nominee_key(draft.nominee_slack_user_id, draft.nominee_email) == key:
                return draft
        return None
