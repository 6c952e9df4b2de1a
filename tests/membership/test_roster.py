"""The public list: what is read is written again to the byte, and no problem goes unnamed."""

import contextlib
import csv
import io
import json
from dataclasses import dataclass, replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from psrt_bot.membership import roster
from psrt_bot.membership.roster import Changed, Changes, Entry, Record, Roster, RosterError, Style
from psrt_bot.membership.rules import Role, notes_with

LIST = b"""\
Ann Able,ann-able,Admin
"Bob ""Bo"" Baker", bob , "Admin, Release Manager"
Cyd Cole,,
"Eve Early","Eve","on leave, since 2020"
"""
ANN = Entry("Ann Able", "ann-able", "Admin")
BOB = Entry('Bob "Bo" Baker', "bob", "Admin, Release Manager")
CYD = Entry("Cyd Cole")
DAN = Entry("Dan Doe", "dan", "mentor")
EVE = Entry("Eve Early", "Eve", "on leave, since 2020")

# Whatever people are called; what no list may hold is tried by itself below.
LETTERS = st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"])
TEXTS = st.text(st.one_of(st.sampled_from(' ,"|éŁ'), LETTERS), max_size=12).map(str.strip)
ENTRIES = st.builds(
    Entry,
    name=TEXTS.filter(bool),
    github=st.from_regex(r"[a-zA-Z0-9](-?[a-zA-Z0-9]){0,3}|", fullmatch=True),
    notes=TEXTS,
)
UNIQUE = st.lists(ENTRIES, max_size=6, unique_by=lambda e: e.github.lower() or object())
SPACES = st.sampled_from(["", "", " ", "  "])


@dataclass(frozen=True)
class Written:
    """A file as somebody's editor might have written it, and what it says."""

    data: bytes
    entries: list[Entry]


@st.composite
def files(draw: st.DrawFn) -> Written:
    """Draw a file with quotes, spaces and line endings chosen for each field and line."""
    entries = draw(UNIQUE)
    lines = []
    for entry in entries:
        fields = []
        for text in (entry.name, entry.github, entry.notes):
            quoted = text.startswith('"') or "," in text or draw(st.booleans())
            inside = '"{}"'.format(text.replace('"', '""')) if quoted else text + draw(SPACES)
            fields.append(draw(SPACES) + inside)
        # The csv module skips spaces behind a comma, but quotes must begin the line.
        lines.append(",".join(fields).lstrip(" ") + draw(st.sampled_from(["\n", "\r\n"])))
    data = "".join(lines).encode()
    if draw(st.booleans()) and lines:
        data = data.removesuffix(b"\n").removesuffix(b"\r")
    return Written(draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + data, entries)


def problems_of(data: bytes) -> tuple[str, ...]:
    with pytest.raises(RosterError) as caught:
        roster.parse(data)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def stored(people: Roster) -> Roster:
    """Take a list through the rows and the style that the database keeps."""
    rows = [(record.raw, record.entry) for record in people.records]
    return Roster.from_records(rows, people.style)


def test_what_a_list_says() -> None:
    """Quotes and spaces around fields are handwriting, not part of what is said."""
    people = roster.parse(LIST)
    assert people.entries == (ANN, BOB, CYD, EVE)
    assert [sorted(entry.roles) for entry in people.entries] == [
        [Role.ADMIN],
        [Role.ADMIN, Role.RELEASE_MANAGER],
        [],
        [],
    ]
    assert people.style == Style(bom=False, newline="\n", final_newline=True)


@given(files())
def test_untouched_means_identical(written: Written) -> None:
    """A list that nobody changed is exported to the byte as it came, also by way of storage."""
    people = roster.parse(written.data)
    assert list(people.entries) == written.entries
    assert roster.export_csv(people) == written.data
    assert roster.export_csv(stored(people)) == written.data


@given(st.one_of(st.binary(), st.text(',"\r\n aé\ufeff\x00').map(str.encode)))
@example(b"")
@example(b"\xef\xbb\xbf")
@example(b"a,b,c\r")
@example(b"a,b,c\n\xef\xbb\xbfd,e,f")
def test_any_bytes_at_all(data: bytes) -> None:
    """Any file is either refused with reasons or kept to the byte; nothing else can happen."""
    people: Roster | None = None
    problems: tuple[str, ...] = ()
    try:
        people = roster.parse(data)
    except RosterError as error:
        problems = error.problems
    if people is not None:
        assert roster.export_csv(people) == data
    else:
        assert problems
        assert all(problem.startswith("line ") for problem in problems)


