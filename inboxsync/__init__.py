"""inboxsync: every mail of every company mailbox becomes a record, and where rules say so a ticket."""

__version__ = "0.1.0"
