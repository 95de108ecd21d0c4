"""Privacy: what is held on a person is shown, corrected, exported and erased, and a receipt says so."""

from penchant.privacy.person import Allowed, Known, Person, check
from penchant.privacy.privacy import SOURCE, LinkTold, Privacy
from penchant.privacy.receipt import Receipt

__all__ = ["SOURCE", "Allowed", "Known", "LinkTold", "Person", "Privacy", "Receipt", "check"]
