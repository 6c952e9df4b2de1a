"""The gate before Bolt: one for both transports, so that both let the same things through.

A payload that is not of Slack's shape gets a 400 and one line in the log without its body; an
error that escapes Bolt gets a reference instead of a traceback with values.
"""

import json
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

import structlog
from slack_bolt import App, BoltRequest, BoltResponse

from psrt_bot import shapes
from psrt_bot.runtime.logs import new_reference

log = structlog.get_logger(__name__)

Headers = Mapping[str, str | Sequence[str]]


class Gate:
    """Lets well-formed payloads through to a Bolt app."""

    def __init__(self, bolt: App) -> None:
        self._bolt = bolt

    def answer(self, payload: object, headers: Headers | None = None) -> BoltResponse:
        """Return Bolt's answer, or a 400; never raises.

        The request's origin has been proved before: by its signature, or by the socket it came on.
        """
        if wrong := shapes.problem(payload):
            log.warning("malformed_payload", problem=wrong)
            return BoltResponse(status=400, body="")
        assert isinstance(payload, Mapping)
        try:
            request = BoltRequest(
                mode="socket_mode",  # parsed already, and verified already
                body=dict(payload),
                headers=dict(headers) if headers else None,
            )
            return self._bolt.dispatch(request)
        except Exception:
            log.exception("gate_failed", reference=new_reference())
            return BoltResponse(status=400, body="")


def read_form(body: bytes, content_type: str) -> object:
    """Return the payload of a request of Slack's; None when it cannot be read.

    Read here and not by Bolt, which takes a command for a broken interaction as soon as the word
    "payload" stands in its text.
    """
    try:
        text = body.decode("utf-8")
        if content_type.startswith("application/json"):
            return json.loads(text)
        fields = dict(parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text)))
        return json.loads(fields["payload"]) if "payload" in fields else fields
    except (ValueError, RecursionError):
        return None
