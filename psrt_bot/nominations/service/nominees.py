"""Who can be nominated: what is wrong with step 1 of the form, by its fields (R1, R12)."""

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from psrt_bot.membership.rules import (
    Role,
    email_problem,
    github_key,
    github_name_problem,
    name_problem,
)
from psrt_bot.membership.service.people import Actor, holders
from psrt_bot.nominations.messages.words import Who
from psrt_bot.nominations.rules import Standing, nominee_key, same_name
from psrt_bot.nominations.service.reading import Process
from psrt_bot.runtime import outbox
from psrt_bot.runtime.people import is_in_channel
from psrt_bot.runtime.rules import FieldProblems
from storage.nominations import Nomination
from storage.people import SlackUser

Problems = dict[str, str]


class Nominees:
    """Checks of a nominee. A guest of the workspace can be nominated: guests are no members yet."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def check(self, session: Session, actor: Actor, who: Who) -> str:
        """Return the nominee's name when they can be nominated by ``actor``.

        Raises:
            FieldProblems: by the form's fields.
        """
        problems = _typed(who)
        name = " ".join(who.name.split())
        if who.slack_user_id:
            user = session.get(SlackUser, who.slack_user_id)
            if user is None:
                text = "Slack has not told me of this user yet; try again in a minute."
                raise FieldProblems(problems | {"nominee": text})
            name = name or user.real_name or user.name
            problems |= self._slack_user(session, user)
        # Later ones replace: that somebody is a member says more than which channel they are in.
        problems |= _members(session, who)
        if who.slack_user_id == actor.slack_user_id:
            problems["nominee"] = "You cannot nominate yourself; another member can."
        if not problems:
            problems |= _running(session, who)
        if problems:
            raise FieldProblems(problems)
        return name

    def _slack_user(self, session: Session, user: SlackUser) -> Problems:
        if user.is_bot:
            return {"nominee": "This is a bot; choose a person."}
        if user.is_deleted:
            return {"nominee": "This account is deactivated; leave it empty, give an e-mail."}
        rooms = (self._process.policy.channel, self._process.admins.channel)
        if any(room and is_in_channel(session, room, user.id) for room in rooms):
            text = "They are in the team's channel and would see the nomination. Ask an admin."
            return {"nominee": text}
        return {}


def _typed(who: Who) -> Problems:
    """Return what is wrong by itself, whatever there is."""
    problems: Problems = {}
    name, email, github = who.name.strip(), who.email.strip(), who.github.strip()
    if who.standing not in set(Standing):
        problems["standing"] = "Please choose what they are to Python."
    if github and (problem := github_name_problem(github)):
        problems["github"] = problem
    if not (who.slack_user_id or name or email):
        problems["nominee"] = "Choose a Slack user, or give a name and an e-mail address."
        return problems
    if (name or not who.slack_user_id) and (problem := name_problem(name)):
        problems["name"] = problem
    if (email or not who.slack_user_id) and (problem := email_problem(email)):
        problems["email"] = problem
    return {field: text[:1].upper() + text[1:] for field, text in problems.items()}


def _members(session: Session, who: Who) -> Problems:
    """Return whether the nominee is a member already: by Slack user, GitHub name, or full name."""
    key = github_key(who.github.strip())
    for person in holders(session, Role.MEMBER):
        already = f"{person.name} is a member already."
        if who.slack_user_id and person.slack_user_id == who.slack_user_id:
            return {"nominee": already}
        if key and person.github_key == key:
            return {"github": already}
        # Of somebody outside the workspace the name is all that tells them from a member (R12).
        if not who.slack_user_id and same_name(person.name, who.name):
            return {"name": f"{already} If this is somebody else, write the name differently."}
    return {}


def _running(session: Session, who: Who) -> Problems:
    """Return whether the nominee is nominated already, with a link to the card."""
    key = github_key(who.github.strip())
    same = [col(Nomination.nominee_key) == nominee_key(who.slack_user_id, who.email)]
    if key:
        same.append(func.lower(col(Nomination.nominee_github)) == key)
    if not who.slack_user_id:  # somebody outside may be named with another address
        same.append(col(Nomination.nominee_slack_user_id).is_(None))
    found = session.scalars(select(Nomination).where(or_(*same), col(Nomination.running).is_(True)))
    running = next((n for n in found if _is_same(n, who, key)), None)
    if running is None:
        return {}
    link = outbox.link_to(session, f"card:{running.id}") or "see the card in the team channel."
    return {"nominee" if who.slack_user_id else "email": f"They are nominated already: {link}"}


def _is_same(nomination: Nomination, who: Who, key: str | None) -> bool:
    """Whether a nomination is of the same person: Slack user, address, GitHub name, or name."""
    if nomination.nominee_key == nominee_key(who.slack_user_id, who.email):
        return True
    if key and github_key(nomination.nominee_github) == key:
        return True
    outside = not who.slack_user_id and nomination.nominee_slack_user_id is None
    return outside and same_name(nomination.nominee_name, who.name)
