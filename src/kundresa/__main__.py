"""Run the command line by ``python -m kundresa``."""

from kundresa.cli.main import main

main()
