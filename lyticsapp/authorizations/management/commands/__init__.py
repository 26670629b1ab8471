"""Commands of the authorizations app."""
