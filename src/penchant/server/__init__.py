"""HTTP: routes, and errors as problems."""

from penchant.server.app import create_app

__all__ = ["create_app"]
