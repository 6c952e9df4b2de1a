"""Every setting of the bot with its type, default and help; what must hold between them.

docs/settings.md and .env.example list the same settings in the same order (a test compares).
"""

from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from psrt_bot import settings_values as values

DAY = timedelta(days=1)


class SettingsError(Exception):
    """Settings that cannot be used; `problems` has one line for each: name, what is wrong, remedy.

    The lines hold no secret, so they may be shown and logged.
    """

    log_safe: ClassVar[bool] = True

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class SocketMode(NamedTuple):
    """What Socket Mode cannot do without."""

    bot_token: SecretStr
    app_token: SecretStr
    channel: str


class HttpMode(NamedTuple):
    """What HTTP mode cannot do without."""

    bot_token: SecretStr
    signing_secret: SecretStr
    channel: str


class Contradictions(ValueError):
    """Settings that are right one by one but not together: their names and the line to show."""

    def __init__(self, found: list[tuple[set[str], str]]) -> None:
        super().__init__("\n".join(line for _, line in found))
        self.found = found


def _setting(name: str, help_: str, default: Any = None) -> Any:
    return Field(default=default, validation_alias=name, description=help_)


class Settings(BaseSettings):
    """Every setting, typed and checked; durations are timedeltas, secrets hide in `repr`.

    Made from arguments alone (field names or variable names). Raises pydantic's ValidationError,
    which `load_settings` turns into a SettingsError.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, hide_input_in_errors=True
    )

    slack_bot_token: values.BotToken | None = _setting(
        "SLACK_BOT_TOKEN", "bot token, xoxb-…; from 'OAuth & Permissions'"
    )
    slack_app_token: values.AppToken | None = _setting(
        "SLACK_APP_TOKEN", "app-level token, xapp-…, for Socket Mode; from 'Basic Information'"
    )
    slack_signing_secret: values.Secret | None = _setting(
        "SLACK_SIGNING_SECRET", "signing secret, for `run --http`; from 'Basic Information'"
    )
    slack_api_url: values.ApiUrl = _setting(
        "SLACK_API_URL",
        "base of the Slack Web API; http only to this machine",
        "https://slack.com/api/",
    )
    team_channel: values.Channel | None = _setting(
        "PSRT_CHANNEL", "id of the team's private channel"
    )
    admin_channel: values.Channel | None = _setting(
        "PSRT_ADMIN_CHANNEL", "id of the admins' private channel"
    )
    council_channel: values.Channel | None = _setting(
        "PSRT_COUNCIL_CHANNEL", "id of the Steering Council's private channel"
    )
    member_channels: values.Channels = _setting(
        "PSRT_MEMBER_CHANNELS", "ids of further channels for every member, comma separated", ()
    )
    first_admins: values.Users = _setting(
        "PSRT_ADMINS",
        "Slack user ids that are admins of an empty installation, comma separated",
        (),
    )
    command_prefix: values.Prefix = _setting(
        "PSRT_COMMAND_PREFIX", "put before every slash command: `my-` makes /my-vote", ""
    )
    database_url: values.DatabaseUrl = _setting(
        "DATABASE_URL",
        "sqlite:///PATH or postgresql+psycopg://USER:PASSWORD@HOST/NAME",
        SecretStr("sqlite:///data/psrt.db"),
    )
    keys: values.KeyStore = _setting(
        "PSRT_KEYS",
        "where the keys of open votes are, outside the database: file:PATH",
        "file:data/keys",
    )
    master_key: values.Secret | None = _setting(
        "PSRT_MASTER_KEY", "wraps keys kept in the database (not available yet)"
    )
    pass_threshold: values.Threshold = _setting(
        "PSRT_PASS", "share of yes among yes and no that passes a vote, as a fraction", "2/3"
    )
    vote_duration: values.VoteDuration = _setting(
        "PSRT_VOTE_DURATION", "how long a vote is open: one minute to 60 days", 7 * DAY
    )
    vote_reminders: values.Durations = _setting(
        "PSRT_VOTE_REMINDERS", "how long before the close to remind, or `none`", (3 * DAY, DAY)
    )
    min_electorate: Annotated[int, Field(ge=1)] = _setting(
        "PSRT_MIN_ELECTORATE", "with fewer electors a vote waits for an admin's go-ahead", 5
    )
    veto_window: values.Duration = _setting(
        "PSRT_VETO_WINDOW", "how long the Steering Council may veto", 7 * DAY
    )
    check_ins: values.Durations = _setting(
        "PSRT_CHECK_INS",
        "when newcomer and mentor are asked how it goes, or `none`",
        tuple(days * DAY for days in (7, 14, 30, 60, 90)),
    )
    checklist: Path | None = _setting("PSRT_CHECKLIST", "file with your own onboarding checklist")
    report_deadline: values.Duration = _setting(
        "PSRT_REPORT_DEADLINE", "when a report should be finished (not used yet)", 90 * DAY
    )
    assign: Literal["observe", "assign", "off"] = _setting(
        "PSRT_ASSIGN",
        "idle reports get a coordinator: observe, assign or off (not used yet)",
        "observe",
    )
    assign_after: values.Duration = _setting(
        "PSRT_ASSIGN_AFTER",
        "how long a report without coordinator may be idle (not used yet)",
        3 * DAY,
    )
    review_date: values.MonthDay | None = _setting(
        "PSRT_REVIEW_DATE", "day of the yearly activity review, MM-DD (not used yet)"
    )
    retention: values.Duration = _setting(
        "PSRT_RETENTION", "how long closed nominations keep their texts", 365 * DAY
    )
    github_team: values.Repository | None = _setting(
        "PSRT_GITHUB_TEAM", "the GitHub team to keep in step, ORG/TEAM like python/psrt"
    )
    repositories: values.Repositories = _setting(
        "PSRT_REPOSITORIES",
        "repositories whose advisories are followed, OWNER/NAME, comma separated (not used yet)",
        (),
    )
    github_api_url: values.ApiUrl = _setting(
        "GITHUB_API_URL",
        "base of GitHub's REST API; http only to this machine",
        "https://api.github.com/",
    )
    github_team_token: values.Secret | None = _setting(
        "GITHUB_TEAM_TOKEN", "GitHub token that reads the team's members and nothing else"
    )
    github_advisory_token: values.Secret | None = _setting(
        "GITHUB_ADVISORY_TOKEN", "GitHub token that reads the advisories (not used yet)"
    )
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], values.UpperCase] = _setting(
        "PSRT_LOG_LEVEL", "debug, info, warning or error", "INFO"
    )
    log_format: Literal["console", "json"] = _setting(
        "PSRT_LOG_FORMAT", "console (for eyes) or json (for collectors)", "console"
    )

    @classmethod
    def settings_customise_sources(  # type: ignore[override]  # the rest is unused
        cls, _: type[BaseSettings], init_settings: PydanticBaseSettingsSource, **__: object
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments alone: what is read from outside is `load_settings`'s business."""
        return (init_settings,)

    @model_validator(mode="after")
    def _agree(self) -> Self:
        found = []
        too_long = [str(lead) for lead in self.vote_reminders if lead >= self.vote_duration]
        if too_long:
            line = (
                f"PSRT_VOTE_REMINDERS: {' and '.join(too_long)} before the close is not within the "
                f"vote ({self.vote_duration}); use shorter ones, or `none`"
            )
            found.append(({"PSRT_VOTE_REMINDERS", "PSRT_VOTE_DURATION"}, line))
        channels = {
            "PSRT_CHANNEL": self.team_channel,
            "PSRT_ADMIN_CHANNEL": self.admin_channel,
            "PSRT_COUNCIL_CHANNEL": self.council_channel,
        }
        for first, second in combinations(channels, 2):
            if channels[first] is not None and channels[first] == channels[second]:
                line = (
                    f"{second}: is the same channel as {first}; give each its own private channel"
                )
                found.append(({first, second}, line))
        if found:
            raise Contradictions(found)
        return self

    @property
    def keys_path(self) -> Path:
        """The folder of the key store."""
        return Path(self.keys.removeprefix("file:"))

    @property
    def database_where(self) -> str:
        """The database for messages and logs: no user, no password."""
        return values.database_where(self.database_url.get_secret_value())

    def require(self, *names: str) -> None:
        """Checks that the named variables (e.g. "SLACK_BOT_TOKEN") are set.

        Raises SettingsError with a line for each that is not, KeyError for a name that is none.
        """
        self._required(*names)

    def for_socket_mode(self) -> SocketMode:
        """What Socket Mode needs. Raises SettingsError with everything that is missing."""
        return SocketMode(*self._required("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "PSRT_CHANNEL"))

    def for_http(self) -> HttpMode:
        """What HTTP mode needs. Raises SettingsError with everything that is missing."""
        return HttpMode(*self._required("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "PSRT_CHANNEL"))

    def _required(self, *names: str) -> list[Any]:
        fields = variables()
        found = {name: getattr(self, fields[name]) for name in names}
        missing = tuple(
            f"{name}: not set; set it in .env or the environment "
            f"({type(self).model_fields[fields[name]].description})"
            for name, value in found.items()
            if value in (None, "", ())
        )
        if missing:
            raise SettingsError(missing)
        return list(found.values())


def variables() -> dict[str, str]:
    """Each variable's name with its field's, in the order of the contract (DESIGN 6)."""
    return {str(info.validation_alias): field for field, info in Settings.model_fields.items()}
