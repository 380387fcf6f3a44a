"""The description as one page: no script, no style sheet or font from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

PAGE_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    " sandbox"
)
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}"
    "code,pre{font:14px/1.4 ui-monospace,monospace}pre{overflow:auto;padding:.75rem;border:1px solid #8886}"
    "th,td{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0}"
)


def page(document: dict[str, Any]) -> str:
    """Write the page of an OpenAPI description."""
    title = escape(document["info"]["title"])
    body = "".join(_body(document))
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    return f'<!doctype html><html lang="en"><head>{head}<style>{_STYLE}</style></head><body>{body}</body></html>'


def _body(document: dict[str, Any]) -> Iterator[str]:
    info = document["info"]
    yield f"<h1>{escape(info['title'])} {escape(info['version'])}</h1><p>{escape(info['description'])}</p>"
    for path, methods in document["paths"].items():
        operation = methods["get"]
        yield f"<h2 id={operation['operationId']!r}><code>GET {escape(path)}</code></h2>"
        yield f"<p>{escape(operation['summary'])}.</p>"
        yield from _parameters(operation["parameters"])
        yield from _example(operation["responses"]["200"])
    yield from _errors(document)


def _parameters(parameters: list[dict[str, Any]]) -> Iterator[str]:
    if not parameters:
        return
    yield "<table><tr><th>parameter</th><th>in</th><th>what</th><th>values</th></tr>"
    for one in parameters:
        values = escape(json.dumps(one["schema"], ensure_ascii=False))
        what = escape(one.get("description", ""))
        yield f"<tr><td><code>{escape(one['name'])}</code></td><td>{one['in']}</td><td>{what}</td>"
        yield f"<td><code>{values}</code></td></tr>"
    yield "</table>"


def _example(answer: dict[str, Any]) -> Iterator[str]:
    for media_type, media in answer["content"].items():
        yield f"<p>Answers <code>{escape(media_type)}</code></p>"
        if "example" in media:
            yield f"<pre>{escape(_written(media['example']))}</pre>"


def _written(example: object) -> str:
    return example if isinstance(example, str) else json.dumps(example, ensure_ascii=False, indent=2)


def _errors(document: dict[str, Any]) -> Iterator[str]:
    """Tell the errors of all operations once."""
    answers = [methods["get"]["responses"] for methods in document["paths"].values()]
    found = {code: answer["description"] for one in answers for code, answer in one.items() if code >= "400"}
    yield "<h2>Errors</h2><table><tr><th>status</th><th>when</th></tr>"
    for code in sorted(found):
        yield f"<tr><td><code>{code}</code></td><td>{escape(found[code])}</td></tr>"
    yield "</table>"
