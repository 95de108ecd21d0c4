"""Data comes in: files by a mapping, messages from senders; each is stored, or refused with its reason."""

from penchant.ingest.change_lines import LineVerdict, change_lines
from penchant.ingest.changes import CatalogWriter, Changed
from penchant.ingest.collector import Collector
from penchant.ingest.failure import readable
from penchant.ingest.feeds import Example, FeedReport, Feeds, FeedSchedule, FeedSettings, FeedStatus, interval
from penchant.ingest.files import find_files
from penchant.ingest.group import Answer, Done
from penchant.ingest.message import Translate
from penchant.ingest.report import REASONS, ImportReport
from penchant.ingest.sender import Sender
from penchant.ingest.sink import ItemSink, Sink
from penchant.ingest.tabular import import_file
from penchant.ingest.verdict import UNVERIFIED, Verdict

__all__ = [
    "REASONS",
    "UNVERIFIED",
    "Answer",
    "CatalogWriter",
    "Changed",
    "Collector",
    "Done",
    "Example",
    "FeedReport",
    "FeedSchedule",
    "FeedSettings",
    "FeedStatus",
    "Feeds",
    "ImportReport",
    "ItemSink",
    "LineVerdict",
    "Sender",
    "Sink",
    "Translate",
    "Verdict",
    "change_lines",
    "find_files",
    "import_file",
    "interval",
    "readable",
]
