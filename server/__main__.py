"""`python -m server`: the same as `cabinet`."""

from server.cli import main

main()
