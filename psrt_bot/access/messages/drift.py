"""What admins read of the places compared with the list: each difference with its remedy."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from slack_sdk.models.blocks import Block, ButtonElement
from slack_sdk.models.views import View

from psrt_bot.access.messages.checklists import team_link
from psrt_bot.access.rules import GITHUB, Difference, Doing, What
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message, escape, plural, shorten
from psrt_bot.runtime.called import command

INVITE, REMOVE, LIST = "access.invite", "access.remove", "access.list"
SHOWN = 25  # differences with a button each; a message holds 50 blocks
NAMED = 40  # people in a line
NOT_SO = f"That is not so any more. Nothing was changed; look again with {command('psrt drift')}."
ASKING = "GitHub is being asked; what differs there comes in a direct message."
NOT_COMPARED = "The GitHub team is not compared: set PSRT_GITHUB_TEAM and GITHUB_TEAM_TOKEN."
IN_STEP = "Nothing differs."


@dataclass(frozen=True)
class Report:
    """What a comparison found.

    Args:
        differences: in Slack and, where GitHub was asked, there.
        under_way: of those, the ones for which the bot or a checklist has something under way.
        unread: channels that could not be compared, each with why not.
        unlinked: names of those who cannot be looked for in Slack.
        team: the GitHub team; ``github``: whether it was compared.
        trouble: why GitHub did not tell, in one line with its remedy.
    """

    differences: Sequence[Difference] = ()
    under_way: frozenset[Difference] = frozenset()
    unread: Mapping[str, str] = field(default_factory=dict)
    unlinked: Sequence[str] = ()
    team: str = ""
    github: bool = False
    trouble: str | None = None

    @property
    def found_anything(self) -> bool:
        """Whether there is anything that an admin should know of without having asked."""
        return bool(self.differences or self.unread or self.unlinked or self.trouble)


def refused(doing: Doing, channel: str, user: str, reason: str) -> Message:
    """Return what admins hear of a remedy that Slack refused."""
    what = "invited to" if doing is Doing.ADD else "removed from"
    text = f"{blocks.mention(user)} could not be {what} <#{channel}>: {escape(reason)}."
    return Message(text, [blocks.section(text)])


def modal(report: Report, *, asking: bool) -> View:
    """Return the comparison as a modal, what is in Slack at once.

    Args:
        asking: GitHub is being asked meanwhile.
    """
    parts = list(_parts(report))
    parts.append(blocks.context(ASKING if asking else NOT_COMPARED))
    return blocks.modal("access.drift", "Drift", parts)


def answer(report: Report) -> Message:
    """Return what GitHub's answer adds, for the admin who asked."""
    text = "The GitHub team compared with the list"
    return Message(f"{text}.", [blocks.section(f"*{text}*"), *_parts(report)])


def weekly(report: Report) -> Message:
    """Return the comparison that nobody asked for; it comes only if there is something to tell."""
    many = len(report.differences)
    found = plural(many, "difference") if many else "something to look at"
    text = f"Places compared with the list of members: {found}"
    now = command("psrt drift")
    hint = f"Compared each Monday, told only if there is something. Now: {now}."
    return Message(f"{text}.", [blocks.section(f"*{text}*"), *_parts(report), blocks.context(hint)])


def _parts(report: Report) -> Iterator[Block]:
    if report.trouble:
        yield blocks.section(f"⚠ The GitHub team could not be compared: {escape(report.trouble)}.")
    for one in report.differences[:SHOWN]:
        yield _difference(one, report)
    if len(report.differences) > SHOWN:
        more = len(report.differences) - SHOWN
        yield blocks.section(f"… and {more} more; they show once these are mended.")
    for channel, reason in report.unread.items():
        yield blocks.section(f"⚠ <#{channel}> could not be compared: {escape(reason)}.")
    if report.unlinked:
        names = ", ".join(escape(name) for name in report.unlinked[:NAMED])
        more = len(report.unlinked) - NAMED
        rest = f" and {more} more" if more > 0 else ""
        yield blocks.section(
            f"Not looked for in Slack, since no living account is linked: {names}{rest}. Link them "
            f"with {command('psrt members')}."
        )
    if not report.found_anything:
        yield blocks.section(f"☑ {IN_STEP}")


def _difference(one: Difference, report: Report) -> Block:
    text = _words(one, report.team)
    if one in report.under_way:
        return blocks.section(f"⏳ {text}\n_under way_")
    if one.what is What.UNKNOWN_THERE:
        return blocks.section(f"⚠ {text}")
    return blocks.section(f"⚠ {text}", accessory=_remedy(one))


def _remedy(one: Difference) -> ButtonElement:
    name = shorten(one.name, 40)
    if one.place == GITHUB:
        return blocks.button(f"Put on a checklist: {name}", LIST, value_of(one))
    if one.what is What.MISSING:
        return blocks.button(f"Invite {name}", INVITE, value_of(one))
    return blocks.button(
        f"Remove {name}",
        REMOVE,
        value_of(one),
        style="danger",
        confirm=blocks.sure(
            "Remove them?",
            f"{name} is removed from the channel. A member whose account is not "
            "linked looks like a stranger: then link them instead.",
            "Remove",
        ),
    )


def _words(one: Difference, team: str) -> str:
    name = escape(one.name)
    if one.place == GITHUB:
        where = team_link(team)
        login = f"`@{escape(one.key)}`"
        if one.what is What.UNKNOWN_THERE:
            return f"{name}'s GitHub name is not known, so {where} cannot tell whether they are in."
        if one.what is What.MISSING:
            return (
                f"{name} ({login}) is a member and not in {where}; perhaps an invitation waits for "
                "their answer."
            )
        who = login if one.person_id is None else f"{name} ({login})"
        return f"{who} is in {where} and no member."
    where = f"<#{one.place}>"
    if one.what is What.MISSING:
        return f"{name} should be in {where} and is not."
    who = blocks.mention(one.key)
    return f"{name} ({who}) is in {where}, and no role leads them there."


def value_of(one: Difference) -> str:
    """Return the value of a remedy's button: ids and public names alone."""
    return "|".join((one.what, one.place, one.key))
