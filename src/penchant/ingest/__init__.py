"""Data comes in: files by a mapping, messages from senders; each is stored, or refused with its reason."""

from penchant.ingest.collector import Collector
from penchant.ingest.failure import readable
from penchant.ingest.files import find_files
from penchant.ingest.group import Answer, Done
from penchant.ingest.message import Translate
from penchant.ingest.report import REASONS, ImportReport
from penchant.ingest.sender import Sender
from penchant.ingest.sink import Sink
from penchant.ingest.tabular import import_file
from penchant.ingest.verdict import UNVERIFIED, Verdict

__all__ = [
    "REASONS",
    "UNVERIFIED",
    "Answer",
    "Collector",
    "Done",
    "ImportReport",
    "Sender",
    "Sink",
    "Translate",
    "Verdict",
    "find_files",
    "import_file",
    "readable",
]
