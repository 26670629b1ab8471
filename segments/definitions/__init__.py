"""Segments: their FilterQL, its versions, and who may change it."""
