"""Puts the areas together: settings, addresses, processes. Nothing imports it."""
