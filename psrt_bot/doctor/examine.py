"""``psrt-bot doctor``: is everything there that the bot needs, and if not, what is to be done?

Reads only: no file is made, no message sent. What is tried out for real is in ``probe.py``.
"""

from collections.abc import Iterator

from psrt_bot.doctor.findings import Finding
from psrt_bot.doctor.github import of_github
from psrt_bot.doctor.local import of_checklist, of_database
from psrt_bot.doctor.remote import of_slack
from psrt_bot.settings import Settings


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield what is right and wrong, in the order in which it is best mended."""
    yield from of_checklist(settings)
    yield from of_database(settings)
    yield from of_slack(settings)
    yield from of_github(settings)
