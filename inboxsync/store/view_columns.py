"""What the read views show, for docs/schema.md; a test holds it against the views themselves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ViewColumn:
    """A column of a view as it is documented."""

    name: str
    type: str
    description: str
    null: bool = False


VIEW_DESCRIPTIONS = {
    "inboxsync_messages_v1": (
        "One row for each placement that shows a stored message: the same content in two folders or mailboxes is two"
        " rows with one `id`. `placement_id` is unique. Mail that is gone from the server stays, with `gone_at`."
    ),
    "inboxsync_tickets_v1": "One row a ticket. Its messages are in `inboxsync_ticket_messages`.",
}

VIEW_COLUMNS = {
    "inboxsync_messages_v1": (
        ViewColumn("placement_id", "integer", "Key of the row: `inboxsync_placements.id`."),
        ViewColumn("id", "integer", "The message: `inboxsync_messages.id`."),
        ViewColumn("subject", "text", "Decoded subject."),
        ViewColumn("sender", "text", "First author's address."),
        ViewColumn("sender_name", "text", "First author's display name."),
        ViewColumn("from_display", "text", "First author as `Name <address>`, or what there is of it."),
        ViewColumn("recipients", "JSON", "from, sender, reply_to, to, cc, bcc: arrays of [name, address]."),
        ViewColumn("date_received", "time", "INTERNALDATE where sane, else the Date header, else when it was fetched."),
        ViewColumn("date_sent", "time", "Date header where it is sane.", null=True),
        ViewColumn("is_read", "boolean", "Read on the server when its flags were last seen, or marked read by us."),
        ViewColumn("is_starred", "boolean", "Flagged on the server when its flags were last seen."),
        ViewColumn("has_attachments", "boolean", "Attachments other than inline images."),
        ViewColumn("size_bytes", "integer", "Size of the octets."),
        ViewColumn("body_text", "text", "Plain text, made from the HTML where there is none.", null=True),
        ViewColumn("reply_text", "text", "That text without quotes and signature.", null=True),
        ViewColumn("body_html_source", "text", "HTML as sent: sanitise before showing.", null=True),
        ViewColumn("snippet", "text", "First words of the text."),
        ViewColumn("folder", "text", "Folder, decoded name."),
        ViewColumn("message_id", "text", "Message-ID with angle brackets.", null=True),
        ViewColumn("uid", "integer", "UID on the server."),
        ViewColumn("external_id", "text", "Identity in its dedup scope."),
        ViewColumn("integration", "text", "Name of the integration; `NAME#removed-…` once it is removed."),
        ViewColumn("integration_id", "integer", "The integration: `inboxsync_integrations.id`."),
        ViewColumn("flags", "JSON", "Flags when last seen."),
        ViewColumn("in_reply_to", "JSON", "Ids without brackets."),
        ViewColumn(
            "references", "JSON", "References header: ids without brackets, oldest first. Quote the name in SQL."
        ),
        ViewColumn("thread_id", "text", "Conversation.", null=True),
        ViewColumn("ticket_id", "integer", "The first ticket it belongs to: `inboxsync_tickets.id`.", null=True),
        ViewColumn("fate", "text", "stored or duplicate."),
        ViewColumn("headers", "JSON", "Every header, decoded, by lower-case name."),
        ViewColumn("is_auto_reply", "boolean", "RFC 3834 automatic reply."),
        ViewColumn("is_bounce", "boolean", "RFC 3464 delivery report."),
        ViewColumn("is_bulk", "boolean", "List or bulk mail."),
        ViewColumn("report", "text", "dsn_failed, dsn_delayed, dsn_delivered, mdn or arf, where it is one.", null=True),
        ViewColumn(
            "delivery_reports", "JSON", "Of a report: address, action, status, diagnostic, original_address of each."
        ),
        ViewColumn("authentication", "JSON", "Verdicts by method (spf, dkim, dmarc) of a trusted server."),
        ViewColumn("company", "text", "Whose mail it is: of the contact, the domain or the mailbox.", null=True),
        ViewColumn("is_unverified", "boolean", "A trusted server said that its author is forged."),
        ViewColumn("stored_at", "time", "When the content was stored."),
        ViewColumn("gone_at", "time", "When it was found gone from the server.", null=True),
    ),
    "inboxsync_tickets_v1": (
        ViewColumn("id", "integer", "Key of the row: `inboxsync_tickets.id`."),
        ViewColumn("number", "text", "What people quote; unique."),
        ViewColumn("subject", "text", "Subject of its first mail."),
        ViewColumn("status", "text", "open, in_progress, pending, resolved or closed."),
        ViewColumn("priority", "text", "low, normal, high or urgent."),
        ViewColumn("category", "text", "From rules.", null=True),
        ViewColumn("tags", "JSON", "From rules."),
        ViewColumn("company", "text", "Company name.", null=True),
        ViewColumn("requester_name", "text", "Who asks."),
        ViewColumn("requester_email", "text", "Their address."),
        ViewColumn("requester_contact_id", "integer", "Their contact: `inboxsync_contacts.id`.", null=True),
        ViewColumn("is_unverified", "boolean", "A trusted server said that the author of its first mail is forged."),
        ViewColumn("watchers", "JSON", "Addresses kept informed."),
        ViewColumn("assignee", "text", "From rules or set by people.", null=True),
        ViewColumn("integration", "text", "Name of the integration it came from; null once that is purged.", null=True),
        ViewColumn("integration_id", "integer", "The integration: `inboxsync_integrations.id`.", null=True),
        ViewColumn("message_count", "integer", "How many messages it has."),
        ViewColumn("external_reference", "text", "Message-ID of its first mail.", null=True),
        ViewColumn("created_at", "time", "When it was made."),
        ViewColumn("updated_at", "time", "When it last changed."),
        ViewColumn("last_message_at", "time", "`date_received` of its newest mail."),
    ),
}
