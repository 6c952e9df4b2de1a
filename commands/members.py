"""``/psrt members``: the list for members; for admins also each person, and what changes them.

One modal at a time: what opens takes its place, so nobody comes back to a view that is out of date.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from slack_sdk.models.views import View
from sqlmodel import Session

from commands.answers import Answer, Replace, Say, Show
from commands.asked import Asked
from commands.surface import Surface
from psrt_bot.membership import people_forms as forms
from psrt_bot.membership import people_views as views
from psrt_bot.membership.browsing import MAX_TEXT, Card, Filter, Place
from psrt_bot.membership.permissions import Permission
from psrt_bot.membership.service.appointing import TooFewAdmins
from psrt_bot.membership.service.directory import Directory
from psrt_bot.membership.service.managing import Called, Changed, Managing, Newcomer, Wanted
from psrt_bot.offboarding import messages as leaving
from psrt_bot.offboarding.service import Asked as Ending
from psrt_bot.offboarding.service import Offboarding

Act = Callable[[Session, datetime, Place], str]


class MemberListeners:
    """Parse, call one use case, answer."""

    def __init__(
        self, surface: Surface, directory: Directory, managing: Managing, offboarding: Offboarding
    ) -> None:
        self._database = surface.database
        self._clock = surface.clock
        self._directory = directory
        self._managing = managing
        self._offboarding = offboarding

    def command(self, asked: Asked) -> Answer:
        """Open the list; what follows the word is looked for."""
        return Show(self._page(asked, Place(Filter(asked.text[:MAX_TEXT]))).view)

    def show(self, asked: Asked) -> Answer:
        """Show whom the filter of the form fits."""
        chosen = Filter.of(
            asked.one(forms.TEXT), asked.one(forms.ROLE), asked.one(forms.LINK_STATE)
        )
        return self._page(asked, Place(chosen))

    def turn(self, asked: Asked) -> Answer:
        """Show another page of the list."""
        return self._page(asked, replace(Place.read(asked.metadata), page=_page(asked.value)))

    def back(self, asked: Asked) -> Answer:
        """Go back to the list, where one was."""
        return self._page(asked, Place.read(asked.metadata))

    def _page(self, asked: Asked, place: Place) -> Replace:
        with self._database.reading() as session:
            return Replace(views.list_modal(self._directory.page(session, asked.user_id, place)))

    def open(self, asked: Asked) -> Answer:
        """Show one person."""
        return Replace(views.person_modal(self._card(asked)))

    def ask_add(self, asked: Asked) -> Answer:
        """Open the form that adds somebody."""
        with self._database.reading() as session:
            self._directory.must_manage(session, asked.user_id)
        return Replace(forms.add_modal(Place.read(asked.metadata)))

    def ask_edit(self, asked: Asked) -> Answer:
        """Open the form of name, GitHub name and notes."""
        return Replace(forms.edit_modal(self._card(asked)))

    def ask_link(self, asked: Asked) -> Answer:
        """Open the form of the Slack link."""
        return Replace(forms.link_modal(self._card(asked)))

    def ask_roles(self, asked: Asked) -> Answer:
        """Open the form of roles."""
        return Replace(forms.roles_modal(self._card(asked)))

    def ask_join(self, asked: Asked) -> Answer:
        """Open the form by which a membership begins."""
        return Replace(forms.join_modal(self._card(asked)))

    def ask_end(self, asked: Asked) -> Answer:
        """Open the form by which a membership ends."""
        return Replace(self._end_form(asked, self._card(asked)))

    def history(self, asked: Asked) -> Answer:
        """Show what roles somebody held; a button within it carries a page, one before it an id."""
        place = Place.read(asked.metadata)
        with self._database.reading() as session:
            found = self._directory.history(session, asked.user_id, place, _page(asked.value))
        return Replace(views.history_modal(found))

    def add(self, asked: Asked) -> Answer:
        """Add somebody, and show them."""
        newcomer = Newcomer(
            _called(asked),
            asked.one(forms.SLACK_USER),
            asked.several(forms.ROLES),
            asked.one(forms.REASON),
        )
        with self._database.transaction() as session:
            person = self._managing.add(session, self._clock.now(), asked.user_id, newcomer)
            return self._fresh(session, asked, person.id, forms.ADDED)

    def edit(self, asked: Asked) -> Answer:
        """Save name, GitHub name and notes."""
        return self._act(
            asked, lambda s, now, at: self._managing.edit(s, now, asked.user_id, at, _called(asked))
        )

    def link(self, asked: Asked) -> Answer:
        """Save the Slack link."""
        user = asked.one(forms.SLACK_USER)
        return self._act(
            asked, lambda s, now, at: self._managing.link(s, now, asked.user_id, at, user)
        )

    def set_roles(self, asked: Asked) -> Answer:
        """Save roles; where one admin only would be left, ask once more."""
        chosen, decision = asked.several(forms.ROLES), asked.one(forms.DECISION)
        wanted = Wanted(chosen, decision, alone=bool(asked.several(forms.ALONE)))
        try:
            return self._act(
                asked,
                lambda s, now, at: self._managing.set_roles(s, now, asked.user_id, at, wanted),
            )
        except TooFewAdmins:
            card = self._card(replace(asked, value=""))
            form = forms.roles_modal(card, chosen=chosen, decision=decision, alone=True)
            return Replace(form)

    def join(self, asked: Asked) -> Answer:
        """Begin a membership without a nomination."""
        reason = asked.one(forms.REASON)
        return self._act(
            asked,
            lambda s, now, at: self._managing.make_member(s, now, asked.user_id, at, reason),
        )

    def end(self, asked: Asked) -> Answer:
        """End a membership; where one admin only would be left, ask once more."""
        ticked = asked.several(leaving.SURE)
        filled = Ending(asked.one(leaving.REASON), leaving.SURE in ticked, leaving.ALONE in ticked)

        def act(session: Session, now: datetime, place: Place) -> str:
            self._managing.unchanged(session, asked.user_id, place)
            self._offboarding.end(session, now, asked.user_id, place.person_id, filled)
            return forms.ENDED

        try:
            return self._act(asked, act)
        except TooFewAdmins:
            card = self._card(replace(asked, value=""))
            return Replace(self._end_form(asked, card, reason=filled.reason, alone=True))

    def _end_form(self, asked: Asked, card: Card, *, reason: str = "", alone: bool = False) -> View:
        person_id = card.line.person_id
        with self._database.reading() as session:
            person, outlook = self._offboarding.outlook(session, asked.user_id, person_id)
        way = forms.back(person_id)
        place = card.place.written()
        return leaving.end_modal(person.name, outlook, place, back=way, reason=reason, alone=alone)

    def _card(self, asked: Asked) -> Card:
        """Return the person whose id a button carries, or whom the modal was about."""
        place = Place.read(asked.metadata)
        place = place.of(asked.value or place.person_id)
        with self._database.reading() as session:
            return self._directory.card(session, asked.user_id, place)

    def _act(self, asked: Asked, act: Act) -> Answer:
        """Change somebody and show them as they stand then; a form that is out of date, as now."""
        place = Place.read(asked.metadata)
        try:
            with self._database.transaction() as session:
                said = act(session, self._clock.now(), place)
                return self._fresh(session, asked, place.person_id, said)
        except Changed as error:
            with self._database.reading() as session:
                return self._fresh(session, asked, place.person_id, str(error))

    def _fresh(self, session: Session, asked: Asked, person_id: str, note: str) -> Answer:
        session.flush()
        if not self._directory.manages(session, asked.user_id):
            return Say(forms.NO_LONGER_ADMIN)  # it was themselves
        place = Place.read(asked.metadata).of(person_id)
        return Replace(
            views.person_modal(self._directory.card(session, asked.user_id, place), note)
        )


def _page(value: str) -> int:
    """Return the page that a button carries; what is none is the first."""
    return int(value) if value.isdecimal() and len(value) < 6 else 0


def _called(asked: Asked) -> Called:
    return Called(asked.one(forms.NAME), asked.one(forms.GITHUB), asked.one(forms.NOTES))


def register(
    surface: Surface, directory: Directory, managing: Managing, offboarding: Offboarding
) -> None:
    """Register the list of people and its forms."""
    on = MemberListeners(surface, directory, managing, offboarding)
    see, change = Permission.MEMBERS_LIST, Permission.MEMBERS_MANAGE
    surface.form(forms.LIST, see, on.show)
    surface.button(forms.LIST, see, on.back)
    surface.button(forms.PREVIOUS, see, on.turn)
    surface.button(forms.NEXT, see, on.turn)
    surface.button(forms.OPEN, change, on.open)
    surface.button(forms.HISTORY, change, on.history)
    surface.button(forms.OLDER, change, on.history)
    for name, ask, do in (
        (forms.ADD, on.ask_add, on.add),
        (forms.EDIT, on.ask_edit, on.edit),
        (forms.LINK, on.ask_link, on.link),
        (forms.ROLES_FORM, on.ask_roles, on.set_roles),
        (forms.JOIN, on.ask_join, on.join),
    ):
        surface.button(name, change, ask)
        surface.form(name, change, do)
    surface.button(leaving.END, Permission.OFFBOARDING_END, on.ask_end)
    surface.form(leaving.END, Permission.OFFBOARDING_END, on.end)
    surface.word("members", see, on.command, "shows the list of members; `members NAME` looks")
