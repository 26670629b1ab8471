"""Deliverers that can be killed: each line on stdin begins one, whose pid is told.

python -m tests.storm.deliverer SUBSCRIPTION

They are forked, as starting Python a hundred times would take most of the storm.
"""

from __future__ import annotations

import os
import sys

import django

PAUSE_S = 0.01


def main(subscription_id: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "lyticsapp.settings"
    django.setup()
    from subscriptions import deliver, hints  # models want Django to be set up

    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            while True:
                deliver.deliver(subscription_id)
                hints.wait(subscription_id, PAUSE_S)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
