"""Providers, one file each; nothing else lives here. See `lyticsapp.authorizations.provider`."""
