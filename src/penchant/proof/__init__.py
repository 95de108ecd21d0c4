"""The proof: whole engines against worlds whose truth is known, with one thing swapped."""

from penchant.proof.page import render
from penchant.proof.questions import QUESTIONS
from penchant.proof.report import Proof, Row
from penchant.proof.run import Size, prove

__all__ = ["QUESTIONS", "Proof", "Row", "Size", "prove", "render"]
