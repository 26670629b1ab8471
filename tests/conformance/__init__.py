"""Measures agreement with the engine: its recorded answers against ours."""
