"""The public list of members, ``psrt.csv`` and ``psrt-emeritus.csv``: text to rows and back (R5).

Pure: bytes in, bytes out. A file has no header and three columns, ``Name,GitHub username,Notes``,
one person a line. Each line's own text is kept beside what it says, and written again as it was
while nothing about it changed; so an export is identical to the byte. Lines are read as the
Developer's Guide reads them, with docutils' ``csv-table``: strict quotes, and spaces behind a comma
are not part of a field (``skipinitialspace=True, strict=True``).
"""

import codecs
import csv
import io
import json
import re
from collections.abc import Callable, Hashable, Iterable
from dataclasses import astuple, dataclass, field

from psrt_bot.membership import rules
from psrt_bot.membership.rules import Role

MAX_BYTES = 1024 * 1024  # the real list has a few kilobytes; more is another file
MAX_LINE = 10_000  # keeps a line below the csv module's own limit and a row in the database small
MAX_NOTES = 1_000
COLUMNS = "Name,GitHub username,Notes"
FIELDS = ("name", "GitHub name", "notes")  # the same for people, in the order of `Entry`


class RosterError(ValueError):
    """What stands against a list or an entry: every problem, each naming its line and remedy.

    The text holds only what the list itself says, so it may be shown to whoever handed it in.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True)
class Entry:
    """What one line says: a person's name, GitHub name (may be empty), and notes (R5)."""

    name: str
    github: str = ""
    notes: str = ""

    @property
    def roles(self) -> frozenset[Role]:
        """The roles named in the notes: Admin, Release Manager (R5)."""
        return rules.note_roles(self.notes)


@dataclass(frozen=True)
class Record:
    """A line of the file: its text with its line ending, as it is written, and what it says."""

    raw: str
    entry: Entry


@dataclass(frozen=True)
class Style:
    """How the file is written around its lines; ``newline`` is the ending of new lines."""

    bom: bool = False
    newline: str = "\n"
    final_newline: bool = True


@dataclass(frozen=True)
class Roster:
    """A list in its order. Build it with `parse` or `from_records`, change it with its methods.

    Every method returns a new list and raises RosterError, with nothing changed, when the result
    could not be read back (`entry_problems`) or would name a GitHub user twice.
    """

    records: tuple[Record, ...] = ()
    style: Style = field(default_factory=Style)

    @classmethod
    def from_records(cls, rows: Iterable[tuple[str, Entry]], style: Style) -> "Roster":
        """Rebuild a list from stored ``(raw, entry)`` rows, in order.

        A raw text that is empty, or says something else than its entry, is written anew: the entry
        is the truth, the raw text only its handwriting. Source: R5, issue 2 item 10.

        Raises:
            RosterError: an entry is malformed, or a GitHub name stands twice.
        """
        records = [Record(raw, _stripped(entry)) for raw, entry in rows]
        _refuse(_list_problems(enumerate((record.entry for record in records), start=1)))
        return cls(_arranged(records, style), style)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What the lines say, in order."""
        return tuple(record.entry for record in self.records)

    def find(self, github_or_name: str) -> int:
        """Return the index of a person by GitHub name, else by name; case does not count.

        Raises:
            RosterError: nobody has that name, or several do.
        """
        key = github_or_name.strip().casefold()
        found = [i for i, e in enumerate(self.entries) if key and e.github.casefold() == key]
        found = found or [i for i, e in enumerate(self.entries) if e.name.casefold() == key]
        if not found:
            raise RosterError([f"{github_or_name!r} is not in the list; check the spelling"])
        if len(found) > 1:
            raise RosterError([f"{github_or_name!r} is {len(found)} people; name the GitHub user"])
        return found[0]

    def insert(self, entry: Entry) -> "Roster":
        """Return the list with a new person, by first name (`rules.insertion_index`; R5)."""
        entry = self._checked(entry, self.entries)
        place = rules.insertion_index([other.name for other in self.entries], entry.name)
        records = list(self.records)
        records.insert(place, Record("", entry))
        return Roster(_arranged(records, self.style), self.style)

    def replace(self, index: int, entry: Entry) -> "Roster":
        """Return the list with what stands at ``index`` changed, in its place; IndexError."""
        index = range(len(self.records))[index]
        records = list(self.records)
        others = [record.entry for i, record in enumerate(records) if i != index]
        records[index] = Record(records[index].raw, self._checked(entry, others))
        return Roster(_arranged(records, self.style), self.style)

    def remove(self, github_or_name: str) -> "Roster":
        """Return the list without a person, found as in `find`."""
        return self.remove_at(self.find(github_or_name))

    def remove_at(self, index: int) -> "Roster":
        """Return the list without what stands at ``index``; IndexError."""
        records = list(self.records)
        del records[index]
        return Roster(_arranged(records, self.style), self.style)

    @staticmethod
    def _checked(entry: Entry, others: Iterable[Entry]) -> Entry:
        entry = _stripped(entry)
        problems = entry_problems(entry)
        key = rules.github_key(entry.github)
        problems += [
            f"the GitHub name {entry.github!r} already stands at {other.name}"
            for other in others
            if key and rules.github_key(other.github) == key
        ]
        if problems:
            raise RosterError(problems)
        return entry


def entry_problems(entry: Entry) -> list[str]:
    """Say all that is wrong with one entry (R5): name, GitHub name unless empty, notes."""
    problems = [rules.name_problem(entry.name)]
    if entry.github and (problem := rules.github_name_problem(entry.github)):
        # A list is public and its file may hold hundreds: the name tells which one is meant.
        problems.append(f"{entry.github[:60]!r}: {problem}")
    if len(entry.notes) > MAX_NOTES:
        problems.append(f"the notes have {len(entry.notes)} characters; shorten to {MAX_NOTES}")
    if bad := rules.bad_character(entry.notes):
        problems.append(f"the notes hold the control or invisible character {bad}; remove it")
    return [problem for problem in problems if problem]


def parse(data: bytes) -> Roster:
    """Read a list; nothing in it is guessed or repaired.

    An empty file is an empty list. A blank line is an error, also at the end: it is not a person,
    and the Developer's Guide would show it as one.

    Raises:
        RosterError: with every problem and its line: over 1 MiB, not UTF-8 (with the byte), a
            control character, broken quotes, a field over several lines, a column count other than
            three, a header, a name that is empty or over 200 characters, a malformed GitHub name
            or one that stands twice. Source: R5, issue 5 item 2.
    """
    if len(data) > MAX_BYTES:
        raise RosterError([f"the file has {len(data)} bytes, over 1 MiB; is it the right file?"])
    bom = data.startswith(codecs.BOM_UTF8)
    records: list[Record] = []
    numbered: list[tuple[int, Entry]] = []
    found: list[tuple[int, str]] = []
    # Only b"\n" ends a line here; a bare carriage return is refused as a control character.
    for number, line in enumerate(io.BytesIO(data.removeprefix(codecs.BOM_UTF8)), start=1):
        try:
            record = _read(line)
        except RosterError as error:
            found += [(number, problem) for problem in error.problems]
        else:
            records.append(record)
            numbered.append((number, record.entry))
    _refuse(found + _list_problems(numbered))
    newline = _ending(records[0].raw) if records else ""
    final_newline = not records or bool(_ending(records[-1].raw))
    return Roster(tuple(records), Style(bom, newline or "\n", final_newline))


def _refuse(found: list[tuple[int, str]]) -> None:
    """Raise what was found, if anything, by line; one line's problems stay in their order."""
    if found:
        ordered = sorted(found, key=lambda problem: problem[0])
        raise RosterError(f"line {number}: {problem}" for number, problem in ordered)


