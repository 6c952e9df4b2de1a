"""The story of the headless demo: nominate, vote, verify, decide.

Each step does through Slack what people do, and checks what people would see.
"""

from psrt_bot.sandbox.demo import ballots, council, nominating, results
from psrt_bot.sandbox.demo.telling import Step

STORY: tuple[Step, ...] = (
    Step("The bot connects to a local Slack with a fictional team", nominating.connect),
    Step("Ana Andrade types /nominate and goes through three modals", nominating.nominate),
    Step("The team channel gets a card", nominating.card),
    Step("Members vote in secret", ballots.vote),
    Step("Dov Dahan changes their ballot", ballots.change),
    Step("An outsider is refused", ballots.refuse),
    Step("Ballots are sealed while the vote is open", ballots.sealed),
    Step("Four days later: a reminder", ballots.remind),
    Step("A late ballot from the reminder", ballots.vote_late),
    Step("The week is over: the result", results.close),
    Step("Too late is too late", ballots.too_late),
    Step("The bulletin is downloaded", results.download),
    Step("The bulletin is verified with a receipt", results.verify),
    Step("A forged bulletin is found out", results.forge),
    Step("Nothing is left that could give a vote back", results.forget),
    Step("The Steering Council is told", council.told),
    Step("The Steering Council has no objection", council.decided),
    Step("The audit log holds", results.account),
)
