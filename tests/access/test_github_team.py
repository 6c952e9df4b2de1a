"""The team is read whole or not at all, and whatever goes wrong is one line with its remedy."""

import logging
from io import StringIO

import pytest
from pydantic import SecretStr

from psrt_bot.access.github_team import GitHubTeam, GitHubTrouble
from psrt_bot.runtime.logs import configure_logging
from tests.access.github_server import GitHub

CANARY = "CANARY"


def reader(
    github: GitHub,
    team: str = "python/psrt",
    token: str = "",
    *,
    timeout: int = 5,
    patience: float = 30.0,
) -> GitHubTeam:
    secret = SecretStr(token or github.token)
    return GitHubTeam(team, secret, github.url, timeout=timeout, patience=patience)


def trouble(github: GitHub, *, timeout: int = 5, patience: float = 30.0) -> GitHubTrouble:
    """What is said when the team cannot be read; never the token, always one line."""
    with pytest.raises(GitHubTrouble) as caught:
        reader(github, timeout=timeout, patience=patience).members()
    text = str(caught.value)
    assert "\n" not in text
    assert CANARY not in text
    assert ";" in text  # what is wrong; what to do
    return caught.value


def test_every_page_is_followed(github: GitHub) -> None:
    """250 people on pages of 100 are 250, asked for in three requests, with the token each time."""
    github.logins = [f"person-{number}" for number in range(250)]
    assert reader(github).members() == frozenset(github.logins)
    assert [path.partition("?")[2] for path, _ in github.asked] == [
        "per_page=100",
        "page=2&per_page=100",
        "page=3&per_page=100",
    ]
    assert all(github.token in sent["authorization"] for _, sent in github.asked)


def test_a_small_and_an_empty_team(github: GitHub) -> None:
    """One page without a Link header; nobody is an answer as well."""
    github.logins = ["ana", "Ben"]
    assert reader(github).members() == {"ana", "Ben"}
    github.logins = []
    assert reader(github).members() == frozenset()


def test_half_a_team_is_none(github: GitHub) -> None:
    """A page that fails spoils the whole answer: half of it would call the others missing."""
    github.logins = [f"person-{number}" for number in range(250)]
    github.broken_at = 3
    github.breaks(502, "Server Error")
    assert trouble(github).passing


def test_a_wrong_token(github: GitHub) -> None:
    """401: the token is named by its setting, and what kind to make."""
    with pytest.raises(GitHubTrouble, match="GITHUB_TEAM_TOKEN is refused") as caught:
        reader(github, token="ghp_CANARYOTHER").members()
    assert not caught.value.passing
    assert CANARY not in str(caught.value)


def test_no_such_team(github: GitHub) -> None:
    """404 is what GitHub says of a team that is not there and of one that the token may not see."""
    with pytest.raises(GitHubTrouble, match="no team python/nobody") as caught:
        reader(github, team="python/nobody").members()
    assert not caught.value.passing
    assert "PSRT_GITHUB_TEAM" in str(caught.value)


def test_a_token_that_may_not(github: GitHub) -> None:
    """403 without a limit is a right that lacks."""
    github.breaks(403, "Resource not accessible by personal access token")
    found = trouble(github)
    assert not found.passing
    assert "Members: read-only" in str(found)


@pytest.mark.parametrize(
    ("status", "message", "headers"),
    [
        (
            403,
            "API rate limit exceeded for user ID 1.",
            {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "1772452800"},
        ),
        (403, "You have exceeded a secondary rate limit.", {"Retry_After": "60"}),
        (429, "Too many requests", {}),
    ],
)
def test_a_rate_limit_passes(
    github: GitHub, status: int, message: str, headers: dict[str, str]
) -> None:
    """Limits are told apart from refusals, with their end where GitHub tells it; nobody sleeps."""
    github.breaks(status, message, **headers)
    found = trouble(github)
    assert found.passing
    assert "rate limit" in str(found)
    assert ("until 12:00 UTC" in str(found)) is ("X_RateLimit_Reset" in headers)
    assert len(github.asked) == 1


