"""Settings: read strictly, told completely, and never telling a secret."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from psrt_bot.settings import Settings, SettingsError, load_settings, parse_duration
from psrt_bot.settings_fields import variables

ROOT = Path(__file__).parents[1]
DAY = timedelta(days=1)
GOOD = {
    "SLACK_BOT_TOKEN": "xoxb-1-canary",
    "SLACK_APP_TOKEN": "xapp-1-canary",
    "SLACK_SIGNING_SECRET": "canary0123456789",
    "PSRT_CHANNEL": "C0TEAM",
}


def problems(env_file: Path | None = None, /, **environ: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load_settings(env_file, environ)
    return caught.value.problems


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_an_empty_environment_gives_the_contracts_defaults() -> None:
    """Nothing has to be set to load: the defaults are the design's, with P7D as seven days."""
    settings = load_settings(None, {})
    assert settings == Settings()
    assert (settings.vote_duration, settings.vote_reminders) == (7 * DAY, (3 * DAY, DAY))
    assert settings.check_ins == tuple(n * DAY for n in (7, 14, 30, 60, 90))
    assert (settings.pass_threshold, settings.min_electorate) == ("2/3", 5)
    assert settings.retention == 365 * DAY
    assert settings.keys_path == Path("data/keys")
    assert settings.database_where == "sqlite:///data/psrt.db"


