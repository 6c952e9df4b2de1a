"""Every code of the table of refusals, by every method that the table gives for it."""

from __future__ import annotations

import pytest

from psrt_bot.sandbox.api.dispatch import METHODS
from psrt_bot.sandbox.refusals import DOCS, EVERY, REFUSALS, Refusal
from tests.sandbox.kit import field, home, modal, section
from tests.sandbox.provoking import PROVOKED, VIEWS, Args, place
from tests.sandbox.stage import ALL_SCOPES, NOBODY, Stage


@pytest.mark.parametrize(("code", "method"), PROVOKED, ids=lambda part: str(part))
def test_refusal(code: str, method: str) -> None:
    """The method answers the code when it should, and cites its page."""
    stage = Stage()
    args = PROVOKED[code, method](stage)
    answer = stage.call(method, **args)
    assert (answer["ok"], answer.get("error")) == (False, code)


def test_every_refusal_is_provoked() -> None:
    """Each code of the table, by each method it names, has a test here; no other has."""
    listed = {
        (code, method)
        for code, rule in REFUSALS.items()
        for method in (*rule.methods, *rule.unlisted)
        if method != EVERY
    }
    assert set(PROVOKED) == listed


def test_page_cited() -> None:
    """A refusal cites the page of the very method that answered it."""
    stage = Stage()
    there = {"channel": stage.place("secret")}
    for method in ("conversations.info", "conversations.members"):
        assert stage.page(method, **there) == f"{DOCS}reference/methods/{method}"


def test_only_what_the_table_gives() -> None:
    """A code the table does not give for a method cannot be answered, an unknown one not raised."""
    with pytest.raises(LookupError, match=r"chat\.delete"):
        Refusal("hash_conflict").of("chat.delete")
    with pytest.raises(KeyError):
        Refusal("made_up")


@pytest.mark.parametrize("method", METHODS)
def test_tokens(method: str) -> None:
    """Every method wants a token, a right one, and of its kind."""
    stage = Stage()
    other = stage.installation.app_token
    if METHODS[method].app_level:
        other = stage.installation.bot_token
    for token, code in (("", "not_authed"), ("xoxb-no", "invalid_auth")):
        assert stage.call(method, token)["error"] == code
    assert stage.call(method, other)["error"] == "not_allowed_token_type"


UNSCOPED = {"auth.test", "apps.connections.open", "chat.getPermalink", *VIEWS}
"""What needs no scope: https://docs.slack.dev/reference/methods (each page's list of scopes)."""


@pytest.mark.parametrize("method", sorted(set(METHODS) - UNSCOPED))
def test_missing_scope(method: str) -> None:
    """Without any scope of use a method names what is needed and what there is."""
    stage = Stage(scopes=["commands"])
    args = {**place("team")(stage), "name": "new", "filename": "a", "length": "1", "file": "F1"}
    answer = stage.call(method, **args)
    assert answer["error"] == "missing_scope"
    assert set(answer["needed"].split(",")) <= {*ALL_SCOPES, "groups:write.invites"}
    assert answer["provided"] == "commands"


WANTED: dict[str, Args] = {
    "chat.postMessage": {"text": "x"},
    "chat.update": {"channel": "team"},
    "conversations.info": {},
    "users.info": {},
    "views.open": {"view": "{"},
    "views.update": {"view": modal()},
    "files.completeUploadExternal": {"files": []},
    "files.getUploadURLExternal": {"filename": "a", "length": "two"},
}


@pytest.mark.parametrize("method", WANTED)
def test_invalid_arguments(method: str) -> None:
    """What is missing or malformed is refused as such."""
    stage = Stage()
    args = WANTED[method]
    if "channel" in args:
        args = {"channel": stage.place()}
    assert stage.call(method, **args)["error"] == "invalid_arguments"


def test_publish_for_nobody() -> None:
    """views.publish calls an unknown person an invalid argument, as its page shows."""
    answer = Stage().call("views.publish", user_id=NOBODY, view=home())
    assert answer["error"] == "invalid_arguments"
    assert answer["response_metadata"]["messages"] == ["[ERROR] invalid `user_id`"]


