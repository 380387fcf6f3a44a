"""The read views that other applications use; base SQL that SQLite and Postgres both take."""

from __future__ import annotations

# One row for each placement that shows a message. One of an ended UIDVALIDITY (retired) shows it only where its
# integration has neither a live one nor a later one. Flags are JSON text: the backslash of \Seen stands doubled in
# it, and ESCAPE keeps Postgres from reading it as its own.
MESSAGES_V1 = r"""
CREATE VIEW inboxsync_messages_v1 AS
SELECT
    p.id AS placement_id,
    m.id AS id,
    m.subject AS subject,
    m.from_address AS sender,
    m.from_name AS sender_name,
    CASE
        WHEN m.from_name <> '' AND m.from_address <> '' THEN m.from_name || ' <' || m.from_address || '>'
        WHEN m.from_address <> '' THEN m.from_address
        WHEN m.from_name <> '' THEN m.from_name
        ELSE m.from_raw
    END AS from_display,
    m.recipients AS recipients,
    m.received_at AS date_received,
    m.sent_at AS date_sent,
    (LOWER(CAST(p.flags AS TEXT)) LIKE '%"\\seen"%' ESCAPE '!' OR p.seen_action = 'done') AS is_read,
    (LOWER(CAST(p.flags AS TEXT)) LIKE '%"\\flagged"%' ESCAPE '!') AS is_starred,
    m.has_attachments AS has_attachments,
    m.size_bytes AS size_bytes,
    b.body_text AS body_text,
    COALESCE(b.reply_text, b.body_text) AS reply_text,
    b.body_html AS body_html_source,
    m.snippet AS snippet,
    f.name AS folder,
    '<' || m.message_id || '>' AS message_id,
    p.uid AS uid,
    m.external_id AS external_id,
    i.name AS integration,
    i.id AS integration_id,
    p.flags AS flags,
    m.in_reply_to AS in_reply_to,
    m.reference_ids AS "references",
    m.thread_id AS thread_id,
    (SELECT MIN(t.ticket_id) FROM inboxsync_ticket_messages AS t WHERE t.message_id = m.id) AS ticket_id,
    p.fate AS fate,
    m.headers AS headers,
    m.is_auto_reply AS is_auto_reply,
    m.is_bounce AS is_bounce,
    m.is_bulk AS is_bulk,
    m.report AS report,
    m.delivery_reports AS delivery_reports,
    m.authentication AS authentication,
    m.company AS company,
    m.is_unverified AS is_unverified,
    m.stored_at AS stored_at,
    COALESCE(p.expunged_at, p.retired_at) AS gone_at
FROM inboxsync_messages AS m
JOIN inboxsync_placements AS p ON p.message_id = m.id
JOIN inboxsync_folders AS f ON f.id = p.folder_id
JOIN inboxsync_integrations AS i ON i.id = f.integration_id
LEFT JOIN inboxsync_bodies AS b ON b.message_id = m.id
WHERE p.fate IN ('stored', 'duplicate')
AND (p.retired_at IS NULL OR NOT EXISTS (
    SELECT 1 FROM inboxsync_placements AS n JOIN inboxsync_folders AS nf ON nf.id = n.folder_id
    WHERE n.message_id = p.message_id AND nf.integration_id = f.integration_id
    AND (n.retired_at IS NULL OR n.id > p.id)
))
"""

TICKETS_V1 = """
CREATE VIEW inboxsync_tickets_v1 AS
SELECT
    t.id AS id,
    t.number AS number,
    t.subject AS subject,
    t.status AS status,
    t.priority AS priority,
    t.category AS category,
    t.tags AS tags,
    t.company AS company,
    t.requester_name AS requester_name,
    t.requester_email AS requester_email,
    t.requester_contact_id AS requester_contact_id,
    t.is_unverified AS is_unverified,
    t.watchers AS watchers,
    t.assignee AS assignee,
    i.name AS integration,
    t.integration_id AS integration_id,
    (SELECT COUNT(*) FROM inboxsync_ticket_messages AS n WHERE n.ticket_id = t.id) AS message_count,
    t.external_reference AS external_reference,
    t.created_at AS created_at,
    t.updated_at AS updated_at,
    t.last_message_at AS last_message_at
FROM inboxsync_tickets AS t
LEFT JOIN inboxsync_integrations AS i ON i.id = t.integration_id
"""
