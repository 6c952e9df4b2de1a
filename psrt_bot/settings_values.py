"""How the text of one setting becomes a value: pure checks, each refusal with its remedy.

A refusal is a `ValueError` whose text goes to the operator as it stands. Checks of secrets
(tokens, keys, the database URL) therefore never repeat what they were given.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from ipaddress import ip_address
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr

DAYS_PER_YEAR = 365
DAYS_PER_MONTH = 30
# Longer than any rule of a team; keeps `now + duration` far from the end of the calendar.
LONGEST = timedelta(days=100 * DAYS_PER_YEAR)
SHORTEST_VOTE = timedelta(minutes=1)  # tests and the demo hold short votes
LONGEST_VOTE = timedelta(days=60)
NONE = "none"
LONGEST_ECHO = 40

_TOKEN_LIKE = re.compile(r"xox|xapp-|gh[a-z]_|github_pat_")
_NUMBER = r"([0-9]{1,6})"
_DURATION = re.compile(
    rf"P(?=.)(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?=.)(?:{_NUMBER}H)?(?:{_NUMBER}M)?)?"
)
_THRESHOLD = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")
# Password and user must not hold a bare "/", "?", "#" or "@": SQLAlchemy would split the URL
# elsewhere than we do, and `where` could show a piece of the password.
_POSTGRESQL = re.compile(
    r"(postgresql\+psycopg://)(?:[^@/?#\s]*@)?([^@/?#\s]*/[^@/?#\s]+)(?:\?\S*)?"
)
_SQLITE = re.compile(r"sqlite:///[^?#]+(?:\?\S*)?")


def shown(text: str) -> str:
    """What was given, for a refusal; not where it looks like a secret in the wrong place."""
    if len(text) > LONGEST_ECHO or _TOKEN_LIKE.match(text):
        return "the value (not shown, it may be a secret)"
    return repr(text)


def parse_duration(text: str) -> timedelta:
    """An ISO 8601 duration of whole years, months, weeks, days, hours and minutes, e.g. `P1DT12H`.

    A year is 365 days and a month 30 days: terms of a team, not of a calendar.
    Raises ValueError for zero, signs, fractions, seconds, more than 100 years, and nonsense.
    """
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f"{shown(text)} is not a duration; write it like P7D, P2W, P1Y or PT12H")
    years, months, weeks, days, hours, minutes = (int(part or 0) for part in found.groups())
    days += years * DAYS_PER_YEAR + months * DAYS_PER_MONTH
    duration = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes)
    return _sensible(duration, text)


def _sensible(duration: timedelta, text: str) -> timedelta:
    if not timedelta(0) < duration <= LONGEST:
        raise ValueError(f"{shown(text)} must be longer than nothing and at most 100 years")
    return duration


def database_where(url: str) -> str:
    """The database for human eyes: a checked URL without user, password and query."""
    found = _POSTGRESQL.fullmatch(url)
    return found[1] + found[2] if found else url.partition("?")[0]


def _duration(given: object) -> timedelta:
    if isinstance(given, timedelta):
        return _sensible(given, str(given))
    return parse_duration(str(given))


def _vote(duration: timedelta) -> timedelta:
    if not SHORTEST_VOTE <= duration <= LONGEST_VOTE:
        raise ValueError("a vote lasts from one minute (PT1M) to 60 days (P60D)")
    return duration


def _items(given: object) -> object:
    """Comma separated text as a tuple; `none` is the empty list, since empty text means unset."""
    if not isinstance(given, str):
        return given
    return () if given.strip() == NONE else tuple(item.strip() for item in given.split(","))


def _matching(pattern: str, remedy: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if compiled.fullmatch(text) is None:
            raise ValueError(f"{shown(text)} {remedy}")
        return text

    return check


def _secret(pattern: str, remedy: str) -> Callable[[SecretStr], SecretStr]:
    compiled = re.compile(pattern)

    def check(secret: SecretStr) -> SecretStr:
        if compiled.fullmatch(secret.get_secret_value()) is None:
            raise ValueError(remedy)
        return secret

    return check


def _threshold(text: str) -> str:
    found = _THRESHOLD.fullmatch(text)
    if found is None or not 0 < int(found[1]) <= int(found[2]):
        raise ValueError(f"{shown(text)} is not a share of the votes; write a fraction like 2/3")
    return text


def _month_day(text: str) -> str:
    # 2001 was no leap year: 02-29 does not come every year.
    try:
        if re.fullmatch(r"[0-9]{2}-[0-9]{2}", text) is None:
            raise ValueError(text)
        date(2001, int(text[:2]), int(text[3:]))
    except ValueError:
        raise ValueError(f"{shown(text)} is not a day of every year; write MM-DD") from None
    return text


def _keys(text: str) -> str:
    if text.startswith("database:"):
        raise ValueError("'database:' is not available yet; use file:PATH, like file:data/keys")
    if not text.removeprefix("file:").strip() or not text.startswith("file:"):
        raise ValueError(f"{shown(text)} names no key store; write file:PATH, like file:data/keys")
    return text


def _database_url(secret: SecretStr) -> SecretStr:
    url = secret.get_secret_value()
    if _SQLITE.fullmatch(url) and ":memory:" not in url:
        return secret
    if _POSTGRESQL.fullmatch(url) is None:
        raise ValueError(
            "names no database the bot can use (not shown, it may hold a password); write "
            "sqlite:///PATH or postgresql+psycopg://USER:PASSWORD@HOST/NAME, "
            "with / ? # @ in user and password percent-encoded"
        )
    return secret


def _api_url(text: str) -> str:
    """Only https, or http to this very machine: the token travels with every call."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("is not a URL; write it like https://slack.com/api/") from None
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("must hold neither user, password, query nor fragment")
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))):
        raise ValueError(
            f"{shown(text)} would send the token in clear; write https://…, or http://127.0.0.1:PORT/api/"
        )
    return text if text.endswith("/") else text + "/"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _upper(given: Any) -> Any:
    return given.upper() if isinstance(given, str) else given


