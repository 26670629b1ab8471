"""Segments and jobs as a YAML file: exported, planned and applied.

Stands on top of the packages whose objects it keeps; nothing but the command imports it.
"""
