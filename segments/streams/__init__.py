"""Events as they came in, and the streams they belong to."""