Duration = Annotated[timedelta, BeforeValidator(_duration)]
VoteDuration = Annotated[Duration, AfterValidator(_vote)]
Durations = Annotated[tuple[Duration, ...], BeforeValidator(_items)]
Channel = Annotated[
    str,
    AfterValidator(
        _matching(
            r"[CG][A-Z0-9]{2,}",
            "is not a channel id; copy it from the channel's details, it looks like C0123ABCD",
        )
    ),
]
Channels = Annotated[tuple[Channel, ...], BeforeValidator(_items)]
_User = Annotated[
    str,
    AfterValidator(
        _matching(
            r"[UW][A-Z0-9]{2,}",
            "is not a user id; copy the member ID from the Slack profile, it looks like U0123ABCD",
        )
    ),
]
Users = Annotated[tuple[_User, ...], BeforeValidator(_items)]
_REPOSITORY = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?/[A-Za-z0-9._-]+"
Repository = Annotated[str, AfterValidator(_matching(_REPOSITORY, "is not OWNER/NAME"))]
Repositories = Annotated[tuple[Repository, ...], BeforeValidator(_items)]
Prefix = Annotated[
    str,
    AfterValidator(
        _matching(
            r"[a-z0-9_-]{0,20}",
            "is no command prefix; use at most 20 lower-case letters, digits, _ and -",
        )
    ),
]
_FROM = "needs the token that starts with {0}; copy it from {1} of the Slack app's settings page"
BotToken = Annotated[
    SecretStr,
    AfterValidator(
        _secret(r"xoxb-[\w.-]+", _FROM.format("xoxb-", "'OAuth & Permissions'")),
    ),
]
AppToken = Annotated[
    SecretStr,
    AfterValidator(
        _secret(r"xapp-[\w.-]+", _FROM.format("xapp-", "'Basic Information'")),
    ),
]
Secret = Annotated[SecretStr, AfterValidator(_secret(r"\S+", "must not contain blanks"))]
DatabaseUrl = Annotated[SecretStr, AfterValidator(_database_url)]
Threshold = Annotated[str, AfterValidator(_threshold)]
MonthDay = Annotated[str, AfterValidator(_month_day)]
KeyStore = Annotated[str, AfterValidator(_keys)]
ApiUrl = Annotated[str, AfterValidator(_api_url)]
UpperCase = BeforeValidator(_upper)
