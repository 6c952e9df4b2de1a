"""What admins read and fill in: a mail to send, answers that came by mail, outcomes, the term."""

from collections.abc import Collection, Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block, ButtonElement
from slack_sdk.models.views import View

from psrt_bot.council.messages import cards, words
from psrt_bot.council.messages.words import Shown
from psrt_bot.council.rules import ANSWER_WORDS, LONGEST_LINE, LONGEST_TEXT, Answer, DecisionState
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message, escape
from psrt_bot.runtime.called import command

SHOWN_DECISIONS = 10  # a modal holds 100 blocks, up to six a decision
ALSO_YOURS = "You are on the council's roll. Your own answer, and below it what an admin records:"
WHOLE: dict[str, str] = {Answer.NO_OBJECTION: "No veto", Answer.VETO: "Veto"}
ONE: dict[str, str] = {
    Answer.NO_OBJECTION: "No objection",
    Answer.VETO: "Veto",
    Answer.ABSTAIN: "Abstains",
}


def told_button(decision_id: str) -> ButtonElement:
    """Return the button by which an admin says that the council was told by mail."""
    return blocks.button(
        "Council notified by mail",
        words.TOLD_BY_MAIL,
        decision_id,
        style="primary",
        confirm=blocks.sure(
            "Was the mail sent?",
            "The council's window starts now, with those who are in the council now.",
            "It was sent",
        ),
    )


def mail_text(shown: Shown) -> str:
    """Return a mail to the council, ready to be sent."""
    recusals = "".join(f"{s.name} is recused as {s.recused}.\n" for s in shown.seats if s.recused)
    return (
        f"Subject: For the Steering Council: {shown.title}\n\n"
        "Dear Steering Council,\n\n" + "\n".join(shown.lines) + "\n\n"
        "By PEP 811 this takes effect unless the council vetoes it. The council decides by a "
        "strict majority of its members who do not abstain (PEP 13); silence is no veto. "
        f"The window is {shown.duration} from this mail.\n{recusals}\n"
        "Please answer with: veto (and your reason, which admins and the nominator will read), "
        "no objection, or abstain. An answer of the council as a whole is as good.\n\n"
        "The admins of the Python Security Response Team"
    )


def please_mail(shown: Shown, why: str) -> Message:
    """Return the request to the admins to tell the council themselves.

    Args:
        why: as words that follow "by itself: ".
    """
    text = f"I cannot tell the Steering Council of {shown.title} by myself: {why}."
    return Message(
        escape(text),
        [
            blocks.section(escape(text)),
            blocks.section("Please send this mail. The window starts when you say that you did."),
            *blocks.quoted(mail_text(shown)),
            blocks.actions(told_button(shown.decision_id)),
        ],
    )


def mailed(shown: Shown, admin: str) -> Message:
    """Return what that request becomes when it is answered."""
    text = f"{admin} told the Steering Council of {shown.title} by mail."
    parts = [blocks.section(f"{escape(text)} {shown.standing}"), _hint()]
    return Message(escape(text), parts)


def settled(shown: Shown) -> Message:
    """Return what that request becomes when nothing is to be told any more."""
    text = f"The Steering Council need not be told of {escape(shown.title)} any more."
    if shown.state is DecisionState.ENDED:
        text += " If you have written to it, please tell it that nothing is to be decided."
    return Message(text, [blocks.section(text)])


def _hint() -> Block:
    return blocks.context(
        f"Answers that come by mail: {command('psrt council')}. Acts are in the audit log."
    )


def unreached(shown: Shown, names: Sequence[str]) -> Message:
    """Return the word to the admins that some of the council were not told by the bot."""
    who = ", ".join(escape(name) for name in names)
    text = f"The council's window on {escape(shown.title)} is open; not reached in Slack: {who}."
    return Message(
        text,
        [
            blocks.section(f"{text} Please send them this mail; record answers that come by mail."),
            *blocks.quoted(mail_text(shown)),
            _hint(),
        ],
    )


def empty_roll(shown: Shown) -> Message:
    """Return the word to the admins that they are to record what the council decides."""
    text = (
        f"Nobody is on the council's roll for {escape(shown.title)}: nobody holds the role, or "
        "all are recused. It takes no effect before an admin records what the council decided: "
        f"{command('psrt council')}."
    )
    return Message(text, [blocks.section(text)])


def still_waits(title: str) -> Message:
    """Return the reminder to the admins that the council still has not been told."""
    text = f"The Steering Council has not been told of {escape(title)} yet"
    return Message(
        f"{text}.", [blocks.section(f"{text}: no time runs. See {command('psrt council')}.")]
    )


def left_during(shown: Shown, name: str) -> Message:
    """Return the word to the admins that somebody left the council during a window."""
    text = (
        f"{escape(name)} left the Steering Council while it decides on {escape(shown.title)}. The "
        "roll stays as it was frozen: an answer they gave counts, without one they are silent. If "
        f"the council as it is now decides, record that: {command('psrt council')}."
    )
    return Message(text, [blocks.section(text)])


def outcome(shown: Shown) -> Message:
    """Return the outcome for the admins, with the reasons of a veto."""
    text = f"The Steering Council on {escape(shown.title)}:"
    parts: list[Block] = [blocks.section(f"{text} {shown.standing}"), *_recorded(shown)]
    if shown.seats:
        parts.append(blocks.section("\n".join(seat.words for seat in shown.seats)))
    parts += reasons(shown.reasons)
    word = "vetoed" if shown.state is DecisionState.VETOED else "no veto"
    return Message(f"{text} {word}.", parts)


