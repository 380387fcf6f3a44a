"""Tests of inboxsync.rules."""