def test_settings_are_frozen_and_blind_to_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The value cannot change, and making one never reads the environment by accident."""
    monkeypatch.setenv("PSRT_CHANNEL", "C0OTHER")
    settings = Settings()
    assert settings.team_channel is None
    assert load_settings(None).team_channel == "C0OTHER"
    with pytest.raises(ValidationError):
        settings.team_channel = "C0NEW"


def test_the_environment_wins_over_the_file_and_empty_counts_as_unset(tmp_path: Path) -> None:
    """Two sources, one order; blank values are holes through which the next source is seen."""
    env_file = written(
        tmp_path / ".env",
        "# a comment\nexport PSRT_CHANNEL=C0FILE\nPSRT_ADMINS='U0A, U0B'\nPSRT_PASS=\n",
    )
    settings = load_settings(env_file, {"PSRT_CHANNEL": "C0ENV", "PSRT_ADMINS": " "})
    assert settings.team_channel == "C0ENV"
    assert settings.first_admins == ("U0A", "U0B")
    assert settings.pass_threshold == "2/3"


def test_values_of_the_file_are_literal(tmp_path: Path) -> None:
    """`${…}` is not filled in: a secret with a dollar sign stays the secret it is."""
    env_file = written(tmp_path / ".env", "SLACK_SIGNING_SECRET=a${HOME}b\n")
    secret = load_settings(env_file, {}).slack_signing_secret
    assert secret is not None
    assert secret.get_secret_value() == "a${HOME}b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P7D", 7 * DAY),
        ("P1Y", 365 * DAY),
        ("P1M", 30 * DAY),
        ("P2W", 14 * DAY),
        ("P1Y2M3W4DT5H6M", timedelta(days=365 + 60 + 21 + 4, hours=5, minutes=6)),
        ("PT1M", timedelta(minutes=1)),
    ],
)
def test_durations(text: str, expected: timedelta) -> None:
    """ISO 8601 with years of 365 and months of 30 days; M is months before the T, minutes after."""
    assert parse_duration(text) == expected


NONSENSE = ["", "P", "PT", "P1DT", "P0D", "PT0M", "-P1D", "P-1D", "P1.5D", "7D", "P7", "p7d"]
NONSENSE += ["P1D ", "P1D\n", "PT9S", "P1DT1D", "P1D1Y", "P101Y", "P999999Y", "P٣D", "7 days"]


@pytest.mark.parametrize("text", NONSENSE)
def test_nonsense_is_no_duration(text: str) -> None:
    """Zero, negative, fractional, endless and malformed durations are refused, not guessed."""
    with pytest.raises(ValueError, match=r"duration|longer"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("SLACK_API_URL", "http://slack.com/api/"),
        ("SLACK_API_URL", "https://u:canary@slack.com/api/"),
        ("SLACK_API_URL", "http://127.0.0.1.evil.example/"),
        ("SLACK_API_URL", "https://[half"),
        ("PSRT_CHANNEL", "#psrt"),
        ("PSRT_ADMIN_CHANNEL", "D0123"),
        ("PSRT_MEMBER_CHANNELS", "C0A,,C0B"),
        ("PSRT_ADMINS", "U0A,alice"),
        ("PSRT_COMMAND_PREFIX", "My "),
        ("PSRT_KEYS", "data/keys"),
        ("PSRT_KEYS", "file:"),
        ("PSRT_KEYS", "database:"),
        ("PSRT_PASS", "0/3"),
        ("PSRT_PASS", "4/3"),
        ("PSRT_PASS", "1/0"),
        ("PSRT_PASS", "0.66"),
        ("PSRT_VOTE_DURATION", "P61D"),
        ("PSRT_VOTE_DURATION", "a week"),
        ("PSRT_MIN_ELECTORATE", "0"),
        ("PSRT_ASSIGN", "yes"),
        ("PSRT_REVIEW_DATE", "02-29"),
        ("PSRT_REVIEW_DATE", "13-01"),
        ("PSRT_REVIEW_DATE", "1 May"),
        ("PSRT_GITHUB_TEAM", "psrt"),
        ("PSRT_REPOSITORIES", "python/cpython cpython"),
        ("PSRT_LOG_LEVEL", "loud"),
        ("PSRT_LOG_FORMAT", "xml"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "postgresql://u:canary@h/d"),
        ("DATABASE_URL", "postgresql+psycopg://u:ca/nary@h/d"),
        ("SLACK_BOT_TOKEN", "xoxp-canary"),
        ("SLACK_APP_TOKEN", "xoxb-canary"),
        ("SLACK_SIGNING_SECRET", "canary canary"),
    ],
)
def test_a_bad_value_is_one_line_that_names_it_and_its_remedy(name: str, bad: str) -> None:
    """The operator learns which variable it is; nothing secret is repeated to them."""
    (line,) = problems(**{name: bad})
    assert line.startswith(f"{name}: ")
    assert "canary" not in line
    assert "nary@" not in line
    assert "Value error" not in line


@pytest.mark.parametrize(
    ("name", "good", "expected"),
    [
        ("SLACK_API_URL", "http://localhost:8000/api", "http://localhost:8000/api/"),
        ("SLACK_API_URL", "http://[::1]:8/", "http://[::1]:8/"),
        ("PSRT_MEMBER_CHANNELS", "C0A, G0B", ("C0A", "G0B")),
        ("PSRT_VOTE_REMINDERS", "none", ()),
        ("PSRT_COMMAND_PREFIX", "my-", "my-"),
        ("PSRT_PASS", "1/1", "1/1"),
        ("PSRT_REVIEW_DATE", "01-15", "01-15"),
        ("PSRT_CHECKLIST", "my/list.md", Path("my/list.md")),
        (
            "PSRT_REPOSITORIES",
            "python/cpython,pypi/warehouse",
            ("python/cpython", "pypi/warehouse"),
        ),
        ("PSRT_LOG_LEVEL", "debug", "DEBUG"),
        ("PSRT_ASSIGN", "off", "off"),
    ],
)
def test_good_values(name: str, good: str, expected: object) -> None:
    """What the documentation allows is read as it says."""
    assert getattr(load_settings(None, {name: good}), variables()[name]) == expected


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    """A malformed line, a mistyped name, wrong values and contradictions arrive together."""
    env_file = written(
        tmp_path / ".env", "PSRT_CHANNEL=C0A\n\nxoxb-canary\nPSRT_CHANEL=C0B\nPSRT_PASS=5/3\n"
    )
    found = problems(
        env_file, PSRT_ADMIN_CHANNEL="C0A", PSRT_CHECK_INS="P1D,x", PSRT_VOTE_REMINDERS="P8D"
    )
    assert [line.partition("; ")[0] for line in found] == [
        f"{env_file}: line 3 is not NAME=value",
        "PSRT_CHANEL: unknown",
        "PSRT_PASS: '5/3' is not a share of the votes",
        "PSRT_CHECK_INS: 'x' is not a duration",
        "PSRT_VOTE_REMINDERS: 8 days, 0:00:00 before the close is not within the vote "
        "(7 days, 0:00:00)",
        "PSRT_ADMIN_CHANNEL: is the same channel as PSRT_CHANNEL",
    ]


def test_a_wrong_setting_is_not_also_blamed_for_contradicting() -> None:
    """Reminders are not measured against a vote whose duration could not be read."""
    (line,) = problems(PSRT_VOTE_DURATION="x", PSRT_VOTE_REMINDERS="P8D")
    assert line.startswith("PSRT_VOTE_DURATION: ")


def test_mistyped_names(tmp_path: Path) -> None:
    """PSRT_* typos are found everywhere, SLACK_* ones in `.env` only; other names are let be."""
    others = {"SLACK_CLIENT_SECRET": "x", "SLACK_USER_TOKEN": "x", "PATH": "/bin", "PSRT_X": "1"}
    assert load_settings(None, others | {"SLACK_BOT_TOKN": "x"}) == Settings()
    assert problems(PSRT_ADMIN="U0A") == ("PSRT_ADMIN: unknown; did you mean PSRT_ADMINS?",)
    lines = "".join(f"{name}={value}\n" for name, value in others.items())
    env_file = written(tmp_path / ".env", lines + "SLACK_BOT_TOKN=canary\npsrt_channel=C0A\n")
    assert problems(env_file) == (
        "SLACK_BOT_TOKN: unknown; did you mean SLACK_BOT_TOKEN?",
        "psrt_channel: unknown; did you mean PSRT_CHANNEL?",
    )


def test_files_that_cannot_be_read_are_problems(tmp_path: Path) -> None:
    """Only a missing `.env` is no problem; a folder, bytes and a missing named file are."""
    assert load_settings(tmp_path / ".env", {}) == Settings()
    binary = tmp_path / "binary"
    binary.write_bytes(b"PSRT_CHANNEL=\xff\xfe")
    for path in (tmp_path, binary, tmp_path / "production.env"):
        (line,) = problems(path)
        assert line.startswith(f"{path}: ")


def test_each_mode_lists_all_it_misses_and_hands_out_what_it_needs() -> None:
    """Socket Mode and HTTP mode need different secrets; both say everything that is missing."""
    with pytest.raises(SettingsError) as caught:
        Settings().for_socket_mode()
    assert [line.partition(":")[0] for line in caught.value.problems] == [
        "SLACK_BOT_TOKEN",
        "SLACK_APP_TOKEN",
        "PSRT_CHANNEL",
    ]
    with pytest.raises(SettingsError, match=r"SLACK_SIGNING_SECRET: not set; set it in \.env"):
        Settings().for_http()
    settings = load_settings(None, GOOD)
    assert settings.for_socket_mode().app_token.get_secret_value() == GOOD["SLACK_APP_TOKEN"]
    assert settings.for_http().channel == "C0TEAM"
    with pytest.raises(SettingsError, match="PSRT_ADMINS: not set"):
        settings.require("PSRT_CHANNEL", "PSRT_ADMINS")


def test_no_secret_is_shown() -> None:
    """Neither `repr`, `str`, the mode's needs nor the database's place show a secret."""
    url = "postgresql+psycopg://user:canary@db.example:5432/psrt?sslpassword=canary"
    secrets = GOOD | {"DATABASE_URL": url, "PSRT_MASTER_KEY": "canary"}
    secrets |= {"GITHUB_TEAM_TOKEN": "canary", "GITHUB_ADVISORY_TOKEN": "canary"}
    settings = load_settings(None, secrets)
    modes = (settings.for_socket_mode(), settings.for_http())
    assert "canary" not in f"{settings!r}{settings}{modes}{settings.database_where}"
    assert settings.database_where == "postgresql+psycopg://db.example:5432/psrt"
    assert settings.database_url.get_secret_value() == url


def test_a_secret_in_the_wrong_place_is_not_shown_either() -> None:
    """A token pasted into an open setting, or a bad one given directly, is not repeated."""
    assert "canary" not in "".join(problems(PSRT_CHANNEL="xoxb-canary", PSRT_ASSIGN="xapp-canary"))
    with pytest.raises(ValidationError) as caught:
        Settings(slack_bot_token=SecretStr("canary"), team_channel="xoxb-canary")
    assert "canary" not in f"{caught.value!r}{caught.value}"


def _example() -> list[tuple[str, str, str]]:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    found = re.findall(r"^# (.+)\n#([A-Z_]+)=(.*)$", text, re.MULTILINE)
    return [(name, default, help_) for help_, name, default in found]


def _table() -> list[tuple[str, str, str]]:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    return re.findall(r"^\| `([A-Z_]+)` \| `?(.*?)`? \| (.*) \|$", text, re.MULTILINE)


def test_fields_example_and_documentation_are_equal() -> None:
    """The class, .env.example and docs/settings.md list the same names, defaults and helps."""
    fields = Settings.model_fields.values()
    expected = [(info.validation_alias, info.description) for info in fields]
    assert [(name, help_) for name, _, help_ in _example()] == expected
    assert _example() == _table()


def test_documented_defaults_are_the_defaults(tmp_path: Path) -> None:
    """Setting everything to its documented default changes nothing."""
    given = {name: default for name, default, _ in _example() if default}
    for name, field in variables().items():
        alone = load_settings(None, {name: given[name]} if name in given else {})
        default = Settings.model_fields[field].default
        assert getattr(alone, field) == default
        assert name in given or default in (None, "", ())