def reasons(given: Sequence[tuple[str, str]]) -> list[Block]:
    """Return the reasons of a veto, for admins and the nominator alone (R4)."""
    parts: list[Block] = []
    for name, reason in given:
        parts += [blocks.section(f"*Reason given by {escape(name)}*"), *blocks.quoted(reason)]
    return parts


def _recorded(shown: Shown) -> list[Block]:
    if shown.recorded is None:
        return []
    came = shown.recorded
    return [
        blocks.context(
            f"By mail of {came.received_on.isoformat()} from {escape(came.written_by)}, "
            f"recorded by {escape(came.admin)}. Reference: {escape(came.reference)}"
        )
    ]


def renew_roles(names: Sequence[str]) -> Message:
    """Return the yearly request to the admins to renew the council's roles."""
    known = ", ".join(escape(name) for name in names) or "nobody"
    text = "A new term of the Steering Council has begun: please renew its roles here."
    return Message(
        text,
        [
            blocks.section(
                f"{text}\nIn the council, as far as I know: {known}. Give the role to who was "
                "elected and take it from who was not, and see to the council's channel. Decisions "
                "under way keep the roll that was frozen when the council was told."
            )
        ],
    )


def overview_modal(decisions: Sequence[Shown], answerable_ids: Collection[str] = ()) -> View:
    """Return the open decisions for admins: how they stand, and what can be recorded.

    Args:
        answerable_ids: which of them the reader decides on as well; they stand at the top, with the
            buttons for an answer of their own.
    """
    parts: list[Block] = []
    ordered = sorted(decisions, key=lambda one: one.decision_id not in answerable_ids)
    for shown in ordered[:SHOWN_DECISIONS]:
        parts += [blocks.section(f"*{escape(shown.title)}*\n{shown.standing}")]
        if shown.seats:
            parts.append(blocks.section("\n".join(seat.words for seat in shown.seats)))
        if shown.decision_id in answerable_ids:
            parts += [blocks.context(ALSO_YOURS), blocks.actions(*cards.answer_buttons(shown))]
        parts += [blocks.actions(*_office_buttons(shown)), blocks.divider()]
    if len(decisions) > SHOWN_DECISIONS:
        parts.append(blocks.context(f"and {len(decisions) - SHOWN_DECISIONS} more"))
    nothing = [blocks.section("Nothing is before the council.")]
    return blocks.modal("notice", "Council", parts or nothing)


def _office_buttons(shown: Shown) -> list[ButtonElement]:
    buttons = []
    if shown.state is DecisionState.AWAITING_NOTICE:
        buttons.append(told_button(shown.decision_id))
    elif shown.deciding:
        buttons.append(
            blocks.button("Record a member's answer…", words.RECORD_ANSWER, shown.decision_id)
        )
    buttons.append(
        blocks.button("Record the council's decision…", words.RECORD_DECISION, shown.decision_id)
    )
    return buttons


def answer_modal(shown: Shown, today: datetime) -> View:
    """Return the form by which an admin records one member's answer that came by mail."""
    who = {
        s.person_id: s.name for s in shown.deciding if not s.gone and (s.by_mail or not s.answer)
    }
    if not who:
        text = "Everybody on the roll has answered in Slack, or has left the council."
        return blocks.notice("Record an answer", text)
    return blocks.modal(
        words.RECORD_ANSWER,
        "Record an answer",
        [
            blocks.section(f"An answer that came by mail, on *{escape(shown.title)}*."),
            blocks.select_input(words.MEMBER_FIELD, "Whose answer", who),
            blocks.radio_input(words.ANSWER_FIELD, "The answer", ONE),
            *_mail_fields(today),
            blocks.context("They are told that you recorded it, and can change it themselves."),
        ],
        submit="Record",
        close="Back",
        metadata=shown.decision_id,
    )


def decision_modal(shown: Shown, today: datetime) -> View:
    """Return the form by which an admin records the decision of the council as a whole."""
    return blocks.modal(
        words.RECORD_DECISION,
        "Record the decision",
        [
            blocks.section(
                f"The council's decision that came by mail, on *{escape(shown.title)}*. "
                "*It is final*, and the team will be told."
            ),
            blocks.radio_input(words.ANSWER_FIELD, "The decision", WHOLE),
            blocks.text_input(
                words.WRITER_FIELD, "Who wrote for the council", max_length=LONGEST_LINE
            ),
            *_mail_fields(today),
        ],
        submit="Record",
        close="Back",
        metadata=shown.decision_id,
    )


def _mail_fields(today: datetime) -> list[Block]:
    return [
        blocks.date_input(words.RECEIVED_FIELD, "When it came", initial=today.date()),
        blocks.text_input(
            words.REFERENCE_FIELD,
            "Reference",
            hint="Where the mail is found: its Message-ID, an archive, a subject and date.",
            max_length=LONGEST_LINE,
        ),
        blocks.text_input(
            words.REASON_FIELD,
            "Reason",
            multiline=True,
            optional=True,
            hint="A veto needs one. Admins and the nominator read it; nobody else does.",
            max_length=LONGEST_TEXT,
        ),
    ]


def recorded_answer(name: str, answer: Answer) -> View:
    """Return what an admin is told who recorded an answer."""
    said = f"Recorded: {escape(name)}, {ANSWER_WORDS[answer]}. They are told."
    return blocks.notice("Recorded", said)
