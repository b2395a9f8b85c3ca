"""`python -m denizen`."""

from denizen.cli import main

main()