def test_invalid_blocks_say_where() -> None:
    """`errors` and `response_metadata` hold the complaint and the place, in Slack's words."""
    stage = Stage()
    blocks = [section(block_id="a"), section("x" * 3001, block_id="a")]
    answer = stage.call("chat.postMessage", channel=stage.place(), blocks=blocks)
    expected = [
        "must be less than 3001 characters [json-pointer:/blocks/1/text/text]",
        '`block_id` "a" already exists [json-pointer:/blocks/1/block_id]',
    ]
    assert answer["errors"] == expected
    assert answer["response_metadata"]["messages"] == [f"[ERROR] {said}" for said in expected]


def test_several_invited() -> None:
    """One objection stops an invitation of several, unless it is forced; each is named."""
    stage = Stage()
    fresh, there = stage.added("carol"), stage.who("bob")
    args = {"channel": stage.place(), "users": f"{fresh},{there}"}
    answer = stage.call("conversations.invite", **args)
    assert answer["error"] == "already_in_channel"
    assert answer["errors"] == [{"user": there, "ok": False, "error": "already_in_channel"}]
    assert fresh not in stage.state.channel("team").members
    assert stage.call("conversations.invite", force=True, **args)["ok"]
    assert fresh in stage.state.channel("team").members


def test_guests() -> None:
    """A multi-channel guest can be invited until a preference says otherwise."""
    stage = Stage()
    first, second = (stage.added(name, guest=True) for name in ("gus", "gil"))
    assert stage.call("conversations.invite", channel=stage.place(), users=first)["ok"]
    stage.workspace.restrict("invite_guests")
    refused = stage.call("conversations.invite", channel=stage.place(), users=second)
    assert refused["error"] == "user_is_restricted"


def test_restrictions_taken_back() -> None:
    """A preference can be taken back, and `post` leaves direct messages alone."""
    stage = Stage().restricted("post")
    assert stage.call("chat.postMessage", channel=stage.who(), text="x")["ok"]
    stage.workspace.allow("post")
    assert stage.call("chat.postMessage", channel=stage.place(), text="x")["ok"]


def test_deactivated_people() -> None:
    """Posting into the DM of somebody deactivated succeeds; one never opened is not found."""
    stage = Stage()
    direct = stage.direct()
    stage.workspace.change_user("alice", deleted=True)
    for target in (direct, stage.who()):
        assert stage.call("chat.postMessage", channel=target, text="x")["channel"] == direct
    assert stage.call("conversations.open", users=stage.who())["error"] == "user_disabled"
    for never in (stage.added("gone", deleted=True), stage.added("robot", bot=True)):
        answer = stage.call("chat.postMessage", channel=never, text="x")
        assert answer["error"] == "channel_not_found"


def test_eight_people() -> None:
    """Eight people and the app make a group DM."""
    stage = Stage()
    users = ",".join(stage.added(f"p{n}") for n in range(8))
    assert stage.call("conversations.open", users=users)["ok"]


def test_ephemeral_cannot_be_touched() -> None:
    """The ts of an ephemeral message is of no use to chat.update and chat.delete."""
    stage = Stage()
    args = {"channel": stage.place(), "user": stage.who(), "text": "psst"}
    ts = stage.call("chat.postEphemeral", **args)["message_ts"]
    for method in ("chat.update", "chat.delete"):
        answer = stage.call(method, channel=stage.place(), ts=ts, text="x")
        assert answer["error"] == "message_not_found"


def test_modal_needs_submit_for_inputs() -> None:
    """The complaint about a modal names what is wrong with it."""
    stage = Stage()
    view = {k: v for k, v in modal(field("Name")).items() if k != "submit"}
    answer = stage.call("views.open", trigger_id=stage.trigger(), view=view)
    assert answer["error"] == "invalid_arguments"
    assert "submit" in answer["response_metadata"]["messages"][0]
