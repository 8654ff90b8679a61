#!/usr/bin/env bash
# Everything once on SQLite, then what is marked `db` again on PostgreSQL.
set -euo pipefail
marks=$1
shift
env -u KUNDRESA_TEST_DATABASE_URL .venv/bin/python -m pytest -m "$marks" "$@"
: "${KUNDRESA_TEST_DATABASE_URL:?run this through tools/test_services.py, which brings a PostgreSQL}"
# 5 is pytest's "none selected", which a narrower call may well mean.
.venv/bin/python -m pytest -m "db and ($marks)" "$@" || [ $? = 5 ]
