"""Formats of the one language the product speaks."""
