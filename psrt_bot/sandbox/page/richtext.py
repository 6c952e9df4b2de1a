"""rich_text blocks as HTML: sections, lists, quotes, preformatted text and their elements.

Source: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from __future__ import annotations

from markupsafe import Markup, escape

from psrt_bot.sandbox.model import Json
from psrt_bot.sandbox.page.emoji import NAMES
from psrt_bot.sandbox.page.mrkdwn import Writer, emoji_of

_STYLES = {
    "code": Markup("<code>{}</code>"),
    "bold": Markup("<strong>{}</strong>"),
    "italic": Markup("<em>{}</em>"),
    "strike": Markup("<s>{}</s>"),
}
_LISTS = {"ordered": Markup("<ol>{}</ol>"), "bullet": Markup("<ul>{}</ul>")}


def rich_text(writer: Writer, block: Json) -> Markup:
    """The whole block; a part that is unknown becomes a grey box with its type."""
    return Markup("").join(_part(writer, part) for part in block.get("elements") or [])


def _part(writer: Writer, part: Json) -> Markup:
    inner = Markup("").join(_element(writer, e) for e in part.get("elements") or [])
    match part.get("type"):
        case "rich_text_section":
            return Markup("<p>{}</p>").format(inner)
        case "rich_text_quote":
            return Markup("<blockquote>{}</blockquote>").format(inner)
        case "rich_text_preformatted":
            return Markup("<pre><code>{}</code></pre>").format(inner)
        case "rich_text_list":
            items = Markup("").join(
                Markup("<li>{}</li>").format(_part(writer, item)) for item in part["elements"]
            )
            return _LISTS.get(str(part.get("style")), _LISTS["bullet"]).format(items)
    return unknown(part)


def _element(writer: Writer, element: Json) -> Markup:
    match element.get("type"):
        case "text":
            return _styled(writer.plain(str(element.get("text", ""))), element)
        case "link":
            shown = str(element.get("text") or element.get("url"))
            return _styled(writer.link(str(element.get("url")), escape(shown)), element)
        case "emoji":
            name = str(element.get("name"))
            return emoji_of(name) if name in NAMES else escape(f":{name}:")
        case "user":
            return writer.inline(f"<@{element.get('user_id')}>")
        case "channel":
            return writer.inline(f"<#{element.get('channel_id')}>")
        case "broadcast":
            return writer.inline(f"<!{element.get('range')}>")
        case "date":
            stamp, shape = element.get("timestamp"), element.get("format")
            return writer.inline(f"<!date^{stamp}^{shape}|{element.get('fallback', '')}>")
        case "rich_text_section":
            return _part(writer, element)
    return unknown(element)


def _styled(text: Markup, element: Json) -> Markup:
    for style, shape in _STYLES.items():
        if (element.get("style") or {}).get(style):
            text = shape.format(text)
    return text


def unknown(part: Json) -> Markup:
    """What this page cannot show, said rather than dropped."""
    return Markup('<span class="unknown">Not shown here: <code>{}</code></span>').format(
        part.get("type")
    )
