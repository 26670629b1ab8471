"""What can go wrong with alerts.

AlertsError
└── NotSentError   a notice did not reach its recipient; it is tried again
"""

from __future__ import annotations


class AlertsError(Exception):
    """Something is wrong with an alert."""


class NotSentError(AlertsError):
    """A notice did not reach its recipient."""
