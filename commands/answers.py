"""What a listener may answer. The surface turns it into Bolt's ack and, after it, Slack calls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View


@dataclass(frozen=True)
class Say:
    """Tell the person something that only they see."""

    text: str
    blocks: Sequence[Block] = ()


@dataclass(frozen=True)
class Show:
    """Open a modal, or lay one on top of the modal that was clicked in or submitted.

    A view may hold a receipt or a form's values, so it shows in no ``repr`` and thereby in no log.
    """

    view: View = field(repr=False)


@dataclass(frozen=True)
class Replace:
    """Put another modal in the place of the one that was clicked in or submitted.

    After a click in a message or App Home it is opened.
    """

    view: View = field(repr=False)


@dataclass(frozen=True)
class FieldErrors:
    """Keep the modal open and say under its fields what is wrong."""

    problems: Mapping[str, str]


@dataclass(frozen=True)
class Done:
    """Close the modal that was submitted; after anything else, say nothing."""


@dataclass(frozen=True)
class CloseAll:
    """Close the whole stack of modals."""


Answer = Say | Show | Replace | FieldErrors | Done | CloseAll
