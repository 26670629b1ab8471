"""Who is told: subscriptions, messages, the outbox and its delivery."""
