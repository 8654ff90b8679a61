"""Workspaces, who works in them, and the audit trail."""
