"""Data comes in: files by a mapping, messages from trackers; each row is stored, or refused with its reason."""

from penchant.ingest.collect import Verdict, collect
from penchant.ingest.files import find_files
from penchant.ingest.report import REASONS, ImportReport
from penchant.ingest.sink import Sink
from penchant.ingest.tabular import import_file

__all__ = ["REASONS", "ImportReport", "Sink", "Verdict", "collect", "find_files", "import_file"]
