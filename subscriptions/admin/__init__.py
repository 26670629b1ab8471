"""The pages about triggers: subscriptions, deliveries and replays."""

from __future__ import annotations

from subscriptions.admin.delivery import DeliveryAdmin
from subscriptions.admin.replay import ReplayAdmin
from subscriptions.admin.subscription import SubscriptionAdmin

__all__ = ["DeliveryAdmin", "ReplayAdmin", "SubscriptionAdmin"]
