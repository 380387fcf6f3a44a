"""Mailboxes of an address list as tokens: which belong to the name, which to the address, and where one ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from inboxsync.mail.address_tokens import BLANK, Token, show, tokens

_SCHEMES = ("mailto", "[mailto")  # `Jane [mailto:jane@example.com]`, as text shows it: no group
_OPENING, _COMMA = Token("special", "<"), Token("special", ",")


@dataclass(slots=True)
class Mailbox:
    """What has been read of one mailbox: the phrase, comments, what stands in angle brackets, and what behind them."""

    phrase: list[Token] = field(default_factory=list)
    comments: list[Token] = field(default_factory=list)
    angle: list[Token] | None = None
    in_angle: bool = False
    behind: list[Token] = field(default_factory=list)
    has_address: bool = False  # an @ stands in the angle brackets
    begins_bare: bool = False  # an @ stands in the phrase: a colon after it ends no group's name

    @property
    def is_empty(self) -> bool:
        return not self.phrase and not self.comments and self.angle is None

    @property
    def is_route(self) -> bool:
        """Whether a comma belongs to an obsolete route, `<@a,@b:user@c>` (RFC 5322 §4.4)."""
        return self.in_angle and bool(self.angle) and (self.angle or [BLANK])[0].piece.startswith("@")

    @property
    def is_name(self) -> bool:
        """Whether all there is is a name, so that a comma behind it may be one of the name's."""
        return self.angle is None and not self.comments and not self.begins_bare

    def take(self, token: Token) -> None:
        """Put a token where it belongs by what came before it."""
        if token.kind == "comment":
            if self.has_address or not self.in_angle:  # one before or in the address names nobody
                self.comments.append(token)
        elif token.kind == "special" and token.piece == "<":
            self.open_angle()
        elif token.kind == "special" and token.piece == ">":
            self.in_angle = False
        elif self.in_angle and self.angle is not None:
            if self.angle or token.kind != "blank":
                self.angle.append(token)
                self.has_address |= "@" in token.piece
        else:
            (self.phrase if self.angle is None else self.behind).append(token)
            self.begins_bare |= "@" in token.piece and token.kind != "quoted"

    def open_angle(self) -> None:
        """Begin an address; what an earlier bracket held was none but a name: `<Jane> <jane@example.com>`."""
        if self.angle is not None:
            self.phrase += [*self.angle, *self.behind]
            self.behind.clear()
        self.angle, self.in_angle, self.has_address = [], True, False


def mailboxes(text: str) -> Iterator[Mailbox]:
    """Read mailboxes; a name that a comma cut in two, `Doe, Jane <jane@example.com>`, is put together again."""
    waiting: Mailbox | None = None
    for mailbox, end in _split(text):
        if waiting is not None and mailbox.has_address and show(mailbox.phrase):
            mailbox.phrase = [*waiting.phrase, _COMMA, *mailbox.phrase]
        elif waiting is not None:
            yield waiting
        waiting = mailbox if end == "," and mailbox.is_name else None
        if waiting is None:
            yield mailbox
    if waiting is not None:
        yield waiting


def _split(text: str) -> Iterator[tuple[Mailbox, str]]:
    """Split where mailboxes end, and give the character that says so, "" where none does."""
    current = Mailbox()
    for token in tokens(text):
        if token == _OPENING and current.has_address:  # a comma was left out: `Ann <a@example.com> Bob <b@example.com>`
            following = Mailbox(current.behind)
            current.behind = []
            yield current, ""
            current = following
            current.open_angle()
        elif token.kind == "special" and _ends_mailbox(token.piece, current):
            if not current.is_empty:
                yield current, token.piece
            current = Mailbox()
        else:
            current.take(token)
    if not current.is_empty:
        yield current, ""


def _ends_mailbox(piece: str, current: Mailbox) -> bool:
    """Say whether a special ends what was read; the colon after a group's name drops that name."""
    if piece == ":" and not current.in_angle and not current.begins_bare:
        if current.phrase and current.phrase[-1].piece.lower() in _SCHEMES:
            return False
        if current.angle is None:
            current.phrase.clear()
            current.comments.clear()
        return True
    return piece in ",;" and not current.is_route
