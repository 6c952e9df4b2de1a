"""``/nominate``: the form's three steps, the buttons of card and details, status, withdrawal."""

from slack_sdk.models.views import View

from commands import words
from commands.answers import Answer, CloseAll, Done, Say, Show
from commands.asked import Asked
from commands.surface import Surface
from psrt_bot.membership.rules import Permission, Role
from psrt_bot.nominations.messages import form, posts
from psrt_bot.nominations.messages import words as ids
from psrt_bot.nominations.messages.words import Who
from psrt_bot.nominations.rules import FIELDS, PROMISES_FIELD
from psrt_bot.nominations.service.drafts import Drafts, who_of
from psrt_bot.nominations.service.nominating import Nominating
from psrt_bot.nominations.service.reading import Reading
from psrt_bot.runtime import once
from storage.nominations import Draft

WORDS = {
    "": "nominates somebody, or goes on with a draft",
    "status": "tells phase and dates of the nominations under way",
    "withdraw": "takes back a nomination of yours",
    "cancel": "ends somebody's nomination (admins)",
    "help": "shows this",
}


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
        if not drafts:
            return Show(form.who_modal("", Who()))
        return Show(form.drafts_modal([(d.id, d.nominee_name, d.updated_at) for d in drafts]))

    def _status(self, asked: Asked) -> Answer:
        with self._database.reading() as session:
            return Say(posts.status_text(self._reading.running(session, asked.user_id)))

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
        return Show(form.who_modal("", Who()))

    def go_on(self, asked: Asked) -> Answer:
        """Take a draft up again: at its texts, with step 1 one step back."""
        with self._database.reading() as session:
            draft = self._drafts.get(session, asked.user_id, asked.value)
        if draft.texts:
            return Show(_texts_of(draft))
        return Show(form.who_modal(draft.id, who_of(draft)))

    def discard(self, asked: Asked) -> Answer:
        """Delete a draft."""
        with self._database.transaction() as session:
            self._drafts.discard(session, asked.user_id, asked.value)
        return Say("The draft is deleted.")

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
            return Show(_texts_of(draft))

    def texts(self, asked: Asked) -> Answer:
        """Save step 2 whatever it holds, then check it, and go on to the preview."""
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
        return Say("Saved. You can close this and go on later with /nominate.")

    def nominate(self, asked: Asked) -> Answer:
        """Make the nomination."""
        with self._database.transaction() as session:
            self._nominating.nominate(session, self._clock.now(), asked.user_id, asked.metadata)
        return CloseAll()

    def details(self, asked: Asked) -> Answer:
        """Show a nomination's texts to a member."""
        with self._database.reading() as session:
            shown, actor = self._reading.details(session, asked.user_id, asked.value)
            own = shown.nomination_id in {
                mine.nomination_id for mine in self._reading.own(session, asked.user_id)
            }
        return Show(posts.details_modal(shown, may_add=own, may_cancel=Role.ADMIN in actor.roles))

    def ask_addendum(self, asked: Asked) -> Answer:
        """Open the form of an addendum."""
        with self._database.reading() as session:
            shown, _ = self._reading.details(session, asked.user_id, asked.value)
        return Show(form.addendum_modal(shown.nomination_id, shown.nominee))

    def add(self, asked: Asked) -> Answer:
        """Add an addendum; the same form submitted twice adds it once."""
        with self._database.transaction() as session:
            now = self._clock.now()
            if once.first_time(session, now, f"view:{asked.view_id}"):
                self._nominating.add(session, now, asked.user_id, asked.metadata, asked.one("text"))
        return CloseAll()

    def withdraw(self, asked: Asked) -> Answer:
        """Take one's own nomination back."""
        with self._database.transaction() as session:
            self._nominating.withdraw(
                session,
                self._clock.now(),
                asked.user_id,
                asked.one("nomination"),
                asked.one("reason"),
            )
        return Done()

    def ask_cancel(self, asked: Asked) -> Answer:
        """Open the form by which an admin ends a nomination."""
        with self._database.reading() as session:
            shown = [
                one
                for one in self._reading.cancellable(session, asked.user_id)
                if one.nomination_id == asked.value
            ]
        if not shown:
            return Say("This nomination has ended already.")
        return Show(form.end_modal(ids.CANCEL, shown, reason_needed=True))

    def cancel(self, asked: Asked) -> Answer:
        """End somebody's nomination as an admin."""
        with self._database.transaction() as session:
            self._nominating.cancel(
                session,
                self._clock.now(),
                asked.user_id,
                asked.one("nomination"),
                asked.one("reason"),
            )
        return CloseAll()

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


def _texts_of(draft: Draft) -> View:
    return form.texts_modal(draft.id, draft.nominee_name, draft.texts)


def register(
    surface: Surface, drafts: Drafts, nominating: Nominating, reading: Reading, name: str
) -> NominateListeners:
    """Register the listeners of nominations; ``name`` is how people type the command."""
    on = NominateListeners(surface, drafts, nominating, reading, name)
    nominate = Permission.NOMINATIONS_NOMINATE
    surface.command("nominate", nominate, on.command)
    surface.form(ids.WHO, nominate, on.who)
    surface.form(ids.TEXTS, nominate, on.texts)
    surface.form(ids.PREVIEW, nominate, on.nominate)
    surface.form(ids.ADDENDUM, Permission.NOMINATIONS_ADDENDUM, on.add)
    surface.form(ids.WITHDRAW, Permission.NOMINATIONS_WITHDRAW, on.withdraw)
    surface.form(ids.CANCEL, Permission.NOMINATIONS_CANCEL, on.cancel)
    surface.button(ids.DETAILS, Permission.NOMINATIONS_READ, on.details)
    surface.button(ids.SAVE_TEXTS, nominate, on.save_texts)
    surface.button(ids.CONTINUE, nominate, on.go_on)
    surface.button(ids.DISCARD, nominate, on.discard)
    surface.button(ids.START, nominate, on.start)
    surface.button(ids.ADDENDUM, Permission.NOMINATIONS_ADDENDUM, on.ask_addendum)
    surface.button(ids.CANCEL, Permission.NOMINATIONS_CANCEL, on.ask_cancel)
    return on
