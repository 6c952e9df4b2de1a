"""The page's addresses: who is let in, who sees what, and that nothing people wrote is markup."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from psrt_bot.sandbox import filing, posting
from psrt_bot.sandbox.page.config import PageConfig
from tests.page.conftest import Small, small_workspace

NASTY = "<script>alert(1)</script> <img src=x onerror=alert(1)> \"'><b>"


def get(small: Small, path: str, **headers: str) -> httpx.Response:
    return httpx.get(f"{small.address}{path}", headers=headers, follow_redirects=True)


def do(small: Small, person: str, act: str, **body: object) -> httpx.Response:
    return httpx.post(f"{small.address}as/{person}/do/{act}", json=body)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_strangers_are_refused(small: Small, headers: dict[str, str]) -> None:
    """A foreign Host (DNS rebinding) or Origin gets nothing, on every address."""
    team = small.workspace.state.channel("team").id
    for path in ("", "go/alice/", f"as/alice/{team}", "page/page.css", "hood/d1"):
        assert get(small, path, **headers).status_code == 403
    url = f"{small.address}as/alice/do/say"
    said = {"place": team, "text": "hello"}
    assert httpx.post(url, json=said, headers=headers).status_code == 403
    assert small.workspace.state.channel("team").messages == {}


def test_a_form_of_another_site_does_nothing(small: Small) -> None:
    """What a plain form can send is refused: changes come as JSON, which needs our own script."""
    url = f"{small.address}as/alice/do/say"
    said = {"place": small.workspace.state.channel("team").id, "text": "hello"}
    assert httpx.post(url, data=said).status_code == 403
    assert small.workspace.state.channel("team").messages == {}


def test_nothing_is_loaded_from_elsewhere(small: Small) -> None:
    """The policy allows this host alone, no inline script or style, no frame."""
    policy = get(small, "").headers["content-security-policy"]
    rules = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert {rules[name] for name in ("script-src", "style-src", "img-src", "connect-src")} == {
        "'self'"
    }
    assert "unsafe" not in policy


def test_what_people_wrote_is_escaped(small: Small) -> None:
    """Names, topics, messages, blocks and file names are text wherever they are shown."""
    state, app = small.workspace.state, small.installation.app
    team = state.channel("team")
    small.workspace.add_user("mallory", real_name=NASTY)
    small.workspace.add_member("team", "mallory")
    team.topic = NASTY
    do(small, "mallory", "say", place=team.id, text=NASTY)
    text = {"type": "plain_text", "text": NASTY}
    element = {"type": "button", "action_id": "a", "text": text, "value": "v"}
    mrkdwn = {"type": "section", "text": {"type": "mrkdwn", "text": NASTY}}
    blocks: list[dict[str, Any]] = [
        mrkdwn,
        {"type": "actions", "elements": [element]},
        {"type": NASTY},
    ]
    posting.post(state, team, app.bot_user_id, "", app=app, blocks=blocks)
    file = filing.begin(state, app, NASTY, 3)
    filing.receive(state, file.upload_key, b"<b>")
    filing.complete(state, app, {file.id: NASTY}, team, NASTY, None)
    page = get(small, f"as/mallory/{team.id}?hood=1&words={NASTY}").text
    for piece in ("<script>alert", "<img src=x", "\"'><b>", "<b>"):
        assert piece not in page


def test_places_of_others_are_closed(small: Small) -> None:
    """A private channel, somebody's DM, somebody's file, and acts in them are closed to others."""
    state, app = small.workspace.state, small.installation.app
    team = state.channel("team")
    file = filing.begin(state, app, "secret.json", 6)
    filing.receive(state, file.upload_key, b"secret")
    filing.complete(state, app, {file.id: "secret.json"}, team, "here", None)
    do(small, "alice", "say", place=team.id, text="between us")
    assert "between us" in get(small, f"as/bob/{team.id}").text
    landed = get(small, f"as/carol/{team.id}")
    assert "between us" not in landed.text
    assert str(landed.url).endswith(state.channel("general").id)
    assert get(small, f"as/alice/file/{file.id}").content == b"secret"
    assert get(small, f"as/carol/file/{file.id}").status_code == 404
    before = len(team.messages)
    do(small, "carol", "say", place=team.id, text="let me in")
    assert do(small, "carol", "join", place=team.id).status_code == 409
    ts = next(iter(team.messages))
    where = f"message:{team.id}:{ts}"
    assert do(small, "carol", "press", where=where, name="0.0").status_code == 409
    assert len(team.messages) == before


def test_files_are_downloads(small: Small) -> None:
    """A file never opens as a page of ours, whatever its name says."""
    state, app = small.workspace.state, small.installation.app
    file = filing.begin(state, app, "x.html", 3)
    filing.receive(state, file.upload_key, b"<b>")
    filing.complete(state, app, {file.id: "x"}, state.channel("team"), "", None)
    answer = get(small, f"as/alice/file/{file.id}?inline")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")


def test_unchanged_is_not_sent_again(small: Small) -> None:
    """A window that shows what there is gets 304, and the page again once something changed."""
    path = f"as/alice/{small.workspace.state.channel('team').id}"
    shown = get(small, path).headers["x-shown"]
    assert get(small, path, **{"X-Shown": shown}).status_code == 304
    small.workspace.as_user("bob").say("team", "news")
    assert get(small, path, **{"X-Shown": shown}).status_code == 200


def test_stale_clicks_change_nothing(small: Small) -> None:
    """What names a view, message, option or act that is not there is answered 404 or 409."""
    assert do(small, "alice", "submit", view="V0").status_code == 409
    assert do(small, "alice", "press", where="view:V0", name="0.0").status_code == 409
    assert do(small, "alice", "clock", by="day").status_code == 409
    assert do(small, "alice", "no-such-act").status_code == 404
    assert do(small, "nobody", "say").status_code == 404
    assert small.app.received == []


def test_reading_marks(small: Small) -> None:
    """A channel is unread until its window was shown; replies in threads do not count."""
    state = small.workspace.state
    bob = small.workspace.as_user("bob")
    first = bob.say("team", "news")
    bob.say("team", "more", thread=first)
    elsewhere = f"as/alice/{state.channel('general').id}"
    assert '1<span class="sr"> unread' in get(small, elsewhere).text
    get(small, f"as/alice/{state.channel('team').id}")
    assert "unread</span>" not in get(small, elsewhere).text


def test_without_hood_nothing_of_it_is_served() -> None:
    """`show_hood=False` leaves no way to payloads."""
    with small_workspace(PageConfig(show_hood=False)) as small:
        small.workspace.as_user("alice").command("/order", channel="team")
        assert "Under the hood" not in get(small, "?hood=1").text
        key = f"d{small.workspace.state.delivered[0].number}"
        assert get(small, f"hood/{key}").status_code == 404