def _as_admin(entry: Entry) -> Entry:
    return replace(entry, notes=notes_with(entry.notes, Role.ADMIN))


@given(files(), ENTRIES, st.data())
def test_changes_can_be_read_back(written: Written, new: Entry, data: st.DataObject) -> None:
    """Whatever is inserted, changed or removed, the export says exactly that, in that style."""
    people = roster.parse(written.data)
    with contextlib.suppress(RosterError):  # the same GitHub name twice
        people = people.insert(new)
    if people.records:
        index = data.draw(st.integers(0, len(people.records) - 1))
        people = data.draw(
            st.sampled_from(
                [
                    people,
                    people.remove_at(index),
                    people.replace(index, _as_admin(people.entries[index])),
                ]
            )
        )
    again = roster.parse(roster.export_csv(people))
    assert again.records == people.records
    assert again.style.bom == people.style.bom
    assert again.style.final_newline == people.style.final_newline or not people.records
    assert roster.export_csv(again) == roster.export_csv(people)


@given(files(), ENTRIES)
def test_a_newcomer_disturbs_no_line(written: Written, new: Entry) -> None:
    """Insertion adds one line; taking it out again gives the same file."""
    people = roster.parse(written.data)
    if new.github.lower() in {entry.github.lower() for entry in written.entries} - {""}:
        with pytest.raises(RosterError, match="already stands at"):
            people.insert(new)
        return
    more = people.insert(new)
    place = next(
        i for i, entry in enumerate(more.entries) if more.remove_at(i).entries == people.entries
    )
    assert more.entries[place] == new
    assert sorted(e.name for e in more.entries) == sorted(
        [*(e.name for e in people.entries), new.name]
    )
    assert Roster.from_records([("", e) for e in more.remove_at(place).entries], people.style) == (
        Roster.from_records([("", e) for e in people.entries], people.style)
    )


def test_insert_change_remove() -> None:
    """Only the line in question is written anew; the others keep their quotes and spaces."""
    people = roster.parse(LIST).insert(DAN)
    lines = LIST.splitlines(keepends=True)
    assert roster.export_csv(people).splitlines(keepends=True) == [
        *lines[:3],
        b"Dan Doe,dan,mentor\n",
        lines[3],
    ]
    people = (
        people.replace(1, replace(BOB, notes="Release Manager")).remove("cyd cole").remove("EVE")
    )
    assert roster.export_csv(people) == (
        lines[0] + b'"Bob ""Bo"" Baker",bob,Release Manager\n' + b"Dan Doe,dan,mentor\n"
    )


def test_the_file_keeps_its_style() -> None:
    """Mark, line endings and a missing last ending stay, also when the last line is another one."""
    people = roster.parse(b"\xef\xbb\xbfAnn,a,\r\nBob,b,")
    assert people.style == Style(bom=True, newline="\r\n", final_newline=False)
    assert (
        roster.export_csv(people.insert(Entry("Zed"))) == b"\xef\xbb\xbfAnn,a,\r\nBob,b,\r\nZed,,"
    )
    assert roster.export_csv(people.remove("b")) == b"\xef\xbb\xbfAnn,a,"
    assert roster.export_csv(people.remove("b").remove("a")) == b"\xef\xbb\xbf"


def test_a_changed_line_keeps_its_ending() -> None:
    """In a file of mixed line endings each line keeps its own; new ones get the first line's."""
    people = roster.parse(b"Ann,a,\r\nBob,b,\n")
    people = people.replace(-1, Entry(" Bob ", "b", "Admin ")).insert(Entry("Zed"))
    assert roster.export_csv(people) == b"Ann,a,\r\nBob,b,Admin\nZed,,\r\n"


def test_an_empty_list() -> None:
    """An empty file is an empty list, and grows in the default style."""
    people = roster.parse(b"")
    assert people == Roster()
    assert roster.export_csv(people.insert(ANN)) == b"Ann Able,ann-able,Admin\n"


def test_the_entry_is_the_truth() -> None:
    """A stored line that says something else than its entry, or several lines, is written anew."""
    rows = [("Ann Able,other,\n", ANN), ("", CYD), ("Dan Doe,dan,mentor\nMallory,m,Admin\n", DAN)]
    people = Roster.from_records(rows, Style())
    assert people.entries == (ANN, CYD, DAN)
    assert roster.export_csv(people) == b"Ann Able,ann-able,Admin\nCyd Cole,,\nDan Doe,dan,mentor\n"


