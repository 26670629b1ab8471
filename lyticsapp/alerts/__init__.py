"""Alerts: what somebody should look at, told once. Imports accounts alone.

A package registers its kinds of alert and raises and clears them; the account's
people see them in the admin, its admins get mail, operators a webhook.
"""
