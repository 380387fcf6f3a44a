"""One sentence for the cause and one for the next action, for each error code, in plain words.

`{name}` stands for the integration, `{host}` for its server. The text of an error names the particulars;
these say what it means and what a person does.
"""

from __future__ import annotations

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
    "disk_full": Sentence("the disk is full", "free some space; nothing is lost and the next run goes on"),
    "store_io": Sentence("the disk reported an error", "check the disk, then `inboxsync db check`"),
    "store_corrupt": Sentence("the database is damaged", "restore it from its backup; `inboxsync db check` shows more"),
    "schema_newer": Sentence("a newer inboxsync has upgraded the database", "use that newer version here too"),
    "schema_older": Sentence(
        "the database is older than this inboxsync", "back it up, then run `inboxsync db upgrade`"
    ),
    "interrupted": Sentence("the last run was stopped", "nothing to do: the next run goes on from there"),
    "locked": Sentence("another run works on it", _WAIT),
}


def sentence(code: str) -> Sentence:
    """Give the sentences of an error code; an unknown code gets the general ones."""
    return SENTENCES.get(code, SENTENCES["error"])
