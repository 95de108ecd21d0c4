"""A configured system at work: the only room that knows every concrete part."""

from penchant.engine.assembly import installed_packs, names_of, read_workspace
from penchant.engine.engine import Engine, Progress, silent

__all__ = ["Engine", "Progress", "installed_packs", "names_of", "read_workspace", "silent"]
