"""Channels, one file each; nothing else lives here. See `subscriptions.channel`."""
