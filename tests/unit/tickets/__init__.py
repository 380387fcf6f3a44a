"""Tests of inboxsync.tickets."""
