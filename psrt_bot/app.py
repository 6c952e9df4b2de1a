"""The composition root: settings -> storage -> Bolt app -> listeners -> scheduler.

With ``composition/``, which wires use cases, facts and listeners, the only place that knows
everything and that imports ``commands``.
"""

import logging
from datetime import datetime, timedelta

import structlog
from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult

from commands.surface import Surface
from psrt_bot.access.service.checking import Checking
from psrt_bot.composition.bindings import deadline_handlers, plan_what_recurs, renderers, wire
from psrt_bot.composition.listeners import listen
from psrt_bot.composition.services import github_accounts
from psrt_bot.onboarding.service.accounts import AccountChecking
from psrt_bot.runtime import deadlines, facts, once
from psrt_bot.runtime.clock import Clock, MovableClock, SystemClock
from psrt_bot.runtime.deadlines import Sweep
from psrt_bot.runtime.delivery import Delivery
from psrt_bot.runtime.heartbeat import beat
from psrt_bot.runtime.people import Directory, why_unfit
from psrt_bot.runtime.scheduler import Scheduler
from psrt_bot.runtime.sending import Sender
from psrt_bot.runtime.slack import FAILURES, VIEW_TIMEOUT, judge, new_client
from psrt_bot.settings import Settings
from psrt_bot.socket_mode import SocketMode
from psrt_bot.voting.keystore import FileKeyStore, KeyStore
from psrt_bot.voting.service.closing import Closing
from psrt_bot.web import WebServer, wsgi_app
from storage.engine import WORKER_PATIENCE, Database, prepare_storage
from storage.schema import require_current

log = structlog.get_logger(__name__)

REFRESH_EVERY = timedelta(hours=1)


