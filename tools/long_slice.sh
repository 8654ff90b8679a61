#!/usr/bin/env bash
# Print the file of long tests whose turn it is: another one each day of the year.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t files < <(grep -rlE 'mark\.long\b' tests --include='test_*.py' | sort)
if [ ${#files[@]} -gt 0 ]; then
    # 10# because 008 and 009 are no octal numbers.
    echo "${files[$((10#${1:-$(date +%j)} % ${#files[@]}))]}"
fi
