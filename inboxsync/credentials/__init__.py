"""Secrets at rest: the key ring, where it comes from, and the vault that seals passwords with it."""
