"""Users: their identities, their fields and the types of those fields."""
