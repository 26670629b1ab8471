"""The way of an event: claim, resolve, fold, evaluate, write. Everything of segments may be imported here."""
