"""Reaching addresses that customers chose: which may be reached, and how.

Imports nothing of ours; whoever connects to an address that somebody typed uses it.
"""
