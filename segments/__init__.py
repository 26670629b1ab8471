"""Who is in: events become profiles, profiles are checked against segments."""
