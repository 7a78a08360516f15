"""Tests of the portal, room by room; `make test` plays them on SQLite, then on PostgreSQL."""
