"""Work that is done later: a table of jobs that workers claim with leases."""
