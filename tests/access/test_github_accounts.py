"""Whether a GitHub name is a person's: what GitHub answers, and everything that goes wrong."""

import pytest
from pydantic import SecretStr

from psrt_bot.access.github_accounts import GitHubAccounts
from psrt_bot.access.github_team import GitHubTrouble
from tests.access.github_server import GitHub


def accounts(github: GitHub, **changes: int) -> GitHubAccounts:
    """The client, with the right token."""
    github.accounts = {"Nia": "User", "python": "Organization"}
    return GitHubAccounts(SecretStr(github.token), github.url, **changes)


@pytest.mark.parametrize(
    ("login", "there"), [("Nia", True), ("nia", True), ("nobody", False), ("python", False)]
)
def test_a_name_is_a_persons_or_not(github: GitHub, login: str, there: bool) -> None:
    """Case does not count; an organisation is nobody who could be given access."""
    assert accounts(github).is_persons(login) is there


@pytest.mark.parametrize(
    ("status", "passing"), [(403, True), (429, True), (500, True), (503, True), (401, False)]
)
def test_a_refusal_is_no_answer(github: GitHub, status: int, passing: bool) -> None:
    """A rate limit and an outage pass; a token that is refused does not. No token is told."""
    github.breaks(status, "No")
    with pytest.raises(GitHubTrouble) as told:
        accounts(github).is_persons("nia")
    assert told.value.passing is passing
    assert str(status) in str(told.value)
    assert github.token not in str(told.value)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"login": 3}', b"null"])
def test_something_else_than_github_is_no_answer(github: GitHub, body: bytes) -> None:
    """A proxy's page is not taken for a person, nor for nobody."""
    github.says(body)
    with pytest.raises(GitHubTrouble, match="not GitHub's API"):
        accounts(github).is_persons("nia")


def test_nobody_answers(github: GitHub) -> None:
    """A network that is down passes."""
    asked = GitHubAccounts(SecretStr(github.token), "http://127.0.0.1:1/api/v3/")
    with pytest.raises(GitHubTrouble, match="cannot be reached") as told:
        asked.is_persons("nia")
    assert told.value.passing
