"""What holds the speed budgets: each module here is a benchmark, run by ``make bench``."""
