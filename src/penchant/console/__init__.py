"""Pages for people: server-rendered, self-contained."""

from penchant.console.start import start_page

__all__ = ["start_page"]
