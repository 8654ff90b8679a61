"""Workspaces and the audit trail; members come here later."""
