"""Which characters the bytes of a feed stand for, when it says so, says nothing, or says it wrongly."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

CHUNK = 65_536
"""Bytes read at once."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_KNOWN = re.compile(
    r"utf[-_](8|16|32)([-_](le|be|sig))?|ascii|iso8859[-_]\d+|latin_1|cp\d+|koi8[-_]\w+|mac[-_]\w+|gb(2312|k|18030)"
    r"|big5\w*|euc_\w+|shift_jis\w*|johab|tis[-_]620|hp[-_]roman8|ptcp154|kz1048"
)
"""Encodings of text; Python knows others that are no such thing, as `unicode_escape` or `punycode`."""
_LABEL = re.compile(r"[A-Za-z][\w.:()-]{0,39}", re.ASCII)
_XML = re.compile(rb"""<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([^"'>]{1,40})["']""")
_RUN = re.compile(rb"[\x80-\xff]+")
_CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that no XML may have, and that mean nothing; NUL is none of them: a file with it is no text at all."""


def known(label: str | None) -> str | None:
    """Python's name of an encoding of text; None when the label names none.

    What is called ASCII or Latin-1 is read as Windows-1252, as browsers do: it is that nearly always.
    """
    label = (label or "").strip()
    if not _LABEL.fullmatch(label):
        return None
    try:
        name = codecs.lookup(label).name
    except LookupError:
        return None
    if name in ("iso8859-1", "ascii"):
        return "cp1252"
    return name if _KNOWN.fullmatch(name) else None


def declared_in_xml(head: bytes) -> str | None:
    """The encoding that an XML declaration names."""
    found = _XML.match(head.lstrip())
    return found[1].decode("ascii", "replace") if found else None


def charset_of(head: bytes, told: str | None, declared: Callable[[bytes], str | None] = declared_in_xml) -> str:
    """How a file's text is written: by its mark, by what it says of itself, by what the server told; else UTF-8.

    Args:
        head: The file's first bytes.
        told: The server's word.
        declared: Finds what the file says of itself.
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    for start, name in (
        (b"<\0\0\0", "utf-32-le"),
        (b"\0\0\0<", "utf-32-be"),
        (b"<\0", "utf-16-le"),
        (b"\0<", "utf-16-be"),
    ):
        if head.startswith(start):
            return name
    for label in (declared(head), told):
        name = known(label) or ""
        # What has been read so far is no UTF-16, or nothing could have been read.
        if name and not name.startswith(("utf-16", "utf_16", "utf-32", "utf_32")):
            return "utf-8" if name.startswith(("utf-8", "utf_8")) else name
    return "utf-8"


def text_of(
    file: BinaryIO, told: str | None, declared: Callable[[bytes], str | None] = declared_in_xml
) -> Iterator[str]:
    """A file's text, piece by piece, without its byte order mark and without control characters.

    Bytes that the encoding does not have are read as the server's encoding, else as Windows-1252: what says that it is
    UTF-8 often has a few words that were pasted from elsewhere.

    Args:
        file: Read from where it stands.
        told: The server's word for its encoding.
        declared: Finds what the file says of itself.
    """
    head = file.read(CHUNK)
    name = charset_of(head, told, declared)
    second = known(told)
    decoder = codecs.getincrementaldecoder(name)(
        errors=_fallback(second if second and "16" not in second else "cp1252")
    )
    chunk, first = head, True
    while chunk:
        text = decoder.decode(chunk)
        if first and text:
            text, first = text.removeprefix("\ufeff"), False
        if text:
            yield _CONTROL.sub("", text)
        chunk = file.read(CHUNK)
    if rest := decoder.decode(b"", True):
        yield _CONTROL.sub("", rest)


def _fallback(second: str) -> str:
    """Name of an error handler that reads wrong bytes as another encoding, and what that does not have as Latin-1."""

    def read(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        end = error.end
        if error.encoding == "utf-8" and (run := _RUN.match(error.object, error.start)):
            try:
                codecs.utf_8_decode(error.object[end : run.end()], "strict", False)
            except UnicodeDecodeError:
                # More than one is wrong: the whole word was pasted.
                end = run.end()
        wrong = error.object[error.start : end]
        if len(wrong) > 1 and b"\0" in wrong:
            return "\ufffd", end
        try:
            return wrong.decode(second), end
        except UnicodeDecodeError:
            return wrong.decode("latin-1"), end

    name = f"penchant.{second}"
    codecs.register_error(name, read)
    return name
