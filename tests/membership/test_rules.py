"""The words of the membership domain: who may do what, names in their order, notes, admins."""

import bisect

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from psrt_bot.membership import rules
from psrt_bot.membership.rules import AdminRemoval, Role

NAMES = st.text("aAbBzZøØłéß -", max_size=6)
WORDS = st.sampled_from(["Admin", "Release Manager", "admin", "1,000 reports", "on leave", ""])
NOTES = st.lists(WORDS, max_size=4).flatmap(
    lambda words: st.sampled_from([", ", ",", ",  "]).map(lambda comma: comma.join(words))
)


def test_the_words_of_the_command_line() -> None:
    """Roles are called as ``roster grant`` calls them (DESIGN section 6)."""
    expected = ["member", "emeritus", "admin", "release-manager", "steering-council"]
    assert [role.value for role in Role] == expected


@pytest.mark.parametrize(
    ("remaining", "problem"),
    [
        (-1, AdminRemoval.REFUSE),
        (0, AdminRemoval.REFUSE),
        (1, AdminRemoval.CONFIRM),
        (2, None),
        (9, None),
    ],
)
def test_two_admins_remain(remaining: int, problem: AdminRemoval | None) -> None:
    """Leaving one admin asks for confirmation, leaving none is refused (R6)."""
    assert rules.admin_removal_problem(remaining) is problem


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Łucja Ødegård", "lucja odegard"),
        ("ĐURĐA ÞÓRA", "durda thora"),
        ("Æsa Œuvre Ǽ", "aesa oeuvre ae"),
        ("Weiß GROẞ", "weiss gross"),
        ("İpek Işık", "ipek isik"),
        ("Guðrún ŋ Ħal Ŧor", "gudrun n hal tor"),
        ("  Ann\u00a0 ＢＥＥ ", "ann bee"),
        ("Zoe\u0308", "zoë"),
    ],
)
def test_letters_sort_as_their_base(name: str, plain: str) -> None:
    """Marks, case, width and letters with a stroke do not move a name (R5)."""
    assert rules.sort_key(name) == rules.sort_key(plain)
    if plain.isascii():
        assert rules.sort_key(name) == tuple(plain.split())


def test_first_names_compare_whole() -> None:
    """All Anns come before all Annas, whatever their last names."""
    assert rules.sort_key("Ann Zephyr") < rules.sort_key("Anna Able")
    assert rules.sort_key("Ann Zephyr") < rules.sort_key("Ann-Marie Able")


@given(st.lists(NAMES), NAMES)
def test_a_sorted_list_stays_sorted(names: list[str], new: str) -> None:
    """In a sorted list the newcomer stands where a sort puts them, behind equal names."""
    ordered = sorted(names, key=rules.sort_key)
    keys = [rules.sort_key(name) for name in ordered]
    place = rules.insertion_index(ordered, new)
    assert place == bisect.bisect_right(keys, rules.sort_key(new))


@given(st.lists(NAMES), NAMES)
def test_the_place_with_the_least_disorder(names: list[str], new: str) -> None:
    """In any list no place has fewer names on the wrong side, and no earlier one as few."""
    key = rules.sort_key(new)
    costs = [
        sum(rules.sort_key(name) > key for name in names[:place])
        + sum(rules.sort_key(name) <= key for name in names[place:])
        for place in range(len(names) + 1)
    ]
    assert rules.insertion_index(names, new) == costs.index(min(costs))


def test_a_stray_name_pulls_nobody() -> None:
    """One name out of order, at either end, does not decide where a newcomer goes."""
    assert rules.insertion_index(["Zed", "Ann", "Bob", "Eve"], "Cyd") == 3
    assert rules.insertion_index(["Bob", "Eve", "Zed", "Ann"], "Cyd") == 1


@pytest.mark.parametrize(
    "name", ["a", "A1", "ann-example", "x" * 39, "a-b-c", "0", "a-", "a--b", "ann_acme"]
)
def test_github_names(name: str) -> None:
    """GitHub's rule for new accounts, what old ones still have, enterprises' short codes."""
    assert rules.github_name_problem(name) is None