def _list_problems(numbered: Iterable[tuple[int, Entry]]) -> list[tuple[int, str]]:
    """What is wrong with entries by themselves and beside each other, each with its line."""
    found: list[tuple[int, str]] = []
    lines: dict[str, int] = {}
    for number, entry in numbered:
        found += [(number, problem) for problem in entry_problems(entry)]
        key = rules.github_key(entry.github)
        if key and lines.setdefault(key, number) != number:
            first = f"already stands on line {lines[key]}; keep one of the two lines"
            found.append((number, f"the GitHub name {entry.github!r} {first}"))
    return found


def _read(line: bytes) -> Record:
    """Read one line; a RosterError without its number says what keeps it from being an entry."""
    try:
        raw = line.decode("utf-8")
    except UnicodeDecodeError as error:
        where = f"byte {error.start + 1} (0x{line[error.start]:02X})"
        raise RosterError([f"{where} is not UTF-8; save the file as UTF-8"]) from None
    text = raw.removesuffix(_ending(raw))
    if not text.strip():
        raise RosterError(["the line is blank; remove it"])
    if bad := rules.bad_character(text):
        raise RosterError([f"it holds the control or invisible character {bad}; remove it"])
    if len(text) > MAX_LINE:
        raise RosterError([f"it has {len(text)} characters; shorten it to {MAX_LINE}"])
    try:
        (fields,) = csv.reader([text], skipinitialspace=True, strict=True)
    except csv.Error as error:
        remedy = 'quote a whole field, write "" for a quote inside, and end it on the same line'
        raise RosterError([f"broken quotes ({error}); {remedy}"]) from None
    if len(fields) != 3:
        remedy = "add the missing commas, or quote a field that holds commas"
        columns = f"{len(fields)} column{'s' * (len(fields) != 1)}, not 3 ({COLUMNS})"
        raise RosterError([f"{columns}; {remedy}"])
    if ",".join(fields).casefold() == COLUMNS.casefold():
        raise RosterError(["this is a header, which the list does not have; remove the line"])
    return Record(raw, _stripped(Entry(*fields)))


def _arranged(records: Iterable[Record], style: Style) -> tuple[Record, ...]:
    """Write anew what changed and give every line its ending: the one place that knows layout."""
    arranged = []
    for record in records:
        ending = _ending(record.raw) or style.newline
        text = record.raw.removesuffix(ending)
        if not _says(text, record.entry):
            text = _written(record.entry)
        arranged.append(Record(text + ending, record.entry))
    if arranged and not style.final_newline:
        last = arranged[-1]
        arranged[-1] = Record(last.raw.removesuffix(_ending(last.raw)), last.entry)
    return tuple(arranged)


