"""A configured system at work: the only room that knows every concrete part."""

from penchant.engine.assembly import installed_packs, names_of, read_workspace
from penchant.engine.engine import Engine
from penchant.engine.learning import Learning, Progress, silent
from penchant.engine.watch import ConfigWatch

__all__ = ["ConfigWatch", "Engine", "Learning", "Progress", "installed_packs", "names_of", "read_workspace", "silent"]
