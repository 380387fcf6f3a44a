"""What people and other programs are shown: printable text, tables, JSON documents, progress, the state of things.

Everything that came from mail, servers or folders passes through `printable` on its way to a person (CWE-150).
rich is imported when a terminal is there, never at import.
"""
