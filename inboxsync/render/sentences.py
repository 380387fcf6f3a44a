"""One sentence for the cause and one for the next action, for each error code, in plain words.

`{name}` stands for the integration, `{host}` for its server. The text of an error names the particulars;
these say what it means and what a person does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    """What an error code means, and what to do about it."""

    cause: str
    action: str


_WAIT = "nothing to do: the next run tries again"
_KEY = "`inboxsync key status` shows which key is looked for and where"

SENTENCES: dict[str, Sentence] = {
    "error": Sentence("the last run failed", "`inboxsync test {name}` shows what is wrong"),
    "internal": Sentence("the program itself failed", "run `inboxsync --debug sync {name}` and report what it prints"),
    "usage": Sentence("a stored setting cannot be carried out", "correct it with `inboxsync edit {name}`"),
    "config_invalid": Sentence("the settings are not valid", "`inboxsync doctor` lists every fault"),
    "filter_invalid": Sentence(
        "its stored filter or rules do not decode, so no mail is taken until they do",
        "correct the file, then `inboxsync edit {name} --filter FILE` or `--rules FILE`",
    ),
    "key_missing": Sentence("the master key that opens the stored passwords was not found", _KEY),
    "key_wrong": Sentence("the master key found is not the one that the passwords were stored with", _KEY),
    "secret_unreadable": Sentence(
        "its stored password was altered, or its server or login was changed behind our back",
        "enter the password again: `inboxsync edit {name} --password-file FILE`",
    ),
    "secret_missing": Sentence("it has no stored password", "enter one: `inboxsync edit {name} --password-file FILE`"),
    "auth_failed": Sentence(
        "{host} refuses the login",
        "enter the right password or an app password: `inboxsync edit {name} --password-file FILE`",
    ),
    "unreachable": Sentence("{host} cannot be reached", "check the network and the host name: `inboxsync test {name}`"),
    "connection_lost": Sentence("the connection to {host} broke off", _WAIT),
    "deadline": Sentence("{host} took longer than a run may take", "nothing to do: the next run goes on from there"),
    "throttled": Sentence("{host} limits this account for a while", "nothing to do: the next runs wait as it asks"),
    "server_unavailable": Sentence("{host} says that it cannot serve now", _WAIT),
    "protocol": Sentence("{host} sent something that is not IMAP", "check host and port: `inboxsync test {name}`"),
    "imap_error": Sentence("{host} reported an error", "`inboxsync test {name}` shows what it says"),
    "tls_failed": Sentence(
        "no trustworthy encrypted connection to {host}",
        "`inboxsync test {name}` shows why; `edit {name} --ca-file FILE` or `--pin-sha256 PIN` says what to trust",
    ),
    "folder_missing": Sentence(
        "a folder of it does not exist or cannot be opened",
        "`inboxsync test {name}` lists the folders; `inboxsync edit {name} --folder F` chooses",
    ),
    "message_refused": Sentence("{host} does not hand out some messages", _WAIT),
    "store_error": Sentence("the database failed", "`inboxsync db check` shows its state"),
    "store_busy": Sentence("another process kept the database for too long", _WAIT),
    "store_unwritable": Sentence(
        "the data directory or the database cannot be written", "give this user the right to write there"
    ),
    "store_unreachable": Sentence(
        "the database server does not answer", "check INBOXSYNC_DATABASE_URL and that the database runs"
    ),
    "store_conflict": Sentence("the database gave the work up for another's sake", _WAIT),
    "store_lost": Sentence("the connection to the database broke off", _WAIT),
    "store_standby": Sentence(
        "the database server takes no writes, as a standby does",
        "let INBOXSYNC_DATABASE_URL name the primary, or all servers with `?target_session_attrs=read-write`",
    ),
    "disk_full": Sentence("the disk is full", "free some space; nothing is lost and the next run goes on"),
    "store_io": Sentence("the disk reported an error", "check the disk, then `inboxsync db check`"),
    "store_corrupt": Sentence("the database is damaged", "restore it from its backup; `inboxsync db check` shows more"),
    "pruned": Sentence("what it needs was given up by `inboxsync prune`", "restore it from a backup if it is needed"),
    "cursor_too_old": Sentence(
        "a reader of the events asks for some that were pruned", "read the store anew and go on from the newest event"
    ),
    "store_refused": Sentence(
        "the database refuses to take what a message holds",
        "report it; `inboxsync db check` shows the database's state",
    ),
    "schema_newer": Sentence("a newer inboxsync has upgraded the database", "use that newer version here too"),
    "schema_older": Sentence(
        "the database is older than this inboxsync", "back it up, then run `inboxsync db upgrade`"
    ),
    "partial_view": Sentence(
        "{host} shows only a part of the mailbox; what it shows is stored",
        "ask the provider for full access over IMAP, or move old mail into other folders",
    ),
    "mark_refused": Sentence(
        "the mail is stored, and {host} does not let this login mark it read",
        "give the login the right to change flags, or `inboxsync edit {name} --no-mark-read`",
    ),
    "move_refused": Sentence(
        "the mail is stored, and {host} does not move it to the folder that a rule names",
        "make that folder on the server, or take move_to out of the rules: `inboxsync edit {name} --rules FILE`",
    ),
    "byte_budget": Sentence(
        "the account has downloaded what it may in a day; beyond that the provider would lock it",
        "nothing to do: the next runs go on as the day's window moves",
    ),
    "interrupted": Sentence("the last run was stopped", "nothing to do: the next run goes on from there"),
    "locked": Sentence("another run works on it", _WAIT),
}


# What providers say in words of their own, under a code that says less (hazards: php-imap 464, chatwoot 6082,
# imapsync 61, imap_tools 135).
_SAID: tuple[tuple[str, re.Pattern[str], Sentence], ...] = tuple(
    (code, re.compile(pattern, re.IGNORECASE), words)
    for code, pattern, words in (
        (
            "server_unavailable",
            r"authenticated but not connected",
            Sentence(
                "{host} took the password but did not open the mailbox behind it: the mailbox may be moving, without "
                "a licence or closed to IMAP, or the login is not this mailbox's own",
                "the next runs try again; if it lasts, check in the provider's admin centre that the mailbox exists, "
                "has a licence and allows IMAP, and that the login is right: `inboxsync edit {name} --username`",
            ),
        ),
        (
            "throttled",
            r"bandwidth",
            Sentence(
                "{host} has locked the account for downloading more than it allows in a day",
                "nothing to do: it opens again within a day and nothing is lost; look for another mail program that "
                "downloads the whole mailbox",
            ),
        ),
        (
            "throttled",
            r"too many (simultaneous )?(connections|logins)|maximum number of connections|userip_connections",
            Sentence(
                "{host} counts too many connections to this account at once",
                "close mail programs or other tools that stay connected to it; inboxsync opens one connection an "
                "account, and the next run tries again",
            ),
        ),
    )
)


def sentence(code: str, message: str = "") -> Sentence:
    """Give the sentences of an error code, more exact ones where the message is known; an unknown code gets general."""
    known = (words for said, pattern, words in _SAID if said == code and pattern.search(message))
    return next(known, SENTENCES.get(code, SENTENCES["error"]))


def sentence_name(code: str, message: str = "") -> str:
    """Name the sentences of an error as other languages' catalogues do: its code, `CODE.N` for a more exact one."""
    if code not in SENTENCES:
        return "error"
    exact = (number for number, pattern in _exact(code) if pattern.search(message))
    return next((f"{code}.{number}" for number in exact), code)


def sentence_names() -> list[str]:
    """All names that `sentence_name` gives."""
    return [*SENTENCES, *(f"{code}.{number}" for code in SENTENCES for number, _ in _exact(code))]


def _exact(code: str) -> list[tuple[int, re.Pattern[str]]]:
    """The more exact patterns of a code, numbered from 1."""
    return list(enumerate((pattern for said, pattern, _ in _SAID if said == code), start=1))
