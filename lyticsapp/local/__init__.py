"""The embedded default: PostgreSQL, Redis and stand-ins, run from a home directory.

Stands on top of every other package; nothing but the commands imports it.
"""
