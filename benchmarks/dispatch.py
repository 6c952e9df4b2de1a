"""(a) ``/vote`` of an elector with a vote open, to its ack, against bare Bolt listeners.

No side calls Slack in what is timed: the bot opens the ballot's window only when the transport has
its answer, on a thread of its own (``runtime/afterwards.py``). Before the timing it is let do so
once, to a stub, which shows that the ballot is what was prepared.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from slack_bolt import Ack, App, BoltRequest
from slack_bolt.authorization import AuthorizeResult

from benchmarks.measure import Row, in_turns
from benchmarks.rig import bot, open_poll, user_id
from benchmarks.stub import StubSlack, stub_slack
from psrt_bot.app import Bot
from psrt_bot.voting.messages import CAST

ELECTORS = 30
TIMES = 100

PAYLOAD = {
    "command": "/vote",
    "text": "",
    "user_id": user_id(0),
    "team_id": "T0",
    "channel_id": "C0TEAM",
    "trigger_id": "1.2.3",
    "response_url": "",
}


def _authorize() -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=None, team_id=None, bot_token="xoxb-bench")


def bare_app(*, before_response: bool, pool: ThreadPoolExecutor | None = None) -> App:
    """Return a Bolt app that acknowledges ``/vote``, as the bot does, with nothing."""
    app = App(
        authorize=_authorize,
        signing_secret="b",
        process_before_response=before_response,
        listener_executor=pool,
    )

    @app.command("/vote")
    def answer(ack: Ack) -> None:
        ack()

    return app


def _dispatch(app: App) -> Callable[[int], Any]:
    def once(_: int) -> Any:
        response = app.dispatch(BoltRequest(mode="socket_mode", body=dict(PAYLOAD)))
        assert response.status == 200
        return response

    return once


def _see_the_ballot(ours: Callable[[int], Any], built: Bot, slack: StubSlack) -> None:
    """Make sure that what is timed ends in a ballot, and not in words that refuse it."""
    ours(0)
    built.surface.afterwards.release()  # as the transport does once the answer is out
    method, sent = slack.calls.get(timeout=10)
    assert method == "views.open"
    assert CAST in sent


def measure() -> list[Row]:
    """Return the two comparisons."""
    with (
        ThreadPoolExecutor() as pool,
        stub_slack() as slack,
        bot(ELECTORS, slack_api_url=slack.url) as built,
    ):
        open_poll(built, ELECTORS)
        ours = _dispatch(built.bolt)
        _see_the_ballot(ours, built, slack)
        mine, bare, stock = in_turns(
            TIMES,
            ours,
            _dispatch(bare_app(before_response=True)),
            _dispatch(bare_app(before_response=False, pool=pool)),
        )
        assert slack.calls.empty()
    name = "`/vote` with a vote open, to its ack"
    return [
        Row(name, mine, bare, "a bare before-response listener", 0.1),
        Row(name, mine, stock, "a bare stock listener", 5),
    ]
