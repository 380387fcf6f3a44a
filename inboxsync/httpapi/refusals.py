"""What is answered instead of what was asked for: a status, a sentence, and headers that belong to them."""

from __future__ import annotations

from collections.abc import Mapping


class Refusal(Exception):
    """The request is not answered; `text` is shown to whoever asked and never holds what is not theirs."""

    def __init__(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.headers = dict(headers or {})


def bad_request(text: str) -> Refusal:
    """Make the refusal of what cannot be meant."""
    return Refusal(400, text)


def not_found(what: str) -> Refusal:
    """Make the refusal of what is not there; the same where it is there and not this reader's to see."""
    return Refusal(404, f"there is no such {what}")


def gone(text: str) -> Refusal:
    """Make the refusal of what was there and is no longer kept."""
    return Refusal(410, text)
