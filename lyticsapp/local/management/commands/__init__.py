"""`manage.py up` and `manage.py demo`."""
