"""(a) Dispatch of ``/vote``: the whole of ours against a bare Bolt listener, in process."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from slack_bolt import Ack, App, BoltRequest
from slack_bolt.authorization import AuthorizeResult

from benchmarks.measure import Row, each, in_turns
from benchmarks.rig import bot, open_poll, user_id

PAYLOAD = {
    "command": "/vote",
    "text": "help",
    "user_id": user_id(0),
    "team_id": "T0",
    "channel_id": "C0TEAM",
    "trigger_id": "1.2.3",
    "response_url": "",
}


def _authorize() -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=None, team_id=None, bot_token="xoxb-bench")


def bare_app(*, before_response: bool, pool: ThreadPoolExecutor | None = None) -> App:
    """Return a Bolt app that answers ``/vote`` with a constant."""
    app = App(
        authorize=_authorize,
        signing_secret="b",
        process_before_response=before_response,
        listener_executor=pool,
    )

    @app.command("/vote")
    def answer(ack: Ack) -> None:
        ack("help")

    return app


def _dispatch(app: App) -> Callable[[int], Any]:
    def once(_: int) -> Any:
        response = app.dispatch(BoltRequest(mode="socket_mode", body=dict(PAYLOAD)))
        assert response.status == 200
        return response

    return once


def measure() -> list[Row]:
    """Return the two comparisons."""
    with ThreadPoolExecutor() as pool, bot(30) as built:
        open_poll(built, 30)
        ours = _dispatch(built.bolt)
        mine, bare = in_turns(ours, _dispatch(bare_app(before_response=True)), 200)
        stock = each(_dispatch(bare_app(before_response=False, pool=pool)), 100)
    return [
        Row("dispatch of /vote", mine, bare, "a bare before-response listener", 0.1),
        Row("dispatch of /vote", mine, stock, "a bare stock listener", 5),
    ]
