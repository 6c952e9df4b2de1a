"""The doctor tries the token for the GitHub team, where there is one."""

from collections.abc import Iterator

import pytest

from psrt_bot.doctor.findings import Finding, Grade
from psrt_bot.doctor.github import of_github
from tests.access.github_server import GitHub, serving
from tests.settings import settings_of


@pytest.fixture
def github() -> Iterator[GitHub]:
    """A GitHub with a team of two."""
    with serving(GitHub(logins=["ana", "ben"])) as served:
        yield served


def findings(github: GitHub, **settings: str) -> list[Finding]:
    return list(of_github(settings_of(github_api_url=github.url, **settings)))


def test_the_team_is_read(github: GitHub) -> None:
    """All is well once its members were told."""
    found = findings(github, github_team="python/psrt", github_team_token=github.token)
    assert [one.line() for one in found] == ["ok   GitHub team python/psrt has 2 members"]


def test_trouble_is_bad_and_has_a_remedy(github: GitHub) -> None:
    """A wrong token and a team that is not there are named, each with what to do."""
    (wrong,) = findings(github, github_team="python/psrt", github_team_token="ghp_CANARY")
    (absent,) = findings(github, github_team="python/nobody", github_team_token=github.token)
    for one, word in ((wrong, "GITHUB_TEAM_TOKEN is refused"), (absent, "no team python/nobody")):
        assert one.grade is Grade.BAD
        assert word in one.what
        assert one.remedy
        assert "CANARY" not in one.line()


def test_half_of_the_settings_is_noted(github: GitHub) -> None:
    """Without a token or a team nobody is asked; without both nothing is said."""
    (no_token,) = findings(github, github_team="python/psrt")
    (no_team,) = findings(github, github_team_token=github.token)
    assert (no_token.grade, no_team.grade) == (Grade.NOTE, Grade.NOTE)
    assert "GITHUB_TEAM_TOKEN" in no_token.remedy
    assert findings(github) == []
    assert github.asked == []
