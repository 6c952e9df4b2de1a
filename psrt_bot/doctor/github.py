"""Whether GitHub tells who is in the team, where there is a token to ask with."""

from collections.abc import Iterator

from psrt_bot.access.github_team import READS_MEMBERS, GitHubTrouble
from psrt_bot.composition.services import github_team
from psrt_bot.doctor.findings import Finding, bad_as_told, good, note
from psrt_bot.runtime.blocks import plural
from psrt_bot.settings import Settings


def of_github(settings: Settings) -> Iterator[Finding]:
    """Yield findings about the GitHub team; none where nobody wants it compared."""
    team = github_team(settings)
    if team is None:
        if settings.github_team_token is not None:
            yield note("GITHUB_TEAM_TOKEN is set, and PSRT_GITHUB_TEAM is not", "name the team")
        elif settings.github_team is not None:
            remedy = f"set GITHUB_TEAM_TOKEN, {READS_MEMBERS}"
            yield note("the GitHub team is not compared with the list", remedy)
        return
    try:
        people = team.members()
    except GitHubTrouble as trouble:
        yield bad_as_told(trouble, "see PSRT_GITHUB_TEAM and GITHUB_TEAM_TOKEN")
    else:
        yield good(f"GitHub team {team.name} has {plural(len(people), 'member')}")
