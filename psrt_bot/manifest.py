"""The Slack app manifest: exactly the commands, events and scopes that the bot uses.

Format: docs.slack.dev/reference/app-manifest. A test compares this page with what the listeners
register and what the code calls.
"""

from typing import Any

COMMANDS = {
    "nominate": ("Nominate somebody for the team", "[status|withdraw|cancel|help]"),
    "mentor": ("Volunteer as a mentor; how your mentoring stands", "[status|pause|resume|help]"),
    "vote": ("Open your ballot", "[results|help]"),
    "psrt": (
        "What you can do here",
        "[nominate|vote|mentor|onboarding|council|members|link|access|drift|publish|audit|join|help]",
    ),
}

# Each scope with what needs it.
SCOPES = {
    "commands": "the slash commands",
    "chat:write": "chat.postMessage, chat.update",
    "im:write": "conversations.open: direct messages to people who never wrote to the bot",
    "mpim:write": "conversations.open: a newcomer and their mentor together",
    "im:history": "conversations.history: look for a message whose answer was lost",
    "metadata.message:read": "the outbox id in that message",
    "groups:read": "conversations.info and .members of the team's private channels; events of them",
    "groups:write": "conversations.invite and .kick: who joins or leaves the team, in its channels",
    "users:read": "users.list, user_change, team_join: who is a bot, a guest, deactivated; zones",
    "users:read.email": "the address in users.list and team_join: an invited newcomer has come",
    "files:write": "the bulletin's upload",
    "files:read": "files.info: was the bulletin shared before the answer was lost?",
}

EVENTS = (
    "app_home_opened",
    "user_change",
    "team_join",
    "member_joined_channel",
    "member_left_channel",
    "channel_shared",
    "channel_unshared",
    "group_archive",
    "group_unarchive",
    "group_left",
    "group_rename",
)


def manifest(prefix: str = "", request_url: str | None = None) -> dict[str, Any]:
    """Return the manifest.

    Args:
        prefix: stands before the commands' names (``PSRT_COMMAND_PREFIX``).
        request_url: the public address of ``/slack/events`` for HTTP mode; None for Socket Mode.
    """
    commands = []
    for name, (description, hint) in COMMANDS.items():
        command = {
            "command": f"/{prefix}{name}",
            "description": description,
            "usage_hint": hint,
            "should_escape": False,
        }
        commands.append(command | ({"url": request_url} if request_url else {}))
    events: dict[str, Any] = {"bot_events": list(EVENTS)}
    interactivity: dict[str, Any] = {"is_enabled": True}
    if request_url:
        events["request_url"] = request_url
        interactivity["request_url"] = request_url
    return {
        "display_information": {
            "name": "psrt-bot",
            "description": "Memberships of the Python Security Response Team (PEP 811)",
        },
        "features": {
            "bot_user": {"display_name": "psrt-bot", "always_online": True},
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "slash_commands": commands,
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": False,
            "socket_mode_enabled": request_url is None,
            "token_rotation_enabled": False,
        },
    }