def test_stored_rows_are_checked() -> None:
    """Rows that could not be read back are refused, all problems at once."""
    rows = [("", ANN), ("", Entry("", "x.y")), ("", Entry("Amy", "ANN-ABLE", "x" * 1001))]
    with pytest.raises(RosterError) as caught:
        Roster.from_records(rows, Style())
    starts = (
        "line 2: the name",
        "line 2: 'x.y': ",
        "line 3: the notes",
        "line 3: the GitHub",
    )
    for problem, start in zip(caught.value.problems, starts, strict=True):
        assert problem.startswith(start)


def test_every_problem_has_its_line() -> None:
    """One pass names everything that is wrong, in the file's order, each with its remedy."""
    data = b"\n".join(
        [
            b"Name,GitHub username,Notes",
            b"Ann,ann,Admin",
            b"Bob,bob",
            b"Cyd,cyd,Admin,Release Manager",
            b"Dan,ANN,",
            b"",
            b" ,eve,",
            b"x" * 201 + b",x,",
            b"Fay,f.y,",
            b"G\xe9o,geo,",
            b"Hal\tHill,hal,",
            b'"Ida,ida,',
            b'Ivy",ivy,',
            b'"Jo"e,joe,',
            b"Kim,Ann,",
            b"Lee,,",
            b"Max,,",
            b"Ned,ned," + b"x" * 1001,
            b"x" * 10_001,
            b"lonely",
            b"-,-a-b,x",
        ]
    )
    three = (
        "(Name,GitHub username,Notes); add the missing commas, or quote a field that holds commas"
    )
    quotes = 'quote a whole field, write "" for a quote inside, and end it on the same line'
    github = (
        "write 1 to 39 letters, digits, hyphens or underscores, the first a letter or digit, "
        "without @"
    )
    assert problems_of(data) == (
        "line 1: this is a header, which the list does not have; remove the line",
        f"line 3: 2 columns, not 3 {three}",
        f"line 4: 4 columns, not 3 {three}",
        "line 5: the GitHub name 'ANN' already stands on line 2; keep one of the two lines",
        "line 6: the line is blank; remove it",
        "line 7: the name is empty; write the person's name",
        "line 8: the name has 201 characters; shorten it to 200",
        f"line 9: 'f.y': this is no GitHub user name; {github}",
        "line 10: byte 2 (0xE9) is not UTF-8; save the file as UTF-8",
        "line 11: it holds the control or invisible character U+0009; remove it",
        f"line 12: broken quotes (unexpected end of data); {quotes}",
        # A quote inside a field that does not begin with one is a letter like any other.
        f"line 14: broken quotes (',' expected after '\"'); {quotes}",
        "line 15: the GitHub name 'Ann' already stands on line 2; keep one of the two lines",
        "line 18: the notes have 1001 characters; shorten to 1000",
        "line 19: it has 10001 characters; shorten it to 10000",
        f"line 20: 1 column, not 3 {three}",
        f"line 21: '-a-b': this is no GitHub user name; {github}",
    )


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"Ann,a,\n\n", "line 2: the line is blank; remove it"),
        (b"\xef\xbb\xbf\n", "line 1: the line is blank; remove it"),
        (b"Ann,a,\r\n \xc2\xa0\r\n", "line 2: the line is blank; remove it"),
        (
            b"Ann,a,\rBob,b,\r",
            "line 1: it holds the control or invisible character U+000D; remove it",
        ),
        (
            b"A\xe2\x80\xaen,a,",
            "line 1: it holds the control or invisible character U+202E; remove it",
        ),
        (b"\xff\xfeA\x00", "line 1: byte 1 (0xFF) is not UTF-8; save the file as UTF-8"),
        (b"Ann,a,\nB\xc3", "line 2: byte 2 (0xC3) is not UTF-8; save the file as UTF-8"),
    ],
)
def test_one_problem(data: bytes, problem: str) -> None:
    """Blank lines, old line ends and other encodings are refused where they stand."""
    assert problems_of(data) == (problem,)


def test_a_field_over_two_lines() -> None:
    """A name with a line break is refused at the line where its quotes begin."""
    (problem,) = problems_of(b'"Ann\nAble",ann,\n')
    assert problem.startswith("line 1: broken quotes")


