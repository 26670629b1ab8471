"""How much of everything one filter may hold.

The published platform allows 1,000 conditions in a filter; these limits leave room
for that and keep every later step within Python's stack.
"""

from __future__ import annotations

LONGEST_TEXT = 250_000
DEEPEST_TEXT = 100
DEEPEST_WITH_INCLUDES = 150
LONGEST_INCLUDE_PATH = 40
LONGEST_PATTERN = 5_000
LONGEST_RESULT = 1_000_000
"""Characters in the text that a function makes of others: calls inside one another
could otherwise multiply a text without end."""