@pytest.mark.parametrize(
    "name", ["-a", "_a", "-", "a.b", "@ann", "a b", "é", "x" * 40, "a\n", "٣", "x" * 9999]
)
def test_malformed_github_names(name: str) -> None:
    """Anything else is refused in one short sentence that says how to write it."""
    problem = rules.github_name_problem(name)
    assert problem is not None
    assert "write 1 to 39 letters" in problem
    assert len(problem) < 300
    assert "\n" not in problem


def test_a_malformed_github_name_is_not_repeated() -> None:
    """The sentence becomes an exception's text; what was typed may be a form's value."""
    assert "zoé.private" not in (rules.github_name_problem("zoé.private") or "zoé.private")


def test_empty_github_name() -> None:
    """An empty GitHub name is wrong by itself; who allows it does not ask."""
    assert rules.github_name_problem("") == (
        "the GitHub name is empty; write the user name without @"
    )


@given(st.from_regex(r"[A-Za-z0-9_-]{0,41}", fullmatch=True))
def test_github_rule_in_other_words(name: str) -> None:
    """The pattern agrees with the rule told step by step."""
    right = 1 <= len(name) <= 39 and name.lstrip("-_") == name
    assert (rules.github_name_problem(name) is None) == right


def test_github_key() -> None:
    """Case does not count, and an empty name identifies nobody (R5)."""
    assert rules.github_key("Ann-Example") == "ann-example"
    assert rules.github_key("") is None


@pytest.mark.parametrize("name", ["Ann", "Łucja 'Lu' de la Cruz-Ødegård", "王小明", "x" * 200])
def test_names(name: str) -> None:
    """People are called many things."""
    assert rules.name_problem(name) is None


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "is empty"),
        (" \u00a0", "is empty"),
        ("x" * 201, "has 201 characters; shorten it to 200"),
        ("Ann\nBob", "U+000A"),
        ("Ann\tBob", "U+0009"),
        ("Ann\x00", "U+0000"),
        ("Ann\u2028", "U+2028"),
        ("Ann\u202eBob", "U+202E"),
        ("\ufeffAnn", "U+FEFF"),
        ("Ann\ud800", "U+D800"),
    ],
)
def test_name_problems(name: str, told: str) -> None:
    """A name is refused with the reason, and without the character that would do harm."""
    problem = rules.name_problem(name)
    assert problem is not None
    assert told in problem
    assert rules.bad_character(problem) is None


def test_joiners_are_letters_of_some_names() -> None:
    """The two joiners that names in some scripts need are no reason to refuse one."""
    assert rules.bad_character("a\u200db\u200cc") is None
    assert rules.bad_character("") is None


@pytest.mark.parametrize(
    "text", ["ann@example.org", "a.b+c@mail.example.org", "x" * 242 + "@example.org"]
)
def test_email_addresses(text: str) -> None:
    """One @, a dot in the domain, at most 254 characters."""
    assert rules.email_problem(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "@example.org",
        "ann@example",
        "ann@.org",
        "ann@example.",
        "ann@example..org",
        "ann@b@example.org",
        "ann b@example.org",
        "ann@exa\u00a0mple.org",
        "ann@example.org\n",
        "ann\x00@example.org",
        "<mailto:ann@example.org|ann@example.org>",
    ],
)
def test_malformed_email_addresses(text: str) -> None:
    """Anything else is refused with an example to follow."""
    assert rules.email_problem(text) == ("this is no e-mail address; write it as name@example.org")


def test_long_email_address() -> None:
    """An address of 255 characters cannot receive mail."""
    problem = rules.email_problem("x" * 243 + "@example.org")
    assert problem == "the e-mail address has more than 254 characters; check it"


@pytest.mark.parametrize(
    ("notes", "roles"),
    [
        ("", set()),
        ("Admin", {Role.ADMIN}),
        ("Admin, Release Manager", {Role.ADMIN, Role.RELEASE_MANAGER}),
        ("on leave,Release Manager", {Role.RELEASE_MANAGER}),
        ("admin, Administrator, Release Manager of 3.x", set()),
    ],
)
def test_roles_in_notes(notes: str, roles: set[Role]) -> None:
    """Only the two words, spelt exactly, name roles; anything else grants nothing (R5)."""
    assert rules.note_roles(notes) == roles


