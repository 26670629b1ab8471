"""Long runs of the property tests, guided by coverage where atheris is installed."""
