"""Event Hubs of Azure by an authorization: where they are, and what lets one in.

Hosts are those of Azure, or an operator's `AZURE_ENDPOINTS`. None of it has been tried
against Azure itself.
"""
