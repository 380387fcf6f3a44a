"""inboxsync inside other programs: each module for one of them, with an extra of its own."""
