"""Stand-ins for what lies outside: AWS, a webhook receiver, a mail server."""
