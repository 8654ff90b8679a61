#!/usr/bin/env bash
# Print the long test whose turn it is: another one each day of the year.
set -euo pipefail
cd "$(dirname "$0")/.."
# Collected, not searched for: one file may hold long tests of which each fills the minutes of a day.
# 5 is pytest's "none selected".
found=$(.venv/bin/python -m pytest --collect-only -q -m long) || [ $? = 5 ]
mapfile -t tests < <(grep '^tests/.*::' <<<"$found" | sort)
if [ ${#tests[@]} -gt 0 ]; then
    # 10# because 008 and 009 are no octal numbers.
    echo "${tests[$((10#${1:-$(date +%j)} % ${#tests[@]}))]}"
fi
