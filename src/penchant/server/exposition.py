"""Figures as text that Prometheus reads: version 0.0.4 of its exposition format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from penchant.serving import BOUNDS_S, Times

MEDIA_TYPE = "text/plain; version=0.0.4"
"""The charset, which is UTF-8, is added to it as to every text."""

Labels = Sequence[tuple[str, str]]
"""Names and values."""


class Page:
    """Families of figures, each with what it means; those without a figure are left out."""

    def __init__(self, labels: Labels = ()) -> None:
        """Begin an empty page.

        Args:
            labels: Names and values that every figure bears.
        """
        self._labels = labels
        self._lines: list[str] = []
        self._head: tuple[str, ...] = ()
        self._name = ""

    def family(self, name: str, kind: Literal["counter", "gauge", "histogram"], about: str) -> None:
        """Begin a family.

        Args:
            name: Its name.
            kind: What its figures are.
            about: What they mean.
        """
        text = about.replace("\\", r"\\").replace("\n", r"\n")
        self._head = (f"# HELP {name} {text}", f"# TYPE {name} {kind}")
        self._name = name

    def add(self, value: float, labels: Labels = (), *, ends: str = "") -> None:
        """Add a figure to the family.

        Args:
            value: The figure.
            labels: What it is of.
            ends: What stands behind the name, as histograms want it.
        """
        self._lines += self._head
        self._head = ()
        told = ",".join(f'{name}="{_escaped(text)}"' for name, text in (*self._labels, *labels))
        told = f"{{{told}}}" if told else ""
        self._lines.append(f"{self._name}{ends}{told} {_number(value)}")

    def times(self, times: Times, labels: Labels) -> None:
        """Add a histogram to the family."""
        total = 0
        for bound, count in zip((*map(_number, BOUNDS_S), "+Inf"), times.counts, strict=True):
            total += count
            self.add(total, (*labels, ("le", bound)), ends="_bucket")
        self.add(times.seconds, labels, ends="_sum")
        self.add(total, labels, ends="_count")

    def __str__(self) -> str:
        """The page."""
        return "".join(f"{line}\n" for line in self._lines)


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
