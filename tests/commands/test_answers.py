"""What a listener answers shows nothing of its content where answers are logged or compared."""

import pytest

from commands.answers import Replace, Show
from psrt_bot.voting.messages import receipt_modal

RECEIPT = "AAAA-BBBB-CCCC"


@pytest.mark.parametrize("kind", [Show, Replace])
def test_a_modal_is_not_shown(kind: type[Show] | type[Replace]) -> None:
    """A receipt stands in a modal; it must not get into a traceback or a log by way of it."""
    answer = kind(receipt_modal(RECEIPT))
    assert RECEIPT in str(answer.view.to_dict())
    assert RECEIPT not in repr(answer)
    assert "View" not in repr(answer)
