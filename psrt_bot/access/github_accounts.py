"""Whether a GitHub name is somebody's, asked of GitHub's REST API; never before an ack.

Asked for is https://docs.github.com/en/rest/users/users "Get a user". It needs no permission; the
token of the team is taken, since without one GitHub answers sixty questions an hour.
"""

from http import HTTPStatus

from pydantic import SecretStr

from psrt_bot.access.github_team import TIMEOUT, GitHubTrouble

PASSING = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS})  # its rate limits


class GitHubAccounts:
    """Accounts on GitHub.

    Args:
        base_url: of the REST API; tests have a server of their own.
        timeout: seconds for the answer.
    """

    def __init__(self, token: SecretStr, base_url: str, *, timeout: int = TIMEOUT) -> None:
        self._token = token
        self._base_url = base_url.rstrip("/")
        self._timeout = timeout

    def is_persons(self, login: str) -> bool:
        """Say whether this is the name of a person's account, not of an organisation or nobody's.

        Args:
            login: of the form of a GitHub name (``github_name_problem``).

        Raises:
            GitHubTrouble: it did not tell.
        """
        # Heavy (requests, cryptography, half a second): only where a token is set.
        import requests
        from github import Auth, Github, GithubException, UnknownObjectException

        try:
            with Github(
                auth=Auth.Token(self._token.get_secret_value()),
                base_url=self._base_url,
                timeout=self._timeout,
                retry=None,
                seconds_between_requests=None,
            ) as client:
                _, found = client.requester.requestJsonAndCheck("GET", f"/users/{login}")
        except UnknownObjectException:
            return False
        except GithubException as error:
            status = error.status
            passing = status in PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR
            raise GitHubTrouble(f"GitHub answers HTTP {status}", passing=passing) from None
        except requests.RequestException:
            told = "GitHub cannot be reached; check the network and GITHUB_API_URL"
            raise GitHubTrouble(told, passing=True) from None
        except (RuntimeError, AssertionError, AttributeError, LookupError, TypeError, ValueError):
            raise _not_github() from None
        if not isinstance(found, dict) or not isinstance(found.get("login"), str):
            raise _not_github()
        return found.get("type") == "User" and str(found["login"]).lower() == login.lower()


def _not_github() -> GitHubTrouble:
    return GitHubTrouble("what answers is not GitHub's API; check GITHUB_API_URL and proxies")
