"""Filters and rules: from JSON text to a decision about each message, with every reason kept (pure).

The way through: `decode` (text to nodes, all faults) → `evaluate` (nodes to closures) → `Verdict` and `Routing`;
`explain` walks the same nodes slowly and shows what each one saw. `fields` and `operators` are the language as data.
"""