def test_a_limit_without_a_readable_end(github: GitHub) -> None:
    """A header that is no number is left out."""
    github.breaks(403, "API rate limit exceeded", X_RateLimit_Reset="soon")
    assert "until" not in str(trouble(github))


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_outage_passes(github: GitHub, status: int) -> None:
    """5xx, with JSON or with a page of a proxy, is asked once and told as an outage."""
    github.says(b"<html>Unicorn!</html>", status)
    found = trouble(github)
    assert found.passing
    assert f"HTTP {status}" in str(found)
    assert len(github.asked) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"<html>Welcome to the hotel's network</html>",
        b'{"message": "hello"}',
        b'{"items": []}',
        b'[{"login": ""}]',
        b'[{"id": 1}]',
        b"[1, 2]",
        b"[null]",
        b"[{",
        b'"ana"',
        b"\xff\xfe\x00",
    ],
)
def test_garbage_is_not_an_empty_team(github: GitHub, body: bytes) -> None:
    """What is no list of users is an error; as an empty team it would call everybody missing."""
    github.says(body)
    found = trouble(github)
    assert not found.passing
    assert "is not GitHub's API" in str(found)


def test_other_refusals(github: GitHub) -> None:
    """Any other status names itself and the settings."""
    github.breaks(418, "teapot")
    assert "HTTP 418" in str(trouble(github))
    github.says(b"", 422)
    assert "HTTP 422" in str(trouble(github))


@pytest.mark.parametrize(
    "link",
    [
        '<http://elsewhere.example.org/api/v3/x?page=2>; rel="next"',
        '<http://127.0.0.1:1/api/v3/x?page=2>; rel="next"',
        '<>; rel="next"',
        "garbage",
    ],
)
def test_a_next_page_elsewhere_is_not_asked_for(github: GitHub, link: str) -> None:
    """The token goes to the host of the setting alone, whatever a header says."""
    github.says(b'[{"login": "ana"}]', Link=link)
    if link in ("garbage", '<>; rel="next"'):
        assert reader(github).members() == {"ana"}
    else:
        assert "is not GitHub's API" in str(trouble(github))
    assert len(github.asked) == 1


def test_a_circle_of_pages_ends(github: GitHub) -> None:
    """A page whose next is itself is given up."""
    github.says(b'[{"login": "ana"}]', Link=f'<{github.url}x?page=1>; rel="next"')
    assert "is not GitHub's API" in str(trouble(github))
    assert len(github.asked) <= 50


def test_redirects(github: GitHub) -> None:
    """A renamed organisation's address is followed on the same host, another host's is not."""
    github.says(b"{}", 301, Location="http://elsewhere.example.org/api/v3/x")
    assert "is not GitHub's API" in str(trouble(github))


def test_a_slow_answer_and_slow_pages(github: GitHub) -> None:
    """An answer that does not come, and pages that take too long together, are given up."""
    github.delay = 1.5
    assert "too long" in str(trouble(github, timeout=1))
    github.delay = 0.05
    github.logins = [f"person-{number}" for number in range(250)]
    found = trouble(github, patience=0.01)
    assert found.passing
    assert "too long" in str(found)


def test_nobody_answers() -> None:
    """A refused connection names the setting and passes."""
    gone = GitHub(url="http://127.0.0.1:9/api/v3/")
    found = trouble(gone)
    assert found.passing
    assert "GITHUB_API_URL" in str(found)


@pytest.mark.parametrize("level", ["debug", "info"])
def test_no_log_line_holds_the_token(github: GitHub, level: str) -> None:
    """At any level, whether it goes well or wrong, and not in a traceback either."""
    out = StringIO()
    restore = configure_logging(level, "json", out)
    try:
        github.logins = ["ana"]
        reader(github).members()
        github.breaks(401, "Bad credentials")
        try:
            reader(github).members()
        except GitHubTrouble:
            logging.getLogger("psrt_bot").exception("told")
    finally:
        restore()
    assert "told" in out.getvalue()
    assert CANARY not in out.getvalue()
    assert CANARY not in repr(reader(github).__dict__)
