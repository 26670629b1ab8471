"""Stand-ins for what lies outside: AWS, Azure, a webhook receiver, a mail server."""
