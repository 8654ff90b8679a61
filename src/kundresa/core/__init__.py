"""What every area stands on: errors, times, event records, conditions, settings.

Nothing in here knows Django, a table or a page.
"""
