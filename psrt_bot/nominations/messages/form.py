"""The nomination form in its three steps, and the forms that add to or end a nomination."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from psrt_bot.nominations.messages import words
from psrt_bot.nominations.messages.words import Shown, Who, texts_blocks
from psrt_bot.nominations.rules import (
    FIELDS,
    LONGEST_TEXT,
    PROMISES,
    PROMISES_FIELD,
    STANDING_WORDS,
)
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message, escape, moment, plural

SHOWN_DRAFTS = 20  # the latest; a modal holds 100 blocks, two a draft


def who_modal(draft_id: str, typed: Who) -> View:
    """Return step 1 of the form."""
    return blocks.modal(
        words.WHO,
        "Nominate: who",
        [
            blocks.user_input(
                "nominee",
                "Slack user",
                hint="Somebody outside this workspace: leave this empty, give name and e-mail.",
                initial=typed.slack_user_id,
            ),
            blocks.text_input("name", "Name", optional=True, initial=typed.name, max_length=200),
            blocks.text_input(
                "email", "E-mail", optional=True, initial=typed.email, max_length=254
            ),
            blocks.text_input(
                "github", "GitHub name", optional=True, initial=typed.github, max_length=40
            ),
            blocks.select_input(
                "standing",
                "Standing",
                {standing.value: words for standing, words in STANDING_WORDS.items()},
                initial=typed.standing or None,
            ),
            blocks.context("Step 1 of 3. Nothing is told to anybody before you confirm in step 3."),
        ],
        submit="Next",
        close="Cancel",
        metadata=draft_id,
    )


def texts_modal(draft_id: str, nominee: str, texts: Mapping[str, str]) -> View:
    """Return step 2 of the form."""
    parts: list[Block] = [
        blocks.section(
            f"Nominating *{escape(nominee)}*. Members will read what you write, "
            "and the Steering Council if the vote passes; nobody else."
        )
    ]
    parts += [
        blocks.text_input(
            text.name,
            text.label,
            hint=text.hint,
            multiline=True,
            initial=texts.get(text.name, ""),
            max_length=LONGEST_TEXT,
        )
        for text in FIELDS
    ]
    ticked = [name for name in PROMISES if texts.get(name)]
    parts += [
        blocks.checkboxes_input(PROMISES_FIELD, "You have made sure", PROMISES, initial=ticked),
        blocks.actions(blocks.button("Save and go on later", words.SAVE_TEXTS, draft_id)),
        blocks.context(
            "Step 2 of 3. *Back* forgets what you have not saved here. After the nomination texts "
            "cannot be changed; dated addenda can be added."
        ),
    ]
    return blocks.modal(
        words.TEXTS, "Nominate: texts", parts, submit="Preview", close="Back", metadata=draft_id
    )


def preview_modal(
    draft_id: str, shown: Shown, *, electors: int, closes_at: datetime, waits: Sequence[str]
) -> View:
    """Return step 3 of the form: what will be told, to how many, until when."""
    if waits:
        first = "An admin has to open this vote: " + escape("; ".join(waits)) + "."
    else:
        first = (
            f"*{plural(electors, 'member')} can vote.* "
            f"The vote opens now and closes on {moment(closes_at)}."
        )
    return blocks.modal(
        words.PREVIEW,
        "Nominate: preview",
        [
            blocks.section(first),
            blocks.section(
                "The team channel gets a card with name, nominator and dates. The texts below can "
                "be read by members only, behind *Details*, and by the Steering Council if "
                "the vote passes."
            ),
            blocks.divider(),
            *texts_blocks(shown),
        ],
        submit="Nominate",
        close="Back",
        metadata=draft_id,
    )


def drafts_modal(drafts: Sequence[tuple[str, str, datetime]]) -> View:
    """Return the choice between drafts (id, nominee, last change) and a new nomination."""
    begun = "You have begun before:" if drafts else "There are no drafts any more."
    parts: list[Block] = [blocks.section(begun)]
    for draft_id, nominee, changed in drafts[:SHOWN_DRAFTS]:
        parts += [
            blocks.section(f"*{escape(nominee)}*\nlast changed {moment(changed)}"),
            blocks.actions(
                blocks.button("Continue", words.CONTINUE, draft_id, style="primary"),
                blocks.button(
                    "Discard",
                    words.DISCARD,
                    draft_id,
                    style="danger",
                    confirm=blocks.sure("Discard?", "What you wrote is deleted.", "Discard"),
                ),
            ),
        ]
    parts.append(blocks.actions(blocks.button("Start a new one", words.START)))
    return blocks.modal("notice", "Your drafts", parts)


def draft_saved(draft_id: str, nominee: str) -> Message:
    """Return the direct message from which a draft can be taken up again."""
    return Message(
        f"Your draft of a nomination of {escape(nominee)} is saved.",
        [
            blocks.section(f"Your draft of a nomination of *{escape(nominee)}* is saved."),
            blocks.actions(blocks.button("Continue", words.CONTINUE, draft_id, style="primary")),
            blocks.context("Only you see this. You find it in the app's Home as well."),
        ],
    )


def addendum_modal(nomination_id: str, nominee: str) -> View:
    """Return the form of an addendum."""
    return blocks.modal(
        words.ADDENDUM,
        "Addendum",
        [
            blocks.section(f"Added to the nomination of *{escape(nominee)}*, with today's date."),
            blocks.text_input(
                "text", "What is to be added", multiline=True, max_length=LONGEST_TEXT
            ),
        ],
        submit="Add",
        close="Back",
        metadata=nomination_id,
    )


def end_modal(callback_id: str, nominations: Sequence[Shown], *, reason_needed: bool) -> View:
    """Return the form by which a nomination is withdrawn or cancelled."""
    verb = "Withdraw" if callback_id == words.WITHDRAW else "Cancel nomination"
    offered = nominations[: blocks.OPTIONS_LIMIT]
    more = len(nominations) - len(offered)
    rest = [blocks.context(f"and {more} more; they can be chosen as these end.")] if more else []
    return blocks.modal(
        callback_id,
        verb,
        [
            blocks.select_input(
                "nomination",
                "Nomination",
                {shown.nomination_id: shown.nominee for shown in offered},
                initial=offered[0].nomination_id if len(offered) == 1 else None,
            ),
            *rest,
            blocks.text_input(
                "reason",
                "Reason",
                multiline=True,
                optional=not reason_needed,
                hint="The team sees it.",
                max_length=LONGEST_TEXT,
            ),
            blocks.section(
                "A vote under way ends without a result: *ballots and keys are destroyed*. The "
                "Steering Council has nothing to decide any more. This cannot be undone."
            ),
        ],
        submit="Withdraw" if callback_id == words.WITHDRAW else "Cancel it",
        close="Keep it",
    )
