"""The account's own pages: tokens, people, invitations, settings, audit log."""

from __future__ import annotations

from lyticsapp.accounts.admin.account import AccountAdmin
from lyticsapp.accounts.admin.audit_log import AuditAdmin
from lyticsapp.accounts.admin.people import InvitationAdmin, MemberAdmin, PersonAdmin
from lyticsapp.accounts.admin.tokens import TokenAdmin

__all__ = [
    "AccountAdmin",
    "AuditAdmin",
    "InvitationAdmin",
    "MemberAdmin",
    "PersonAdmin",
    "TokenAdmin",
]
