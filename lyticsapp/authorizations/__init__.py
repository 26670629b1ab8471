"""Stored credentials, encrypted at rest. May import accounts."""
