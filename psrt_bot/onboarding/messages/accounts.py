"""What is said when GitHub knows nobody of the name that a newcomer gave."""

from psrt_bot.onboarding.messages.words import Shown
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message, escape
from psrt_bot.runtime.called import command


def told_them(shown: Shown) -> Message:
    """Return the word to the newcomer: how to put it right."""
    text = (
        f"GitHub knows no person's account called {escape(shown.github)}. If that was a slip, say "
        f"which is yours: {command('psrt link')}. You are a member all the same; access on GitHub "
        "waits for it."
    )
    return Message(text, [blocks.section(text)])


def told_admins(shown: Shown) -> Message:
    """Return the word to the admins."""
    text = (
        f"GitHub knows no person's account called {escape(shown.github)}, which "
        f"{escape(shown.name)} gave. They have been told how to correct it."
    )
    return Message(text, [blocks.section(text)])
