"""Profiles, the identifiers that lead to them, and the customer accounts that they belong to."""