class Bot:
    """A whole bot: listeners, workers, and the two ways in.

    Args:
        clock: where the time comes from.

    Raises:
        SchemaError: the database is to be upgraded first.
        KeyStoreError: the key store cannot be used.
    """

    def __init__(self, settings: Settings, *, clock: Clock | None = None) -> None:
        assert settings.slack_bot_token is not None
        assert settings.team_channel is not None
        self.settings = settings
        self.clock = clock or SystemClock()
        url = settings.database_url.get_secret_value()
        self.database = Database(url, on_wake=self._poke)
        self._work = Database(url, patience=WORKER_PATIENCE)
        prepare_storage(self.database)
        require_current(self.database)
        self.keys: KeyStore = FileKeyStore.open(settings.keys_path)
        self._token = settings.slack_bot_token.get_secret_value()
        self.facts = facts.Facts()
        self.services = wire(settings, self.keys, self.facts)
        self._client = new_client(self._token, settings.slack_api_url)
        special = (settings.admin_channel, settings.council_channel)
        channels = (settings.team_channel, *special, *settings.member_channels)
        ours = [c for c in channels if c]
        seen = self.services.seen
        self.directory = Directory(self._work, self._client, ours, seen, self.facts)
        self.bolt, self.surface = self._build_surface()
        self._build_workers()
        self._scheduler: Scheduler | None = None
        self._transport: SocketMode | WebServer | None = None
        self._slack_problem: str | None = "not asked yet"
        self._bot_user_id: str | None = None
        self._refreshed_at: datetime | None = None

    def _build_surface(self) -> tuple[App, Surface]:
        def authorize() -> AuthorizeResult:
            # Says whose token answers without asking Slack: an outage must not stop a start.
            return AuthorizeResult(
                enterprise_id=None,
                team_id=None,
                bot_token=self._token,
                bot_user_id=self._bot_user_id,
            )

        secret = self.settings.slack_signing_secret
        self._secret = secret.get_secret_value() if secret else ""
        bolt = App(
            name="psrt-bot",
            logger=logging.getLogger("slack_bolt"),
            client=new_client(None, self.settings.slack_api_url),  # listeners never call with it
            signing_secret=self._secret,
            authorize=authorize,
            process_before_response=True,
            attaching_function_token_enabled=False,
        )
        after = new_client(self._token, self.settings.slack_api_url, timeout=VIEW_TIMEOUT)
        surface = Surface(
            bolt,
            after,
            self.database,
            self.clock,
            self.services.members,
            self.services.refusals,
            self.settings.command_prefix,
        )
        listen(surface, self.services, self.settings.command_prefix)
        return bolt, surface

    def _build_workers(self) -> None:
        prefix = self.settings.command_prefix
        sender = Sender(self._work, self._client, renderers(self.services), prefix)
        self._delivery = Delivery(
            self._work,
            self.clock,
            sender,
            self.facts,
            why_unfit,
            look=self.directory.make_sure,
        )
        self._closing = Closing(self._work, self.clock, self.services.polls)
        self._sweep = Sweep(self._work, self.clock, deadline_handlers(self.services))
        access, desk = self.services.access, self.services.people.desk
        self._checking = Checking(self._work, self.clock, desk, access.comparing, access.team)
        accounts = github_accounts(self.settings)
        newcomers = self.services.onboarding.desk
        self._accounts = AccountChecking(self._work, self.clock, newcomers, accounts)

    def start(self, *, http: tuple[str, int] | None = None, background: bool = True) -> None:
        """Open the way in and begin to work.

        Args:
            http: host and port of HTTP mode; None for Socket Mode.
            background: False leaves the work to calls of ``look`` (tests).

        Raises:
            SlackApiError, OSError: the way in cannot be opened.
        """
        with self._work.transaction() as session:
            if gap := beat(session, self.clock.now()):
                log.warning("was_away", since=gap.since.isoformat(), until=gap.until.isoformat())
            plan_what_recurs(session, self.clock.now(), self.services)
        self._closing.clear_orphans()
        self._transport = self._open_transport(http)
        self._transport.start()
        if background:
            self._scheduler = Scheduler(self.clock, self.look, minutely=self._refresh_when_due)
            self._scheduler.start()

    def _open_transport(self, http: tuple[str, int] | None) -> SocketMode | WebServer:
        answered = self.surface.afterwards.release
        if http is not None:
            application = wsgi_app(self.bolt, self._secret, self.problem, answered)
            return WebServer(application, *http)
        assert self.settings.slack_app_token is not None
        token = self.settings.slack_app_token.get_secret_value()
        return SocketMode(self.bolt, token, self._client, answered)

    @property
    def http_address(self) -> str:
        """Where HTTP mode listens."""
        assert isinstance(self._transport, WebServer)
        return self._transport.address

    def look(self) -> datetime | None:
        """Do everything that is due now; return when the next thing is due."""
        with self._work.transaction() as session:
            beat(session, self.clock.now())
            once.forget_old(session, self.clock.now())
        self._sweep.run()
        self._closing.run()
        self._delivery.run()
        # They ask GitHub, so they come last; what they owe is delivered at once.
        if self._checking.run() + self._accounts.run():
            self._delivery.run()
        with self._work.reading() as session:
            due = deadlines.next_due(session)
        waiting = (due, self._delivery.next_try(), self._checking.next_try())
        return min((moment for moment in waiting if moment), default=None)

    def move_clock(self, by: timedelta) -> None:
        """Let time pass at once (demo and tests), then do what has fallen due.

        Raises:
            TypeError: this bot's clock is the machine's.
        """
        if not isinstance(self.clock, MovableClock):
            raise TypeError("only a movable clock can be moved")
        # The heart goes first: a look that ran between the two would take the move for an absence.
        with self._work.transaction() as session:
            beat(session, self.clock.now() + by, absent=False)
        self.clock.move(by)
        if self._scheduler is None:
            self.look()
        else:
            self._poke()

    def refresh_people(self) -> None:
        """Ask Slack who we are, who there is, and who is in which channel; keeps ``problem``."""
        try:
            self._bot_user_id = self.directory.whoami().bot_user_id
            self.directory.refresh_users(self.clock.now())
            # Not before it is known who there is: everybody inside a channel would be a stranger.
            self.services.places.we_are(self._bot_user_id)
            self.directory.refresh_channels(self.clock.now())
        except FAILURES as error:
            self._slack_problem = f"Slack: {judge(error).code}"
            log.warning("slack_unreachable", code=judge(error).code)
        else:
            self._slack_problem = None
            self._refreshed_at = self.clock.now()
            with self._work.transaction() as session:
                self.services.neutralising.sweep(session, self.clock.now())

    def problem(self) -> str | None:
        """Return why the bot is not ready, or None."""
        return self._slack_problem

    def stop(self) -> None:
        """Finish what is under way and end; what is owed waits in the database."""
        if self._transport is not None:
            self._transport.stop()
        if self._scheduler is not None:
            self._scheduler.stop()
        self.surface.close()
        self.database.close()
        self._work.close()

    def _poke(self) -> None:
        if self._scheduler is not None:
            self._scheduler.poke()

    def _refresh_when_due(self) -> None:
        # After a failure every minute, so that an outage at the start is soon made good.
        old = self._refreshed_at is None or self.clock.now() - self._refreshed_at >= REFRESH_EVERY
        if old or self.directory.in_doubt():
            self.refresh_people()
