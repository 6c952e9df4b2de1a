"""A foreign Bolt app, tested on the sandbox in ten lines: the example of docs/sandbox.md."""

from contextlib import closing

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from psrt_bot.sandbox.workspace import Workspace

MANIFEST = {
    "display_information": {"name": "Greeter"},
    "features": {"slash_commands": [{"command": "/hello", "description": "Says hello"}]},
    "oauth_config": {"scopes": {"bot": ["commands", "chat:write"]}},
}


def greeter(client: WebClient) -> App:
    """Your app: all that the sandbox asks of it is to take a client, or a base URL."""
    app = App(client=client)
    app.command("/hello")(lambda ack: ack("Hello!"))
    return app


def test_hello() -> None:
    """A foreign app answers a slash command."""
    workspace = Workspace()
    workspace.add_user("ada")
    workspace.add_channel("general", members=["ada"])
    installed = workspace.install(MANIFEST)
    with workspace.serve() as server:
        app = greeter(WebClient(installed.bot_token, base_url=server.api_url))
        with closing(SocketModeHandler(app, installed.app_token)) as handler:
            handler.connect()
            installed.wait_connected()
            assert workspace.as_user("ada").command("/hello", channel="general").text == "Hello!"
