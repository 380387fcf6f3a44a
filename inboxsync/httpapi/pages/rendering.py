"""Templates to octets. Every text is escaped; what mail holds is also made visible where it would act."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from inboxsync.render.printable import printable, printable_block

if TYPE_CHECKING:
    from collections.abc import Mapping

_CODE = re.compile(r"`([^`]*)`")
_FIRST_WORD = re.compile(r"[^\W\d_]+(?=[\s,;:’'])")


@cache
def environment() -> Environment:
    """The environment of all templates; each is compiled when it is first used."""
    made = Environment(
        loader=PackageLoader(__package__, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(line=line, block=printable_block, coded=coded, sentence=sentence_case)
    return made


def rendered(template: str, context: Mapping[str, Any]) -> bytes:
    """Render a template as UTF-8; lone surrogates, which mail may hold, are replaced."""
    return environment().get_template(template).render(context).encode("utf-8", "replace")


def line(text: str | None) -> str:
    """Show mail text on one line with everything that acts made visible."""
    return printable(text or "")


def coded(text: str) -> Markup:
    """Mark what stands in backticks as something to type."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704  escaped just before


def sentence_case(text: str) -> str:
    """Begin with a capital, unless the first word is a name or a command."""
    return text[:1].upper() + text[1:] if _FIRST_WORD.match(text) else text
