"""Alembic's revisions. What a released revision is made of never changes again."""
