"""The command line: `penchant COMMAND`."""

from penchant.cli.app import app, main

__all__ = ["app", "main"]
