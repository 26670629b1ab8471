"""What a person starts, watches and pauses. May import accounts and authorizations."""
