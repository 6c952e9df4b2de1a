"""Payloads of Slack, read into one shape; of any other shape, refused without a fall."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from commands.asked import Asked, MalformedPayload, read_action, read_command, read_submission

Reader = Callable[[Mapping[str, Any]], Asked]
READERS: list[Reader] = [read_command, read_action, read_submission]


def state(**fields: dict[str, Any]) -> dict[str, Any]:
    """Return a view's state as Slack sends it: block id, action id, element."""
    return {"values": {name: {name: element} for name, element in fields.items()}}


def test_a_command_is_read() -> None:
    """Who, what follows the command without outer spaces, and the two ways to answer."""
    asked = read_command(
        {"user_id": "U1", "trigger_id": "t", "text": "  status ", "response_url": "https://r"}
    )
    assert asked == Asked("U1", trigger_id="t", text="status", response_url="https://r")


def test_a_click_in_a_message_is_read() -> None:
    """The button's value; no modal."""
    asked = read_action(
        {"user": {"id": "U1"}, "trigger_id": "t", "actions": [{"value": "n1"}], "view": None}
    )
    assert asked == Asked("U1", trigger_id="t", value="n1")


@pytest.mark.parametrize(("kind", "view_id"), [("modal", "V1"), ("home", "")])
def test_only_a_modal_counts_as_the_place_of_a_click(kind: str, view_id: str) -> None:
    """From App Home a modal is opened, not pushed."""
    view = {"id": "V1", "type": kind, "private_metadata": "m"}
    asked = read_action({"user": {"id": "U1"}, "actions": [{}], "view": view})
    assert (asked.view_id, asked.metadata) == (view_id, "m")


def test_a_submission_is_read_with_every_kind_of_field() -> None:
    """One value or several, by block id; what is empty is the empty text."""
    view = {
        "id": "V1",
        "private_metadata": "draft",
        "state": state(
            text={"type": "plain_text_input", "value": "written"},
            left_empty={"type": "plain_text_input", "value": None},
            user={"type": "users_select", "selected_user": "U2"},
            place={"type": "conversations_select", "selected_conversation": "C2"},
            day={"type": "datepicker", "selected_date": "2026-03-02"},
            choice={"type": "radio_buttons", "selected_option": {"value": "yes"}},
            no_choice={"type": "static_select", "selected_option": None},
            boxes={"type": "checkboxes", "selected_options": [{"value": "a"}, {"value": "b"}]},
            no_boxes={"type": "checkboxes", "selected_options": []},
        ),
    }
    asked = read_submission({"user": {"id": "U1"}, "view": view})
    names = ("text", "user", "place", "day", "choice")
    assert [asked.one(n) for n in names] == ["written", "U2", "C2", "2026-03-02", "yes"]
    assert [asked.one(n) for n in ("left_empty", "no_choice", "unheard_of")] == ["", "", ""]
    assert asked.several("boxes") == {"a", "b"}
    assert asked.several("no_boxes") == asked.several("unheard_of") == frozenset()
    assert (asked.view_id, asked.metadata) == ("V1", "draft")


def test_one_and_several_do_not_mistake_each_other() -> None:
    """A field of the other kind is empty, not an error and not its letters."""
    asked = Asked("U1", values={"one": "abc", "several": ("a", "b")})
    assert asked.one("several") == ""
    assert asked.several("one") == frozenset()


def test_nothing_typed_shows_in_its_repr() -> None:
    """Fields, and the two capabilities to answer, stay out of any log or traceback."""
    asked = Asked("U1", trigger_id="TRIGGER", values={"choice": "yes"}, response_url="https://r")
    assert not any(word in repr(asked) for word in ("TRIGGER", "yes", "https"))


PARTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "type", "value", "values", "state", "selected_options", "selected_option"]
            )
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
BODIES = st.dictionaries(
    st.sampled_from(
        ["user", "user_id", "view", "actions", "text", "trigger_id", "response_url", "state"]
    ),
    PARTS,
)


@pytest.mark.parametrize("read", READERS)
@given(body=BODIES)
@example(body={"user": "U1", "user_id": 7, "view": [], "actions": {}})
@example(body={"user": {"id": "U1"}, "user_id": "U1", "actions": ["x"], "view": {"id": "V"}})
@example(body={"user": {"id": "U"}, "view": {"id": "V", "state": {"values": {"a": 1, "b": [2]}}}})
@example(
    body={
        "user": {"id": "U"},
        "view": {"id": "V", "state": {"values": {"a": {"b": {"selected_options": [1, {}]}}}}},
    }
)
def test_any_payload_is_read_or_refused(read: Reader, body: dict[str, Any]) -> None:
    """No shape makes a reader fall; a refusal names what is missing, and nothing of the payload."""
    refusal = ""
    asked = None
    try:
        asked = read(body)
    except MalformedPayload as error:
        refusal = str(error)
    if asked is None:
        assert refusal in ("the payload has no user_id", "the payload has no id")
    else:
        assert asked.user_id
        assert all(isinstance(value, str | tuple) for value in asked.values.values())
