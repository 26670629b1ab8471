"""Accounts, people, roles, API tokens, tenancy and the audit log. Imports nothing of ours."""
