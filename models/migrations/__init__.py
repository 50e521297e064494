"""Alembic's revisions; inside the package so that they ship."""
