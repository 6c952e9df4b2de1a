"""Settings as a test writes them down."""

from typing import Any

from psrt_bot.settings import Settings


def settings_of(**given: Any) -> Settings:
    """Return settings of plain texts, which pydantic reads as it reads the environment's.

    Raises:
        ValidationError: for a name that is no setting, or a value that none may have.
    """
    return Settings(**given)
