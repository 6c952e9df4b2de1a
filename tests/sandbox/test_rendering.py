"""What a person reads: dates in their zone, mentions by name, plain text as it stands."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from slack_sdk import WebClient

from psrt_bot.sandbox.modal import Modal
from psrt_bot.sandbox.person import Person
from psrt_bot.sandbox.workspace import Workspace
from tests.sandbox.kit import home, modal, plain, section

# 2026-03-02 23:30 UTC; the workspace's clock says 09:00 of that day
STAMP = 1772494200
RENDERED = {
    "{date_num} {time}": ("2026-03-03 12:30 AM", "2026-03-02 11:30 PM"),
    "{date}": ("March 3rd, 2026", "March 2nd, 2026"),
    "{date_short}, {time_secs}": ("Mar 3, 2026, 12:30:00 AM", "Mar 2, 2026, 11:30:00 PM"),
    "{date_long}": ("Tuesday, March 3rd, 2026", "Monday, March 2nd, 2026"),
    "{date_long_pretty}": ("tomorrow", "today"),
    "{date_slash}": ("03/03/2026", "03/02/2026"),
    "{date_of_my_own}": ("fallback", "fallback"),
}


@pytest.mark.parametrize("pattern", RENDERED)
def test_dates(alice: Person, bob: Person, pattern: str) -> None:
    """alice in Berlin and bob in UTC read the same date each in their own zone."""
    text = f"<!date^{STAMP}^{pattern}|fallback>"
    assert (alice.look(text, "mrkdwn"), bob.look(text, "mrkdwn")) == RENDERED[pattern]
    assert alice.look(text, "plain_text") == text


@pytest.mark.parametrize(
    ("day", "shown"), [(3, "3rd"), (11, "11th"), (12, "12th"), (21, "21st"), (30, "30th")]
)
def test_ordinals(bob: Person, day: int, shown: str) -> None:
    """Days have their English endings."""
    stamp = STAMP + (day - 2) * 86_400
    assert bob.look(f"<!date^{stamp}^{{date}}|f>", "mrkdwn") == f"March {shown}, 2026"


def test_broken_date(bob: Person) -> None:
    """A date that is none shows its fallback."""
    assert bob.look("<!date^soon^{date}|one day>", "mrkdwn") == "one day"


def test_mentions(workspace: Workspace, alice: Person, carol: Person) -> None:
    """People and channels are named, private channels to members only; links show their label."""
    place = workspace.state.channel("team").id
    text = f"<@{carol.id}> in <#{place}>: <https://x.example|read>, <!here>, 1 &lt; 2 &amp; 3"
    expected = "@Carol Cole in {}: read, @here, 1 < 2 & 3"
    assert alice.look(text, "mrkdwn") == expected.format("#team")
    assert carol.look(text, "mrkdwn") == expected.format("#private-channel")
    assert alice.look("<https://x.example>", "mrkdwn") == "https://x.example"


def test_message_as_read(client: WebClient, alice: Person) -> None:
    """Blocks are what is read, the text only of a message without any; `rendered` stays raw."""
    date = f"<!date^{STAMP}^{{date_num}}|f>"
    client.chat_postMessage(channel=alice.id, text=f"due {date}")
    header = {"type": "header", "text": plain(date)}
    client.chat_postMessage(channel=alice.id, text="raw", blocks=[header, section(date)])
    first, second = alice.inbox
    assert first.as_read == "due 2026-03-03"
    assert second.as_read == f"{date}\n2026-03-03"
    assert second.rendered == f"raw\n{date}\n{date}"


def test_views_as_read(client: WebClient, alice: Person, open_modal: Callable[..., Modal]) -> None:
    """Modals and Homes are read the same way."""
    date = f"<!date^{STAMP}^{{date_num}}|f>"
    assert "2026-03-03" in open_modal(modal(section(date))).as_read
    client.views_publish(user_id=alice.id, view=home(section(date)))
    assert alice.open_home(timeout=0).as_read == "2026-03-03"


def test_no_writing_in_a_read_only_tab(workspace: Workspace, alice: Person) -> None:
    """Where the Messages tab is read-only, or off, nobody writes to the app."""
    alice.say(None, "hello")
    tab = workspace.state.only_app().manifest["features"]["app_home"]
    tab["messages_tab_read_only_enabled"] = True
    with pytest.raises(PermissionError):
        alice.say(None, "hello")
