"""Who is in the GitHub team, asked of GitHub's REST API; reads only, and never before an ack.

PyGithub does the talking; asked for is https://docs.github.com/en/rest/teams/members "List team
members", which counts members of child teams and none whose invitation waits for an answer.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

if TYPE_CHECKING:
    from github import GithubException

TIMEOUT = 10  # seconds for one answer
PATIENCE = 30.0  # seconds for all pages; half a lease
PAGE = 100  # GitHub's most
MOST_PAGES = 50  # a "next" that leads in a circle must end

SETTINGS = "PSRT_GITHUB_TEAM and GITHUB_TEAM_TOKEN"
READS_MEMBERS = "a fine-grained token of the organisation with Members: read-only"


class GitHubTrouble(Exception):
    """The team could not be read; the text is one line with its remedy, and holds no token.

    Args:
        passing: trying again later is of use.
    """

    log_safe = True

    def __init__(self, text: str, *, passing: bool = False) -> None:
        super().__init__(text)
        self.passing = passing


class GitHubTeam:
    """One team on GitHub.

    Args:
        team: as ORG/TEAM, where TEAM is what stands in its address (the slug).
        base_url: of the REST API; tests have a server of their own.
        timeout: seconds for one answer.
        patience: seconds for all of them.
    """

    def __init__(
        self,
        team: str,
        token: SecretStr,
        base_url: str,
        *,
        timeout: int = TIMEOUT,
        patience: float = PATIENCE,
    ) -> None:
        self.name = team
        self._token = token
        self._base_url = base_url.rstrip("/")
        self._timeout = timeout
        self._patience = patience

    def members(self) -> frozenset[str]:
        """Ask GitHub for the names of everybody in the team; all pages or none.

        Raises:
            GitHubTrouble: it did not tell.
        """
        # Heavy (requests, cryptography, half a second): only where a token is set.
        import requests
        from github import GithubException

        try:
            return frozenset(self._logins())
        except GitHubTrouble:
            raise
        except GithubException as error:
            raise _refused(error, self.name) from None
        except requests.RequestException as error:
            raise self._unreached(error) from None
        except (RuntimeError, AssertionError, AttributeError, LookupError, TypeError, ValueError):
            # A redirect or a next page to another host, and what is no JSON where it should be.
            raise _not_github(self._base_url) from None

    def _logins(self) -> Iterator[str]:
        from github import Auth, Github
        from requests.utils import parse_header_links

        organisation, _, slug = self.name.partition("/")
        until = time.monotonic() + self._patience
        with Github(
            auth=Auth.Token(self._token.get_secret_value()),
            base_url=self._base_url,
            timeout=self._timeout,
            retry=None,  # the next comparison is the next try; a worker is not to sleep in here
            seconds_between_requests=None,
        ) as client:
            # Not its list of users, which asks once more for each user that lacks something, and
            # takes whatever is no list for an empty one: then everybody would seem to be missing.
            ask = client.requester.requestJsonAndCheck
            page = f"/orgs/{organisation}/teams/{slug}/members?per_page={PAGE}"
            for _ in range(MOST_PAGES):
                headers, people = ask("GET", page)
                if not isinstance(people, list):
                    raise _not_github(self._base_url)
                yield from (_login(person, self._base_url) for person in people)
                links = parse_header_links(str(headers.get("link", "")))
                page = next((one["url"] for one in links if one.get("rel") == "next"), "")
                if not page:
                    return
                if time.monotonic() > until:
                    raise _slow()
        raise _not_github(self._base_url)

    def _unreached(self, error: Exception) -> GitHubTrouble:
        import requests

        if isinstance(error, requests.Timeout):
            return _slow()
        return GitHubTrouble(
            f"GitHub cannot be reached at {self._base_url}; check the network and GITHUB_API_URL",
            passing=True,
        )


def _login(person: object, base_url: str) -> str:
    login = person.get("login") if isinstance(person, dict) else None
    if not isinstance(login, str) or not login:
        raise _not_github(base_url)
    return login


def _refused(error: "GithubException", team: str) -> GitHubTrouble:
    """Say in one line what GitHub's answer means, and what to do."""
    from github import RateLimitExceededException

    headers: dict[str, Any] = error.headers or {}
    status = error.status
    limited = isinstance(error, RateLimitExceededException) or "retry-after" in headers
    if status == HTTPStatus.TOO_MANY_REQUESTS or (status == HTTPStatus.FORBIDDEN and limited):
        when = _reset(headers)
        return GitHubTrouble(
            f"GitHub's rate limit is used up{when}; try again later, and use a token of the bot's "
            "own",
            passing=True,
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return GitHubTrouble(
            f"GitHub cannot answer just now (HTTP {status}); try again later", passing=True
        )
    if status == HTTPStatus.UNAUTHORIZED:
        return GitHubTrouble(
            "GITHUB_TEAM_TOKEN is refused (HTTP 401); it is wrong, expired or revoked: make a new "
            f"one, {READS_MEMBERS}"
        )
    if status == HTTPStatus.NOT_FOUND:
        return GitHubTrouble(
            f"GitHub shows no team {team} to this token (HTTP 404); check PSRT_GITHUB_TEAM (the "
            f"name in the team's address), and that GITHUB_TEAM_TOKEN is {READS_MEMBERS}"
        )
    if status == HTTPStatus.FORBIDDEN:
        return GitHubTrouble(
            "GITHUB_TEAM_TOKEN may not read the team (HTTP 403); give it Members: read-only, have "
            "the organisation approve it, and authorise it for single sign-on where there is one"
        )
    return GitHubTrouble(f"GitHub refuses to tell the team (HTTP {status}); check {SETTINGS}")


def _reset(headers: dict[str, Any]) -> str:
    """Return until when a limit holds, as words; empty where GitHub does not say."""
    seconds = str(headers.get("x-ratelimit-reset", ""))
    if "x-ratelimit-reset" not in headers or not seconds.isdecimal() or len(seconds) > 10:
        return ""
    return f" until {datetime.fromtimestamp(int(seconds), UTC):%H:%M} UTC"


def _slow() -> GitHubTrouble:
    return GitHubTrouble("GitHub takes too long to answer; try again later", passing=True)


def _not_github(base_url: str) -> GitHubTrouble:
    return GitHubTrouble(
        f"what answers at {base_url} is not GitHub's API; check GITHUB_API_URL and proxies"
    )
