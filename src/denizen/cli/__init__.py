"""The command line: one file a command."""

from denizen.cli.main import main

__all__ = ["main"]
