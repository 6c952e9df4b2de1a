"""What an answer tells beside its body: scopes, Slack's clock, and in which order things came."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from psrt_bot.sandbox.installation import Installation
from psrt_bot.sandbox.person import Person
from psrt_bot.sandbox.server import Server
from psrt_bot.sandbox.workspace import Workspace
from tests.sandbox.conftest import SCOPES, over_http, over_socket


def headers_of(client: WebClient, method: str) -> dict[str, str]:
    """The headers of an answer, refused or not, by their names in small letters."""
    try:
        headers = client.api_call(method).headers
    except SlackApiError as error:
        headers = error.response.headers
    return {name.lower(): value for name, value in headers.items()}


def test_scopes_are_told(client: WebClient, installation: Installation, server: Server) -> None:
    """A bot token's scopes stand in every answer; nobody else is told any."""
    told = headers_of(client, "auth.test")
    assert told["x-oauth-scopes"].split(",") == sorted(SCOPES)
    assert "x-accepted-oauth-scopes" not in told
    assert headers_of(client, "users.list")["x-accepted-oauth-scopes"] == "users:read"
    assert "x-oauth-scopes" in headers_of(client, "chat.postMessage")  # refused: no channel
    for token in ("xoxb-no", installation.app_token):
        stranger = WebClient(token, base_url=server.api_url)
        assert "x-oauth-scopes" not in headers_of(stranger, "auth.test")


def test_the_date_is_real_until_it_is_put_wrong(workspace: Workspace, client: WebClient) -> None:
    """One Date header, by this machine's clock whatever the workspace's is, or off on demand."""

    def off() -> timedelta:
        told = parsedate_to_datetime(headers_of(client, "auth.test")["date"])
        return abs(told - datetime.now(UTC))

    assert off() < timedelta(seconds=5)
    workspace.clock_off = timedelta(minutes=-6)
    assert timedelta(minutes=5, seconds=55) < off() < timedelta(minutes=6, seconds=5)


def test_signatures_follow_slacks_clock(
    server: Server, workspace: Workspace, installation: Installation, alice: Person
) -> None:
    """Six minutes off, a request is taken for a replay and refused, by stock Bolt as well."""
    with over_http(server, installation, lambda app: app.command("/order")(lambda ack: ack("Yes"))):
        assert alice.command("/order", channel="team").text == "Yes"
        workspace.clock_off = timedelta(minutes=-6)
        assert alice.command("/order", channel="team").status == "dispatch_failed"


def test_calls_and_acks_stand_in_one_order(
    server: Server, workspace: Workspace, installation: Installation, alice: Person
) -> None:
    """Socket Mode: a call made before the ack has the smaller number, one after it the larger."""
    app_client = WebClient(installation.bot_token, base_url=server.api_url)

    def order(ack, body) -> None:  # type: ignore[no-untyped-def]
        app_client.users_info(user=body["user_id"])
        ack("Yes")
        workspace.wait_for(lambda: workspace.state.delivered[-1].acked is not None)
        app_client.auth_test()

    with over_socket(server, installation, lambda app: app.command("/order")(order)):
        alice.command("/order", channel="team")
        workspace.wait_for(lambda: workspace.calls[-1].method == "auth.test")
    acked = workspace.state.delivered[-1].acked
    by_method = {call.method: call.number for call in workspace.calls}
    assert acked is not None
    assert by_method["users.info"] < acked < by_method["auth.test"]


def test_a_file_tells_which_message_shares_it(client: WebClient, alice: Person) -> None:
    """files.info has the ts that the upload's answer lacks, so that the message can be deleted."""
    team = alice.channel("team").channel.id
    sent = client.files_upload_v2(channel=team, content="{}", filename="a.json")["file"]["id"]
    (shared,) = client.files_info(file=sent)["file"]["shares"]["private"][team]
    client.chat_delete(channel=team, ts=shared["ts"])
    assert alice.channel("team").everything == []
    assert client.files_info(file=sent)["file"]["shares"] == {}
