"""Slack's text as HTML, and what people type as Slack's text."""

from __future__ import annotations

import pytest

from psrt_bot.sandbox.page import commands
from psrt_bot.sandbox.page.mrkdwn import Writer
from psrt_bot.sandbox.page.seeing import Reader
from psrt_bot.sandbox.workspace import Workspace
from tests.sandbox.conftest import Clock


@pytest.fixture
def workspace() -> Workspace:
    made = Workspace(now=Clock().now)
    made.add_user("ada", real_name="Ada A", tz="America/New_York")
    made.add_user("bob", real_name="Bob B")
    made.add_channel("team", private=True, members=["bob"])
    made.add_channel("general", members=["ada"])
    return made


@pytest.fixture
def writer(workspace: Workspace) -> Writer:
    return Writer(workspace.state, workspace.state.user("ada"))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold* _it_ ~no~", "<p><strong>bold</strong> <em>it</em> <s>no</s></p>"),
        ("snake_case_name 2*3*4", "<p>snake_case_name 2*3*4</p>"),
        ("*a* and *b*", "<p><strong>a</strong> and <strong>b</strong></p>"),
        ("_*both*_", "<p><em><strong>both</strong></em></p>"),
        ("`*code*` &lt;b&gt;", "<p><code>*code*</code> &lt;b&gt;</p>"),
        ("```\na < b\n*x*\n```", "<pre><code>a &lt; b\n*x*</code></pre>"),
        ("one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>"),
        ("> said\n> more\nme", "<blockquote>said<br>more</blockquote><p>me</p>"),
        ("&gt; said", "<blockquote>said</blockquote>"),
        ("• a\n• b", "<ul><li>a</li><li>b</li></ul>"),
        ("1. a\n2. b\n- c", "<ol><li>a</li><li>b</li></ol><ul><li>c</li></ul>"),
        (
            ":tada: :no_such_thing: 10:30:00",
            '<p><span class="emoji" data-name=":tada:">🎉</span> :no_such_thing: 10:30:00</p>',
        ),
        ("<javascript:alert(1)|press>", "<p>press</p>"),
        ("<b>&<script>", "<p>b&amp;script</p>"),
        ("\x020\x03", "<p>0</p>"),
    ],
)
def test_mrkdwn(writer: Writer, text: str, html: str) -> None:
    """Each piece of mrkdwn becomes its element; what is none stays text, escaped."""
    assert str(writer.mrkdwn(text)) == html


def test_links_people_channels_and_dates(workspace: Workspace, writer: Writer) -> None:
    """Links open elsewhere without telling where from; people and channels by name, unless they
    may not be known; dates in the reader's zone."""
    state = workspace.state
    ada, bob = state.user("ada"), state.user("bob")
    team, general = state.channel("team"), state.channel("general")
    assert 'rel="noopener noreferrer">site</a>' in writer.mrkdwn("<https://example.org|site>")
    assert '<span class="mention">@Bob B</span>' in writer.mrkdwn(f"<@{bob.id}>")
    assert '<span class="mention me">@Ada A</span>' in writer.mrkdwn(f"<@{ada.id}>")
    assert f'href="/as/ada/{general.id}">#general</a>' in writer.mrkdwn(f"<#{general.id}>")
    assert "team" not in writer.mrkdwn(f"<#{team.id}|team>")
    date = writer.mrkdwn("<!date^1772442000^{date_num} at {time}|fallback>")
    assert '<time class="date">2026-03-02 at 4:00 AM</time>' in date


def test_permalinks_stay_on_this_page(workspace: Workspace, writer: Writer) -> None:
    """A link to a message leads to where this page shows it; to one that the reader may not see,
    nowhere; a look-alike is a link like any other."""
    general, team = workspace.state.channel("general").id, workspace.state.channel("team").id
    said = "https://slack.com/archives/{}/p1772442000000100"
    assert f'<a href="/as/ada/{general}#m-1772442000-000100" data-nav="place">card</a>' in (
        writer.mrkdwn(f"<{said.format(general)}|card>")
    )
    assert writer.mrkdwn(f"<{said.format(team)}|card>") == "<p>card</p>"
    other = "https://slack.com.example.org/archives/C1/p1772442000000100"
    assert f'<a href="{other}" target="_blank"' in writer.mrkdwn(f"<{other}|card>")


def test_what_is_typed(workspace: Workspace) -> None:
    """A typed line becomes Slack's text: escaped, with links, people and the channels one sees."""
    ada = workspace.state.user("ada")
    bob, general = workspace.state.user("bob"), workspace.state.channel("general")
    typed = "a < b & @bob, see https://example.org/x?a=1&b=2. #general #team me@bob.example"
    assert commands.written(workspace.state, ada, typed) == (
        f"a &lt; b &amp; <@{bob.id}>, see <https://example.org/x?a=1&amp;b=2>. "
        f"<#{general.id}|general> #team me@bob.example"
    )


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("/vote", ("/vote", "")),
        ("  /vote results ", ("/vote", "results")),
        ("/vote two\nlines", ("/vote", "two\nlines")),
        ("a /vote", None),
        ("/ vote", None),
    ],
)
def test_commands_are_told_from_messages(line: str, command: tuple[str, str] | None) -> None:
    """A line is a command when it begins with a slash and a word."""
    assert commands.split(line) == command


def test_days_and_groups(workspace: Workspace) -> None:
    """Each day has one heading; what one person says within minutes stands together, but not after
    a thread, nor for messages that only one reader sees."""
    clock = Clock()
    workspace.state.now = clock.now
    ada = workspace.as_user("ada")
    first = ada.say("general", "one")
    ada.say("general", "two")
    ada.say("general", "a reply", thread=first)
    clock.forward(minutes=10)
    ada.say("general", "three")
    clock.forward(days=1)
    ada.say("general", "four")
    rows = Reader(workspace.state, ada.user).rows(workspace.state.channel("general"))
    assert [(r.message.text, r.day, r.compact, len(r.replies)) for r in rows] == [
        ("one", "Yesterday", False, 1),
        ("two", None, False, 0),
        ("three", None, False, 0),
        ("four", "Today", False, 0),
    ]
    ada.say("general", "five")
    assert Reader(workspace.state, ada.user).rows(workspace.state.channel("general"))[-1].compact
