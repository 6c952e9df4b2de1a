"""Slack's text as HTML: mrkdwn with its markup, plain text with emoji names. Everything is escaped.

Source: https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from psrt_bot.sandbox.model import User
from psrt_bot.sandbox.page.emoji import NAMES
from psrt_bot.sandbox.rendering import rendered
from psrt_bot.sandbox.rooms import visible
from psrt_bot.sandbox.state import State

_FENCE = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
_INLINE = re.compile(r"<([^<>\n]+)>|`([^`\n]+)`|:([a-z0-9_+-]+):")
_EDGE = r"(?<![^\W_])(?<!{0}){0}(?=[^\s{0}])(.+?)(?<=[^\s{0}]){0}(?!{0})(?![^\W_])"
_STYLES = tuple(
    (re.compile(_EDGE.format(re.escape(sign))), tag)
    for sign, tag in (("*", "strong"), ("_", "em"), ("~", "s"))
)
_ITEM = re.compile(r"^(?:•|◦|-|(\d+)\.) +(.*)$")
_EMOJI = re.compile(r":([a-z0-9_+-]+):")
_PERMALINK = re.compile(r"https://(?:[\w-]+\.)?slack\.com/archives/(\w+)/p(\d+)(\d{6})")
_HELD = re.compile("\x02(\\d+)\x03")


class Writer:
    """Writes text for one reader: dates in their zone, channels they may see by name."""

    def __init__(self, state: State, reader: User) -> None:
        self._state = state
        self._reader = reader

    def plain(self, text: str) -> Markup:
        """A plain_text object: emoji names become emoji, line breaks stay, the rest is as it is."""
        return Markup("<br>").join(_with_emoji(line) for line in text.split("\n"))

    def mrkdwn(self, text: str) -> Markup:
        """A mrkdwn text: paragraphs, quotes, lists and code blocks."""
        parts = _FENCE.split(text.replace("\x02", "").replace("\x03", ""))
        pieces = []
        for index, part in enumerate(parts):
            if index % 2:
                pieces.append(Markup("<pre><code>{}</code></pre>").format(decoded(part)))
            elif part.strip("\n"):
                pieces.append(self._lines(part.strip("\n")))
        return Markup("").join(pieces)

    def _lines(self, text: str) -> Markup:
        out: list[Markup] = []
        for kind, lines in _grouped(text.split("\n")):
            inner = [self.inline(line) for line in lines]
            if kind == "quote":
                out.append(Markup("<blockquote>{}</blockquote>").format(_broken(inner)))
            elif kind in ("ul", "ol"):
                items = Markup("").join(Markup("<li>{}</li>").format(item) for item in inner)
                out.append(Markup("<{0}>{1}</{0}>").format(kind, items))
            else:
                out.append(Markup("<p>{}</p>").format(_broken(inner)))
        return Markup("").join(out)

    def inline(self, text: str) -> Markup:
        """One line: markup, code and emoji are set aside, then the styles are read."""
        held: list[Markup] = []

        def hold(found: re.Match[str]) -> str:
            markup, code, emoji = found.groups()
            if markup:
                held.append(self._marked(markup))
            elif code:
                held.append(Markup("<code>{}</code>").format(decoded(code)))
            elif emoji in NAMES:
                held.append(emoji_of(emoji))
            else:
                return found[0]
            return f"\x02{len(held) - 1}\x03"

        line = str(escape(decoded(_INLINE.sub(hold, text))))
        for pattern, tag in _STYLES:
            line = pattern.sub(rf"<{tag}>\1</{tag}>", line)
        # Safe: the line was escaped above, and what is put back was escaped piece by piece.
        return Markup(_HELD.sub(lambda found: str(held[int(found[1])]), line))  # noqa: S704

    def _marked(self, markup: str) -> Markup:
        inside, _, label = markup.partition("|")
        if inside[0] == "!" and inside.startswith("!date^"):
            return self._date(markup)
        if inside[0] in "!@":
            name = rendered(self._state, self._reader, f"<{markup}>")
            mine = " me" if inside[1:] == self._reader.id else ""
            return Markup('<span class="mention{}">{}</span>').format(mine, name)
        if inside[0] == "#":
            return self._channel(inside[1:])
        return self.link(decoded(inside), self.plain(decoded(label or inside)))

    def link(self, address: str, text: Markup) -> Markup:
        """A link: to a message, where this page shows it; else elsewhere."""
        here = self.here(address)
        if here is None:
            return link(address, text)
        shape = Markup('<a href="{}" data-nav="place">{}</a>') if here else Markup("{1}")
        return shape.format(here, text)

    def here(self, address: str) -> str | None:
        """Where this page shows what a permalink of Slack names; empty where the reader may not
        see it, None for any other address."""
        found = _PERMALINK.match(address)
        if found is None:
            return None
        channel = self._state.channels.get(found[1])
        if channel is None or not visible(channel, self._reader.id):
            return ""
        return f"/as/{self._reader.name}/{channel.id}#m-{found[2]}-{found[3]}"

    def _date(self, markup: str) -> Markup:
        shown = rendered(self._state, self._reader, f"<{markup}>")
        parts = markup.partition("|")[0].split("^")
        text = Markup('<time class="date">{}</time>').format(shown)
        return self.link(parts[3], text) if len(parts) > 3 else text

    def _channel(self, key: str) -> Markup:
        channel = self._state.channels.get(key)
        if channel is None or not visible(channel, self._reader.id):
            return Markup('<span class="mention">🔒 private-channel</span>')
        return Markup('<a class="mention" href="/as/{}/{}">#{}</a>').format(
            self._reader.name, channel.id, channel.name
        )


def decoded(text: str) -> str:
    """The three characters that Slack's texts escape, as people see them."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def emoji_of(name: str) -> Markup:
    """An emoji of `NAMES`; its name goes along, for browsers without a font that has it."""
    return Markup('<span class="emoji" data-name=":{}:">{}</span>').format(name, NAMES[name])


def _with_emoji(line: str) -> Markup:
    pieces = _EMOJI.split(line)  # text, name, text, name, …, text
    shown = [escape(pieces[0])]
    for name, text in zip(pieces[1::2], pieces[2::2], strict=True):
        shown += [emoji_of(name) if name in NAMES else escape(f":{name}:"), escape(text)]
    return Markup("").join(shown)


def link(address: str, text: Markup) -> Markup:
    """A link that opens elsewhere; an address that is no web or mail address stays text."""
    if urlsplit(address).scheme not in ("http", "https", "mailto"):
        return text
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(
        address, text
    )


def _broken(lines: list[Markup]) -> Markup:
    return Markup("<br>").join(lines)


def _grouped(lines: list[str]) -> list[tuple[str, list[str]]]:
    """Neighbouring lines of one kind: quotes, list items, others. An empty line ends a group."""
    groups: list[tuple[str, list[str]]] = []
    fresh = True
    for line in lines:
        quoted = line.startswith(("&gt;", ">"))
        item = _ITEM.match(line)
        listed = "ol" if item and item[1] else "ul"
        kind = "quote" if quoted else listed if item else "text"
        if kind == "text" and not line.strip():
            fresh = True
            continue
        shown = re.sub(r"^(?:&gt;|>)+ ?", "", line) if quoted else item[2] if item else line
        if fresh or groups[-1][0] != kind:
            groups.append((kind, []))
        groups[-1][1].append(shown)
        fresh = False
    return groups