def test_a_huge_file() -> None:
    """A file over 1 MiB is another file; one of exactly 1 MiB is read."""
    line = b"x" * 199 + b",,\n"
    most = line * (roster.MAX_BYTES // len(line))
    most += b"y" * (roster.MAX_BYTES - len(most) - 3) + b",,\n"
    assert len(most) == 1024 * 1024
    assert roster.export_csv(roster.parse(most)) == most
    assert problems_of(most + b"\n") == (
        "the file has 1048577 bytes, over 1 MiB; is it the right file?",
    )


def test_refused_changes_leave_all_as_it_was() -> None:
    """An entry that could not be read back, or takes another's GitHub name, is refused."""
    people = roster.parse(LIST)
    with pytest.raises(RosterError) as caught:
        people.insert(Entry("Mal\nlory", "EVE", "a\u202eb"))
    assert caught.value.problems == (
        "the name holds the control or invisible character U+000A; remove it",
        "the notes hold the control or invisible character U+202E; remove it",
        "the GitHub name 'EVE' already stands at Eve Early",
    )
    with pytest.raises(RosterError, match="already stands at Ann Able"):
        people.replace(2, Entry("Cyd Cole", "Ann-Able"))
    for outside in (4, -5):
        with pytest.raises(IndexError):
            people.replace(outside, DAN)
        with pytest.raises(IndexError):
            people.remove_at(outside)
    assert roster.export_csv(people) == LIST


def test_people_may_keep_their_own_name_and_share_none() -> None:
    """Changing somebody's notes or the case of their GitHub name is no duplicate; nor is empty."""
    people = roster.parse(LIST).replace(3, Entry("Eve Early", "eve", ""))
    people = people.insert(Entry("Cyd Other"))
    assert [entry.github for entry in people.entries] == ["ann-able", "bob", "", "", "eve"]


def test_finding_people() -> None:
    """A GitHub name goes before a name; nobody and several people are told apart."""
    people = roster.parse(b"Bob,ann,\nAnn,bob,\nCyd,,\ncyd,,\nDan,d,\n")
    assert people.find("ANN ") == 0
    assert people.find("bob") == 1
    assert people.find("dan") == 4
    with pytest.raises(RosterError, match="'Cyd' is 2 people; name the GitHub user"):
        people.find("Cyd")
    for nobody in ("eve", "", " "):
        with pytest.raises(RosterError, match="is not in the list; check the spelling"):
            people.find(nobody)


def test_json() -> None:
    """One object a person, notes as a list, readable letters, a last line ending."""
    people = roster.parse(LIST + "Łucja,l,\n".encode())
    data = roster.export_json(people)
    assert json.loads(data) == [
        {"name": "Ann Able", "github": "ann-able", "notes": ["Admin"]},
        {"name": 'Bob "Bo" Baker', "github": "bob", "notes": ["Admin", "Release Manager"]},
        {"name": "Cyd Cole", "github": "", "notes": []},
        {"name": "Eve Early", "github": "Eve", "notes": ["on leave", "since 2020"]},
        {"name": "Łucja", "github": "l", "notes": []},
    ]
    assert data.startswith(b'[\n  {\n    "name": "Ann Able",\n')
    assert data.endswith(b"]\n")
    assert "Łucja".encode() in data
    assert roster.export_json(Roster()) == b"[]\n"


def test_markdown() -> None:
    """A table with links; what would be markup is shown as it is written."""
    people = roster.parse(b"Ann | *A* <b>,ann-able,Admin\nB\\_b [x](y) `~&,,a|b\n")
    assert roster.export_markdown(people).decode() == (
        "| Name | GitHub username | Notes |\n"
        "| --- | --- | --- |\n"
        r"| Ann \| \*A\* \<b\> | [ann-able](https://github.com/ann-able) | Admin |"
        "\n"
        r"| B\\\_b \[x\](y) \`\~\& |  | a\|b |"
        "\n"
    )


def test_comparing_two_lists() -> None:
    """People are the same by GitHub name, else by name; all else came or went."""
    old = roster.parse(b"Ann,ann,\nBob,bob,Admin\nCyd,,\nDan,dan,\nEve,,\nFay,fay,\nGus,,\n")
    new = roster.parse(b"Gus,,x\nAnna,ANN,\nBob,bob,\nCyd,cyd,\nDan,dan,\nFay,foy,\nHal,,\n")
    changes = roster.compare(old, new)
    assert changes == Changes(
        added=(Entry("Hal"),),
        removed=(Entry("Eve"),),
        changed=(
            Changed(Entry("Ann", "ann"), Entry("Anna", "ANN")),
            Changed(Entry("Bob", "bob", "Admin"), Entry("Bob", "bob")),
            Changed(Entry("Cyd"), Entry("Cyd", "cyd")),
            Changed(Entry("Fay", "fay"), Entry("Fay", "foy")),
            Changed(Entry("Gus"), Entry("Gus", "", "x")),
        ),
    )
    assert roster.summary(changes) == [
        "1 added, 1 removed, 5 changed:",
        "+ Hal",
        "- Eve",
        "~ Ann (ann): name 'Ann' is now 'Anna'; GitHub name 'ann' is now 'ANN'",
        "~ Bob (bob), Admin: notes 'Admin' is now ''",
        "~ Cyd: GitHub name '' is now 'cyd'",
        "~ Fay (fay): GitHub name 'fay' is now 'foy'",
        "~ Gus: notes '' is now 'x'",
    ]


def test_namesakes_are_matched_one_by_one() -> None:
    """Two people of one name without GitHub names stay two; an equal line is matched first."""
    old = roster.parse(b"Ann,,\nAnn,,x\nAnn,,\n")
    new = roster.parse(b"Ann,,x\nAnn,,y\n")
    assert roster.compare(old, new) == Changes(
        removed=(Entry("Ann"),), changed=(Changed(Entry("Ann"), Entry("Ann", "", "y")),)
    )
    assert roster.compare(Roster(), old).added == old.entries
    changes = roster.compare(roster.parse(b"Ann,,1\nAnn,,2\n"), roster.parse(b"Ann,,3\nAnn,,4\n"))
    assert [change.after.notes for change in changes.changed] == ["3", "4"]


def test_changes_are_told_in_the_lists_order() -> None:
    """By what somebody was matched does not decide where the dry run names them."""
    old = roster.parse(b"Ann,,\nBob,bob,\n")
    new = roster.parse(b"Bob,bob,x\nAnn,ann,\n")
    assert [change.before.name for change in roster.compare(old, new).changed] == ["Ann", "Bob"]


def test_a_github_name_goes_before_a_name() -> None:
    """Who takes over a name does not take over the person."""
    old = roster.parse(b"Ann,one,\nBob,two,\n")
    new = roster.parse(b"Ann,two,\nBob,one,\n")
    assert roster.compare(old, new).changed == (
        Changed(Entry("Ann", "one"), Entry("Bob", "one")),
        Changed(Entry("Bob", "two"), Entry("Ann", "two")),
    )


def test_nothing_or_only_the_writing_changes() -> None:
    """A dry run tells an untouched list from one that only looks different."""
    people = roster.parse(LIST)
    assert roster.summary(roster.compare(people, people)) == ["Nothing changes."]
    for other in (
        LIST.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + LIST,
        LIST.replace(b" bob ", b"bob"),
    ):
        assert roster.summary(roster.compare(people, roster.parse(other))) == [
            "The same people; only the order, quotes, spaces or line endings differ."
        ]


@given(UNIQUE, UNIQUE)
def test_changes_account_for_everybody(one: list[Entry], other: list[Entry]) -> None:
    """Old, less removed, with changes, plus added, is new: nobody is lost or counted twice."""
    old, new = (Roster.from_records([("", e) for e in es], Style()) for es in (one, other))
    changes = roster.compare(old, new)
    people = list(old.entries)
    for entry in (*changes.removed, *(change.before for change in changes.changed)):
        people.remove(entry)
    people += [*changes.added, *(change.after for change in changes.changed)]
    assert sorted(map(str, people)) == sorted(map(str, new.entries))
    lines = len(changes.added) + len(changes.removed) + len(changes.changed)
    assert len(roster.summary(changes)) == 1 + lines


@given(UNIQUE)
def test_a_new_file_is_plain_csv(entries: list[Entry]) -> None:
    """What the bot writes by itself, any csv reader reads, without spaces or needless quotes."""
    people = Roster.from_records([("", entry) for entry in entries], Style())
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows((e.name, e.github, e.notes) for e in entries)
    assert roster.export_csv(people).decode() == text.getvalue()
    assert all(isinstance(record, Record) for record in people.records)


def test_roles_of_an_entry() -> None:
    """An entry's roles are those that its notes name."""
    assert BOB.roles == {Role.ADMIN, Role.RELEASE_MANAGER}
    assert _as_admin(CYD).roles == {Role.ADMIN}
