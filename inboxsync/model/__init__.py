"""Frozen values that all rooms share: what an integration, a placement, a message, a ticket and a report are.

Nothing here does I/O, reads a clock or imports a third-party package.
"""
