"""``psrt-bot doctor --probe`` tries for real what the bot will do, and leaves nothing behind."""

from collections.abc import Callable

import pytest

from psrt_bot.doctor.findings import Finding, Grade
from psrt_bot.doctor.probe import probe
from psrt_bot.manifest import SCOPES
from psrt_bot.runtime.slack import new_client
from psrt_bot.sandbox import faults
from tests.cli.clinic import Clinic, Opened
from tests.cli.clinic import clinic as clinic  # the fixtures
from tests.cli.clinic import installation_folder as installation_folder
from tests.cli.clinic import open_clinic as open_clinic

STEPS = [
    "post in the admin channel",
    "update it",
    "delete it",
    "write a direct message",
    "find it by its mark",
    "delete the direct message",
    "upload a file into the admin channel",
    "delete its line",
    "delete the file",
]
LOST = "try again; if something of this is left in {}, delete it by hand"


class Tried:
    """What a probe did in a workspace, without waiting between its tries."""

    def __init__(self, clinic: Clinic) -> None:
        self.waited: list[float] = []
        self._state = clinic.workspace.state
        # No fault here lets a call hang: a client that gave up would only do so on a busy machine,
        # and try once more than the tests count.
        api = clinic.workspace.server.api_url
        client = new_client(clinic.installation.bot_token, api, timeout=60)
        self.admins = clinic.channel("admins")
        ana = clinic.workspace.as_user("ana").id
        self.findings = list(probe(client, self.admins, ana, pause=self.waited.append))

    @property
    def bad(self) -> dict[str, str]:
        """Each thing that failed, and what to do about it."""
        return {
            finding.what.removeprefix("probe: "): finding.remedy
            for finding in self.findings
            if finding.grade is Grade.BAD
        }

    @property
    def left(self) -> list[str]:
        """What can still be read of it: texts of messages, and files that are there."""
        messages = [m.text for c in self._state.channels.values() for m in c.messages.values()]
        shown = (file for file in self._state.files.values() if file.completed)
        return messages + [file.name for file in shown if not file.deleted]


def test_all_is_well(clinic: Clinic) -> None:
    """It posts, updates and deletes in the admin channel, reads its mark back from an admin's
    direct messages, uploads and deletes a file there; the exit code is 0, and nothing is left."""
    ran = clinic.visit("--probe")
    assert ran.code == 0
    told = [line.split("probe: ")[1] for line in ran.text.splitlines() if "probe: " in line]
    assert told == STEPS
    places = {clinic.channel("admins")}
    for call in clinic.workspace.calls:
        if call.method in ("chat.update", "files.completeUploadExternal"):
            assert {call.args.get("channel", call.args.get("channel_id"))} == places
    assert all(file.deleted for file in clinic.workspace.state.files.values())


def test_only_where_all_else_is_well(clinic: Clinic) -> None:
    """While something is bad nothing is written, and the reason is said."""
    clinic.workspace.archive("council")
    before = len(clinic.workspace.state.recorded)
    ran = clinic.visit("--probe")
    assert ran.code == 1
    assert ran.text.endswith("note probe: not tried -> mend what is BAD first\n")
    asked = {call.method for call in clinic.workspace.calls[before:]}
    assert not [method for method in asked if method.startswith(("chat.", "files."))]


def test_nobody_to_write_to(clinic: Clinic) -> None:
    """Without an admin who can be reached there is nobody whose direct messages to look into."""
    clinic.sql("UPDATE person SET slack_user_id = NULL")
    told = clinic.line("no admin", "--probe")
    assert told.startswith("BAD  no admin to probe direct messages with -> psrt-bot roster link")


def test_a_workspace_that_forbids_something(clinic: Clinic) -> None:
    """Direct messages that are off, and a channel where apps may not post: each with its remedy,
    and what does work is tried all the same."""
    home = clinic.installation.app.manifest["features"]["app_home"]
    home["messages_tab_enabled"] = False
    clinic.workspace.restrict("post")
    tried = Tried(clinic)
    assert tried.bad == {
        "post in the admin channel: restricted_action": (
            "let apps post in this channel: its settings, Posting permissions"
        ),
        "write a direct message: messages_tab_disabled": (
            "turn the Messages tab on: the app's page, App Home"
        ),
    }
    assert [f.what for f in tried.findings if f.grade is Grade.GOOD] == [
        f"probe: {step}" for step in STEPS[-3:]
    ]
    assert tried.left == []


def test_metadata_that_is_not_shown(open_clinic: Opened) -> None:
    """Without its scope Slack leaves a message's metadata out: no mark, and two direct messages."""
    with open_clinic([s for s in SCOPES if s != "metadata.message:read"]) as clinic:
        tried = Tried(clinic)
    assert list(tried.bad) == ["find it by its mark: Slack does not show the message's metadata"]
    assert tried.left == []


REFUSED = {
    "chat.postMessage": "post in the admin channel",
    "chat.update": "update it",
    "conversations.open": "open a direct message",
    "conversations.history": "read it back",
    "files.getUploadURLExternal": "ask where to upload a file",
    "files.completeUploadExternal": "share the file",
}


