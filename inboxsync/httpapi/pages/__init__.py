"""The status page for people: HTML made on the server from what the store holds, in the reader's language.

Nothing here is loaded before the first page is asked for: `serve` starts without it (routes.py alone is imported).
"""
