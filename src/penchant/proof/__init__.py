"""The proof: whole engines against worlds whose truth is known, with one thing swapped."""

from penchant.proof.page import render
from penchant.proof.question import Question
from penchant.proof.questions import QUESTIONS
from penchant.proof.report import Proof, Row
from penchant.proof.run import prove
from penchant.proof.size import Size

__all__ = ["QUESTIONS", "Proof", "Question", "Row", "Size", "prove", "render"]
