"""Database URLs: which are understood, what file or server they mean, and how they are shown. Pure and light.

Understood are `sqlite:///relative` (below the data directory), `sqlite:////absolute` and `postgresql://user@host/name`.
"""

from __future__ import annotations

SQLITE = "sqlite:///"
POSTGRES = "postgresql://"
DEFAULT_FILE = "inboxsync.sqlite3"
HINT = "write sqlite:///FILE, sqlite:////ABSOLUTE/FILE or postgresql://USER@HOST/DATABASE"


def url_fault(url: str) -> str | None:
    """Say what keeps a database URL from being used, without repeating it (it may hold a password), or None."""
    if url.startswith(POSTGRES):
        return _postgres_fault(url)
    if not url.startswith(SQLITE):
        return f"the database URL begins with neither {SQLITE} nor {POSTGRES}"
    file = url.removeprefix(SQLITE)
    if not file or file.endswith("/") or ":memory:" in file:
        return "the database URL names no file; a store lives in one"
    return "the database URL has options behind `?`, which are not taken for SQLite" if "?" in file else None


def _postgres_fault(url: str) -> str | None:
    _, _, name = url.removeprefix(POSTGRES).partition("/")
    if any(character.isspace() or not character.isprintable() for character in url):
        return "the database URL holds a space or a control character; in a password write it as %XX"
    return None if name.partition("?")[0] else "the database URL names no database"


def sqlite_file(url: str | None, data_dir: str) -> str | None:
    """Answer the path of the SQLite file, `data_dir` being absolute; None where the database is a server's."""
    if url is None:
        return f"{data_dir}/{DEFAULT_FILE}"
    return url.removeprefix(SQLITE) if url.startswith(SQLITE) else None


def identity(url: str) -> str:
    """Name the database of a Postgres URL without any password in it; lighter than `redacted`."""
    login, at, rest = url.removeprefix(POSTGRES).rpartition("@")
    place, question, options = rest.partition("?")
    return f"{login.partition(':')[0]}{at}{place}{question}" + "&".join(map(_redacted_option, options.split("&")))


def redacted(url: str) -> str:
    """Write a URL so that it can be printed: `***` for the password, wherever in it that stands."""
    from urllib.parse import urlsplit, urlunsplit

    if url.startswith(SQLITE):
        return url  # nothing to hide, and some versions of urlunsplit lose one of its four slashes
    parts = urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    user, colon, _ = login.partition(":")
    query = "&".join(_redacted_option(option) for option in parts.query.split("&"))
    return urlunsplit(parts._replace(netloc=user + (":***" if colon else "") + at + host, query=query))


def _redacted_option(option: str) -> str:
    name, equals, _ = option.partition("=")
    return f"{name}{equals}***" if "pass" in name.lower() else option


def with_password(url: str, password: str) -> str:
    """Put a password into a Postgres URL, in place of one that may be there."""
    from urllib.parse import quote, urlsplit, urlunsplit

    parts = urlsplit(url)
    login, _, host = parts.netloc.rpartition("@")
    user = login.partition(":")[0]
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}"))
