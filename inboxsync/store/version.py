"""The schema version this program knows; it is the number of the newest Alembic revision."""

SCHEMA_VERSION = 1