def _says(text: str, entry: Entry) -> bool:
    try:
        return _read(text.encode("utf-8", "surrogatepass")).entry == entry
    except RosterError:
        return False


def _written(entry: Entry) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="").writerow((entry.name, entry.github, entry.notes))
    return text.getvalue()


def _ending(raw: str) -> str:
    return "\r\n" if raw.endswith("\r\n") else "\n" if raw.endswith("\n") else ""


def _stripped(entry: Entry) -> Entry:
    return Entry(entry.name.strip(), entry.github.strip(), entry.notes.strip())


def export_csv(roster: Roster) -> bytes:
    """Write the list's file; identical to the byte to what `parse` read, where nothing changed.

    A changed or new line has quotes only where it needs them and the file's line ending; the byte
    order mark and a missing last line ending stay as they were. Source: R5, DESIGN section 6.
    """
    text = "".join(record.raw for record in roster.records)
    return codecs.BOM_UTF8 * roster.style.bom + text.encode("utf-8")


def export_json(roster: Roster) -> bytes:
    """Write the list as a JSON array, in its order, one object a person, in UTF-8.

    Each object is ``{"name": str, "github": str, "notes": [str, ...]}``; ``github`` may be empty,
    ``notes`` are the words between commas. Indented by two, with a last line ending, so that two
    exports can be compared line by line. Source: DESIGN section 6.
    """
    people = [
        {"name": e.name, "github": e.github, "notes": list(rules.note_words(e.notes))}
        for e in roster.entries
    ]
    return (json.dumps(people, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~&])")


def export_markdown(roster: Roster) -> bytes:
    """Write the list as a Markdown table, in its order, GitHub names as links, in UTF-8.

    What Markdown or HTML would read as markup is escaped. Source: DESIGN section 6.
    """
    lines = ["| Name | GitHub username | Notes |", "| --- | --- | --- |"]
    for e in roster.entries:
        name, notes = (_MARKDOWN.sub(r"\\\1", text) for text in (e.name, e.notes))
        github = f"[{e.github}](https://github.com/{e.github})" if e.github else ""
        lines.append(f"| {name} | {github} | {notes} |")
    return ("\n".join(lines) + "\n").encode("utf-8")


@dataclass(frozen=True)
class Changed:
    """One person whose line says something else now."""

    before: Entry
    after: Entry


@dataclass(frozen=True)
class Changes:
    """What an import would do, for a dry run; ``layout``: only order or writing differs."""

    added: tuple[Entry, ...] = ()
    removed: tuple[Entry, ...] = ()
    changed: tuple[Changed, ...] = ()
    layout: bool = False


def compare(old: Roster, new: Roster) -> Changes:
    """Say what changes from ``old`` to ``new``: people are matched by GitHub name, else by name.

    Equal lines are matched first, then GitHub names without case, then names without case, each in
    the lists' order. Source: issue 5 item 2.
    """
    keys: tuple[Callable[[Entry], Hashable], ...] = (
        lambda e: e,
        lambda e: rules.github_key(e.github),
        lambda e: e.name.casefold(),
    )
    removed, added = dict(enumerate(old.entries)), dict(enumerate(new.entries))
    changed: dict[int, Changed] = {}
    for key in keys:
        waiting: dict[Hashable, list[int]] = {}
        for place, entry in reversed(added.items()):
            waiting.setdefault(key(entry), []).append(place)
        waiting.pop(None, None)  # people without a GitHub name are not matched by it
        for place, before in tuple(removed.items()):
            if places := waiting.get(key(before)):
                after = added.pop(places.pop())
                del removed[place]
                if before != after:
                    changed[place] = Changed(before, after)
    told = tuple(changed[place] for place in sorted(changed))
    layout = not (added or removed or told) and export_csv(old) != export_csv(new)
    return Changes(tuple(added.values()), tuple(removed.values()), told, layout)


def summary(changes: Changes) -> list[str]:
    """Say in readable lines what `compare` found: a count, then a line for each person."""
    if changes.layout:
        return ["The same people; only the order, quotes, spaces or line endings differ."]
    if changes == Changes():
        return ["Nothing changes."]
    counts = (len(changes.added), len(changes.removed), len(changes.changed))
    lines = ["{} added, {} removed, {} changed:".format(*counts)]
    lines += [f"+ {_told(entry)}" for entry in changes.added]
    lines += [f"- {_told(entry)}" for entry in changes.removed]
    for change in changes.changed:
        sides = zip(FIELDS, astuple(change.before), astuple(change.after), strict=True)
        parts = [f"{word} {old!r} is now {new!r}" for word, old, new in sides if old != new]
        lines.append(f"~ {_told(change.before)}: {'; '.join(parts)}")
    return lines


def _told(entry: Entry) -> str:
    github = f" ({entry.github})" if entry.github else ""
    return f"{entry.name}{github}" + (f", {entry.notes}" if entry.notes else "")
