"""Bitmaps of who is appointed to what, with which people are counted in an instant; PostgreSQL only."""
