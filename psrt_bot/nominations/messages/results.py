"""Results: to the team, again on request, and the bulletin."""

from collections.abc import Sequence

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from psrt_bot.nominations.messages import words
from psrt_bot.nominations.messages.words import Result
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message, escape, moment, plural

KEYS_LOST = (
    "The keys of this vote were lost before they could be destroyed; should they turn up, they are."
)


def result(counted: Result) -> Message:
    """Return the result for the team channel. A failed one says so without reproach."""
    name = escape(counted.nominee)
    if counted.passed:
        headline = f"*The vote on {name} has passed.*"
        onward = "It takes effect unless the Steering Council vetoes it; the council is to be told."
    else:
        headline = f"*The vote on {name} has ended: not passed.*"
        onward = (
            "Thanks to everybody who took the time. A vote is about the team's needs at this "
            "moment; a new nomination is possible later."
        )
    lines = [headline, _count_line(counted)]
    if counted.left:
        lines.append(f"{plural(counted.left, 'member')} left the team during the vote.")
    lines.append(onward)
    parts: list[Block] = [blocks.section("\n".join(lines)), blocks.context(_proof(counted))]
    if counted.sha256:
        parts.append(
            blocks.actions(blocks.button("Send me the bulletin", words.BULLETIN, counted.poll_id))
        )
    word = "passed" if counted.passed else "not passed"
    return Message(f"Vote on {name}: {word}. {_count_line(counted)}", parts)


def results_modal(results: Sequence[Result]) -> View:
    """Return the results of past votes, newest first."""
    parts: list[Block] = []
    for counted in results:
        message = result(counted)
        parts += [blocks.context(f"Closed {moment(counted.closed_at)}"), *message.blocks]
        parts.append(blocks.divider())
    return blocks.modal("notice", "Results", parts or [blocks.section("No vote has ended yet.")])


def bundle_comment(nominee: str, sha256: str) -> str:
    """Return the text above the bulletin's file."""
    return (
        f"Bulletin of the vote on {escape(nominee)}: every ballot by its receipt.\n"
        f"SHA-256: `{sha256}`\n"
        "Find your receipt in it, or recount it offline: "
        "`psrt-bot verify FILE --receipt XXXX-XXXX-XXXX`"
    )


def _count_line(counted: Result) -> str:
    of = f"of {plural(counted.electorate, 'elector')}"
    if counted.tally is None:
        return f"Fewer than three ballots {of} were cast, so the count is not published."
    yes, no, abstain = counted.tally
    cast = yes + no + abstain
    return f"Yes {yes}, no {no}, abstain {abstain}: {plural(cast, 'ballot')} {of}."


def _proof(counted: Result) -> str:
    lines = [f"Needs {counted.threshold} of the votes; abstentions are not votes."]
    if counted.sha256:
        lines.append(f"Bulletin SHA-256 `{counted.sha256}`")
    lines.append(
        f"Poll `{counted.poll_id}`, electorate hash `{counted.electorate_hash}`. "
        + (KEYS_LOST if counted.keys_lost else "The keys of this vote have been destroyed.")
    )
    return "\n".join(lines)
