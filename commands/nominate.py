"""``/nominate``: its words, the form's three steps, and drafts."""

from slack_sdk.models.views import View
from sqlmodel import Session

from commands import words
from commands.answers import Answer, CloseAll, Replace, Say, Show
from commands.asked import Asked
from commands.surface import Surface
from psrt_bot.membership.rules import Permission
from psrt_bot.nominations.messages import form, posts
from psrt_bot.nominations.messages import words as ids
from psrt_bot.nominations.messages.words import Who
from psrt_bot.nominations.rules import FIELDS, PROMISES_FIELD
from psrt_bot.nominations.service.drafts import Drafts
from psrt_bot.nominations.service.nominating import Nominating
from psrt_bot.nominations.service.reading import Reading
from psrt_bot.runtime import once

WORDS = {
    "": "nominates somebody, or goes on with a draft",
    "status": "tells phase and dates of the nominations under way",
    "withdraw": "takes back a nomination of yours",
    "cancel": "ends somebody's nomination (admins)",
    "help": "shows this",
}
SAVED = (
    "Saved. You can close this and go on later: *Continue* waits in your conversation with me, and "
    "in my Home."
)


class NominateListeners:
    """Parse, call one use case, answer."""

    def __init__(
        self, surface: Surface, drafts: Drafts, nominating: Nominating, reading: Reading, name: str
    ) -> None:
        self._database = surface.database
        self._clock = surface.clock
        self._drafts = drafts
        self._nominating = nominating
        self._reading = reading
        self._name = name

    def command(self, asked: Asked) -> Answer:
        """Choose by the first word."""
        word = asked.text.split()[0].lower() if asked.text else ""
        match word:
            case "":
                return self._begin(asked)
            case "status":
                return self._status(asked)
            case "withdraw":
                return self._withdrawable(asked)
            case "cancel":
                return self._cancellable(asked)
            case "help":
                return Say(words.usage(self._name, WORDS))
        return Say(words.unknown_word(word, WORDS, words.usage(self._name, WORDS)))

    def _begin(self, asked: Asked) -> Answer:
        with self._database.reading() as session:
            drafts = self._drafts.list(session, asked.user_id)
            return Show(self._choice(session, asked) if drafts else form.who_modal("", Who()))

    def _status(self, asked: Asked) -> Answer:
        with self._database.reading() as session:
            running, own = self._reading.status(session, asked.user_id)
            return Say(posts.status_text(running), posts.status_blocks(running, own))

    def _withdrawable(self, asked: Asked) -> Answer:
        with self._database.reading() as session:
            own = self._reading.own(session, asked.user_id)
        if not own:
            return Say("You have no nomination under way.")
        return Show(form.end_modal(ids.WITHDRAW, own, reason_needed=False))

    def _cancellable(self, asked: Asked) -> Answer:
        with self._database.reading() as session:
            running = self._reading.cancellable(session, asked.user_id)
        if not running:
            return Say("There are no nominations under way.")
        return Show(form.end_modal(ids.CANCEL, running, reason_needed=True))

    def start(self, _: Asked) -> Answer:
        """Begin a new nomination beside the drafts there are."""
        return Replace(form.who_modal("", Who()))

    def go_on(self, asked: Asked) -> Answer:
        """Take a draft up again at step 1, so that it is checked anew; the texts come next."""
        with self._database.reading() as session:
            draft = self._drafts.get(session, asked.user_id, asked.value)
            return Replace(form.who_modal(draft.id, self._drafts.who(session, draft)))

    def discard(self, asked: Asked) -> Answer:
        """Delete a draft, and show those that are left."""
        with self._database.transaction() as session:
            self._drafts.discard(session, self._clock.now(), asked.user_id, asked.value)
            return Replace(self._choice(session, asked))

    def who(self, asked: Asked) -> Answer:
        """Check and save step 1, go on to step 2."""
        typed = Who(
            asked.one("nominee") or None,
            asked.one("name"),
            asked.one("email"),
            asked.one("github"),
            asked.one("standing"),
        )
        with self._database.transaction() as session:
            draft = self._drafts.save_who(
                session, self._clock.now(), asked.user_id, typed, asked.metadata
            )
            return Show(form.texts_modal(draft.id, draft.nominee_name, draft.texts))

    def texts(self, asked: Asked) -> Answer:
        """Save step 2 whatever is missing, then check it, and go on to the preview."""
        self._save(asked, asked.metadata)
        with self._database.reading() as session:
            preview = self._drafts.preview(
                session, self._clock.now(), asked.user_id, asked.metadata
            )
        return Show(
            form.preview_modal(
                asked.metadata,
                preview.shown,
                electors=preview.electors,
                closes_at=preview.closes_at,
                waits=preview.waits,
            )
        )

    def save_texts(self, asked: Asked) -> Answer:
        """Save step 2 as it stands, to be gone on with later."""
        self._save(asked, asked.value)
        return Say(SAVED)

    def nominate(self, asked: Asked) -> Answer:
        """Make the nomination."""
        with self._database.transaction() as session:
            now = self._clock.now()
            if once.first_time(session, now, f"view:{asked.view_id}"):
                self._nominating.nominate(session, now, asked.user_id, asked.metadata)
        return CloseAll()

    def _choice(self, session: Session, asked: Asked) -> View:
        drafts = self._drafts.list(session, asked.user_id)
        return form.drafts_modal([(d.id, d.nominee_name, d.updated_at) for d in drafts])

    def _save(self, asked: Asked, draft_id: str) -> None:
        with self._database.transaction() as session:
            self._drafts.save_texts(
                session,
                self._clock.now(),
                asked.user_id,
                draft_id,
                {text.name: asked.one(text.name) for text in FIELDS},
                asked.several(PROMISES_FIELD),
            )


def register(
    surface: Surface, drafts: Drafts, nominating: Nominating, reading: Reading, name: str
) -> NominateListeners:
    """Register the way to a nomination; ``name`` is how people type the command."""
    on = NominateListeners(surface, drafts, nominating, reading, name)
    nominate = Permission.NOMINATIONS_NOMINATE
    surface.command("nominate", nominate, on.command)
    surface.form(ids.WHO, nominate, on.who)
    surface.form(ids.TEXTS, nominate, on.texts)
    surface.form(ids.PREVIEW, nominate, on.nominate)
    surface.button(ids.SAVE_TEXTS, nominate, on.save_texts)
    surface.button(ids.CONTINUE, nominate, on.go_on)
    surface.button(ids.DISCARD, nominate, on.discard)
    surface.button(ids.START, nominate, on.start)
    return on
