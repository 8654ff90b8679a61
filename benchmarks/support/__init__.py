"""The processes that a benchmark starts beside what it measures."""
