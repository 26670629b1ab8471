"""Management commands of the segments' definitions."""