@pytest.mark.parametrize("method", REFUSED)
def test_a_refused_step(clinic: Clinic, method: str) -> None:
    """Whichever step Slack refuses is named with its code; the rest is tried; nothing is left."""
    clinic.workspace.faults.add(method, faults.refused("org_login_required"))
    tried = Tried(clinic)
    assert tried.bad == {
        f"{REFUSED[method]}: org_login_required": "see docs/slack-setup.md, then try again"
    }
    assert tried.left == []
    assert tried.waited == []


def direct(clinic: Clinic) -> str:
    """The conversation of the bot and the probed admin."""
    ana = clinic.workspace.as_user("ana").id
    channels = clinic.workspace.state.channels.values()
    (found,) = [c.id for c in channels if c.kind == "im" and ana in c.members]
    return found


Place = Callable[[Clinic], str]
UNANSWERED: dict[str, tuple[str, str, Place | None]] = {
    "chat.update": ("chat.update", "update it", None),
    "chat.postMessage": ("chat.postMessage", "write a direct message", direct),
    "files.completeUploadExternal": (
        "files.completeUploadExternal",
        "share the file",
        lambda clinic: clinic.channel("admins"),
    ),
    "upload": ("upload", "upload a file", None),
}


@pytest.mark.parametrize("took_effect", [True, False])
@pytest.mark.parametrize("name", UNANSWERED)
def test_an_answer_that_is_lost(clinic: Clinic, name: str, took_effect: bool) -> None:
    """Whether or not the call took effect: what it may have made is looked for and deleted."""
    method, step, place = UNANSWERED[name]
    cut = faults.cut_after() if took_effect else faults.cut_before()
    to_a_person = name == "chat.postMessage"
    clinic.workspace.faults.add(
        method, cut, when=lambda args: bool(args.get("metadata")) or not to_a_person
    )
    tried = Tried(clinic)
    ((said, remedy),) = tried.bad.items()
    assert said.startswith(f"{step}: ")
    if place is not None:
        assert remedy == LOST.format(place(clinic))
    assert tried.left == []


def test_a_post_whose_answer_is_lost(clinic: Clinic) -> None:
    """The bot may not read the channel (no groups:history), so only a person can delete it."""
    clinic.workspace.faults.add("chat.postMessage", faults.cut_after())
    tried = Tried(clinic)
    ((said, remedy),) = tried.bad.items()
    assert said.startswith("post in the admin channel: ")
    assert remedy == LOST.format(tried.admins)
    assert len(tried.left) == 1


PASSING = {
    "cut": (faults.cut_before(), 1.0),
    "cut after": (faults.cut_after(), 1.0),
    "busy": (faults.server_error(), 1.0),
    "limited": (faults.rate_limited(7), 7.0),
    "limited for long": (faults.rate_limited(900), 30.0),
}


@pytest.mark.parametrize("name", PASSING)
@pytest.mark.parametrize("method", ["chat.delete", "files.delete", "files.info"])
def test_it_tidies_up_patiently(clinic: Clinic, method: str, name: str) -> None:
    """Deleting goes on where Slack does not answer or asks to wait: all is well in the end."""
    fault, seconds = PASSING[name]
    clinic.workspace.faults.add(method, fault, times=2)
    tried = Tried(clinic)
    assert tried.bad == {}
    assert tried.left == []
    assert tried.waited == [seconds, seconds]


@pytest.mark.parametrize(("refused", "tries"), [(True, 0), (False, 2)])
def test_what_cannot_be_deleted_is_named(clinic: Clinic, refused: bool, tries: int) -> None:
    """A message that stays, refused or given up, is to be deleted by hand, where it is said."""
    fault = faults.refused("org_login_required") if refused else faults.server_error()
    clinic.workspace.faults.add("chat.delete", fault, times=tries + 1)
    tried = Tried(clinic)
    ((said, remedy),) = tried.bad.items()
    assert said.startswith("delete it: ")
    assert remedy == f"delete it by hand in {tried.admins}"
    assert len(tried.waited) == tries
    assert len(tried.left) == 1


@pytest.mark.parametrize("told", [True, False])
def test_a_file_of_which_slack_does_not_tell_where_it_is(clinic: Clinic, told: bool) -> None:
    """The file goes all the same; its line stays, and is to be deleted by hand."""
    answer = {"ok": True, "file": {"id": "F1", "shares": {}}}
    silent = faults.Fault("silent", 200, {"Content-Type": "application/json"}, answer)
    clinic.workspace.faults.add(
        "files.info", silent if told else faults.refused("org_login_required"), times=3
    )
    tried = Tried(clinic)
    code = "Slack does not say" if told else "org_login_required"
    assert tried.bad == {
        f"ask where it was shared: {code}": (
            f"delete the line about a deleted file in {tried.admins} by hand"
        )
    }
    assert tried.waited == ([1.0, 1.0] if told else [])
    assert len(tried.left) == 1  # the line alone
    assert all(file.deleted for file in clinic.workspace.state.files.values())


def test_slack_away_in_the_middle(clinic: Clinic) -> None:
    """An outage that begins under way ends the probe with words, not with a traceback."""
    clinic.workspace.faults.add("*", faults.server_error(), times=99)
    tried = Tried(clinic)
    assert [finding.what for finding in tried.findings] == [
        "probe: post in the admin channel: http_503",
        "probe: open a direct message: http_503",
        "probe: ask where to upload a file: http_503",
    ]
    assert all(isinstance(finding, Finding) and finding.remedy for finding in tried.findings)
