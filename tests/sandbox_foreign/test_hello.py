"""A foreign Bolt app, tested on the sandbox in ten lines: the example of docs/sandbox.md."""

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from psrt_bot.sandbox.workspace import Workspace

MANIFEST = {
    "display_information": {"name": "Greeter"},
    "features": {"slash_commands": [{"command": "/hello", "description": "Says hello"}]},
    "oauth_config": {"scopes": {"bot": ["commands", "chat:write"]}},
}


def test_hello() -> None:
    """A foreign app answers a slash command and posts where it was called."""
    workspace = Workspace()
    workspace.add_user("ada")
    workspace.add_channel("general", members=["ada"])
    installed = workspace.install(MANIFEST)
    workspace.invite_bot("general")
    with workspace.serve() as server:
        app = App(client=WebClient(installed.bot_token, base_url=server.api_url))
        app.command("/hello")(lambda ack, say: (ack("Hello, Ada!"), say("Ada is here")))
        handler = SocketModeHandler(app, installed.app_token)
        handler.connect()
        installed.wait_connected()
        assert workspace.as_user("ada").command("/hello", channel="general").text == "Hello, Ada!"
        workspace.as_user("ada").channel("general").wait(lambda m: m.text == "Ada is here")
        handler.close()
