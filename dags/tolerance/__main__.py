"""`python -m tolerance` is the console script."""

from tolerance.cli import main

main(prog_name="tolerance")
