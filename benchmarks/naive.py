"""The baseline: how such an importer is usually written. imapclient as delivered, the library's default parser, one
insert and commit a message. Arguments: host, port, CA file, user, password, database file."""

from __future__ import annotations

import email
import email.policy
import ssl
import sys
import zlib
from pathlib import Path
from uuid import uuid4

from imapclient import IMAPClient
from sqlmodel import Field, Session, SQLModel, create_engine, select


class Mail(SQLModel, table=True):
    """A message as simple importers keep it."""

    id: int | None = Field(default=None, primary_key=True)
    message_id: str = Field(index=True)
    subject: str
    sender: str
    text: str
    html: str
    raw: bytes


class Attached(SQLModel, table=True):
    """An attachment, whose content is a file."""

    id: int | None = Field(default=None, primary_key=True)
    mail_id: int
    name: str
    path: str


def store(session: Session, octets: bytes, files: Path) -> None:
    """Parse and store one message, if its id is new."""
    parsed = email.message_from_bytes(octets, policy=email.policy.default)
    message_id = str(parsed["Message-ID"])
    if session.exec(select(Mail).where(Mail.message_id == message_id)).first():
        return
    text, html = (parsed.get_body((kind,)) for kind in ("plain", "html"))
    mail = Mail(
        message_id=message_id,
        subject=str(parsed["Subject"]),
        sender=str(parsed["From"]),
        text=text.get_content() if text else "",
        html=html.get_content() if html else "",
        raw=zlib.compress(octets),
    )
    session.add(mail)
    session.flush()
    assert mail.id is not None
    for part in parsed.iter_attachments():
        content = part.get_payload(decode=True)
        session.add(attached(mail.id, part.get_filename() or "", content if isinstance(content, bytes) else b"", files))
    session.commit()


def attached(mail_id: int, name: str, content: bytes, files: Path) -> Attached:
    """Put an attachment beside the database, as web frameworks do."""
    path = files / f"{mail_id}-{uuid4().hex}"
    path.write_bytes(content)
    return Attached(mail_id=mail_id, name=name, path=str(path))


def main(host: str, port: str, ca_file: str, user: str, password: str, database: str) -> None:
    """Import one mailbox."""
    engine = create_engine(f"sqlite:///{database}")
    SQLModel.metadata.create_all(engine)
    files = Path(database).with_suffix(".files")
    files.mkdir()
    client = IMAPClient(host, int(port), ssl_context=ssl.create_default_context(cafile=ca_file))
    client.login(user, password)
    client.select_folder("INBOX", readonly=True)
    uids = client.search("ALL")
    with Session(engine) as session:
        for start in range(0, len(uids), 50):
            for answer in client.fetch(uids[start : start + 50], ["BODY.PEEK[]"]).values():
                store(session, answer[b"BODY[]"], files)
    client.logout()


if __name__ == "__main__":
    main(*sys.argv[1:])
