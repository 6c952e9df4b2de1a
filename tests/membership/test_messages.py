"""What admins read about deliveries: where and why, never what, and nobody's secret."""

import pytest

from psrt_bot.membership import messages


@pytest.mark.parametrize(
    ("conversation", "where"),
    [
        ("C0123", "<#C0123>"),
        ("dm:U0123", "<@U0123>"),
        ("home:U0123", "<@U0123>"),
        ("group:U0123,U0456", "<@U0123> and <@U0456>"),
        ("fan:8f3a", "somebody"),
    ],
)
def test_dead_letters(conversation: str, where: str) -> None:
    """A channel and a person are named; of a reminder nobody is: it tells who has not voted."""
    said = messages.delivery_died(conversation, "user_disabled")
    assert f"A message to {where} cannot be delivered" in said.text
    assert "user_disabled" in said.text
    assert "8f3a" not in said.text