@pytest.mark.parametrize(
    ("notes", "role", "expected"),
    [
        ("", Role.ADMIN, "Admin"),
        ("  ", Role.ADMIN, "Admin"),
        ("Release Manager", Role.ADMIN, "Admin, Release Manager"),
        ("a,b, Release Manager , c", Role.ADMIN, "a,b, Admin, Release Manager , c"),
        ("1,000 reports", Role.ADMIN, "1,000 reports, Admin"),
        ("Admin", Role.RELEASE_MANAGER, "Admin, Release Manager"),
        ("Admin,x", Role.ADMIN, "Admin,x"),
    ],
)
def test_notes_with_a_role(notes: str, role: Role, expected: str) -> None:
    """Admin goes before Release Manager, anything else to the end; other notes stay verbatim."""
    assert rules.notes_with(notes, role) == expected


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        ("Admin", ""),
        ("Admin, Release Manager", "Release Manager"),
        ("1,000 reports;x , Admin,  on leave", "1,000 reports;x ,  on leave"),
        ("Admin,Admin, x", "x"),
        (" Admin , x", "x"),
        ("x,  y", "x,  y"),
        ("", ""),
    ],
)
def test_notes_after_leaving(notes: str, expected: str) -> None:
    """Leaving drops Admin and keeps Release Manager and unknown notes verbatim (R5)."""
    assert rules.notes_after_leaving(notes) == expected


@given(NOTES, st.sampled_from(sorted(rules.NOTE_WORDS)))
@example("Release Manager", Role.ADMIN)
def test_notes_gain_and_lose_exactly_one_role(notes: str, role: Role) -> None:
    """Adding or taking a role changes that role and no other word; twice is as good as once."""
    others = [word for word in rules.note_words(notes) if word != rules.NOTE_WORDS[role]]
    for change, roles in (
        (rules.notes_with, rules.note_roles(notes) | {role}),
        (rules.notes_without, rules.note_roles(notes) - {role}),
    ):
        changed = change(notes, role)
        left = [word for word in rules.note_words(changed) if word != rules.NOTE_WORDS[role]]
        assert left == others
        assert rules.note_roles(changed) == roles
        assert change(changed, role) == changed


@pytest.mark.parametrize("role", sorted(set(Role) - set(rules.NOTE_WORDS)))
def test_other_roles_do_not_stand_in_notes(role: Role) -> None:
    """Asking for a role that the public list does not carry is a mistake of the caller."""
    with pytest.raises(ValueError, match=f"{role.value} does not stand in the notes"):
        rules.notes_with("", role)
    with pytest.raises(ValueError, match=f"{role.value} does not stand in the notes"):
        rules.notes_without("", role)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("SC-2026-03", None),
        ("https://lists.example/thread/7", None),
        ("x" * rules.MAX_DECISION, None),
        ("  ", "give a reference"),
        ("x" * (rules.MAX_DECISION + 1), "shorten it"),
        ("SC\n2026", "U+000A"),
    ],
)
def test_a_reference_to_a_decision(text: str, problem: str | None) -> None:
    """It goes into the audit log, so it is there, short, and on one line (R6)."""
    found = rules.decision_problem(text)
    assert found is None if problem is None else problem in (found or "")


def test_a_decided_claim_stays_decided() -> None:
    """Only an open one becomes anything, and it becomes each of the others."""
    ends = set(rules.ClaimState) - {rules.ClaimState.OPEN}
    assert rules.CLAIM_TRANSITIONS[rules.ClaimState.OPEN] == ends
    assert all(not rules.CLAIM_TRANSITIONS[end] for end in ends)


def test_why_somebody_is_a_member_without_a_nomination() -> None:
    """Some words, not too many, of visible characters; lines are allowed."""
    assert rules.entry_reason_problem("Voted on\nby mail") is None
    assert "for the history" in str(rules.entry_reason_problem(" \n"))
    assert "1001" in str(rules.entry_reason_problem("x" * 1001))
    assert "U+202E" in str(rules.entry_reason_problem("a\u202eb"))
