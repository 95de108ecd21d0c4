"""What makes the academy hard to serve well: each mechanism with a size that was published, and a factor to turn it."""

from __future__ import annotations

from dataclasses import dataclass

LEARNING = 0.123
"""Chance that what is not yet known is learned at one opportunity to practise, by a learner who is ready for it.

Knowledge tracing: Corbett and Anderson (1995). The size is that at which seven opportunities take accuracy from 65 % to
80 %: Koedinger, Carvalho, Liu and McLaughlin (2023), "An astonishing regularity in student learning rate".
"""

GUESS, SLIP = 0.2, 0.1
"""Share of right answers of those who know nothing, and of wrong ones of those who know. Assumed: five choices a
question; both below what Baker, Corbett and Aleven (2008) still take for a guess (0.3) and at their bound of a slip."""

UNREADY = 1.45
"""Log-odds by which a missing prerequisite lowers right answers, and what is learned at each opportunity.

Measured on OULAD (Kuzilek, Hlosta and Zdrahal 2017): a score below 60 after one below 60 on the assessment before, at
the same mean of all other scores (Mantel and Haenszel's odds ratio 4.26; 142,964 pairs).
"""

HALF_LIFE = 30.0
"""Days after which half of what one module taught is forgotten; each later pass doubles it.

The form is that of half-life regression: Settles and Meeder (2016). The size is assumed, between lists learned in a
laboratory (some days: Murre and Dros 2015) and courses (55 % after 3.5 months: Greene 1931, in Custers 2010, table 1).
"""

LONGEST = 540.0
"""Longest half-life, days: two thirds to three quarters of a course are still known after a year (Custers 2010)."""

LEAVING = 0.02
"""Chance to leave for good after a visit that went well. Assumed; OULAD has 4.9 % after an assessment, which asks for
weeks of work."""

FRUSTRATION = 0.89
"""Log-odds by which each failure in a row raises leaving after a visit.

Measured on OULAD: nothing more handed in after a score below 60, at the same mean of earlier scores (Mantel and
Haenszel's odds ratio 2.44).
"""

BOREDOM = 0.4
"""Log-odds by which a visit that ends with what is known already raises leaving. Assumed, and less than a failure:
learners stay longer with what is easy (Lomas, Patel, Forlizzi and Koedinger 2013), although boredom lasts (Baker and
others 2010)."""

FLASH = 1.0
"""Log-odds by which one standard deviation of attractiveness raises that a module is begun.

What is smooth feels as if one learned more from it, by 0.56 standard deviations, while one learns less: Deslauriers and
others (2019). A difference of d is 1.81 d in log-odds (Chinn 2000).
"""

EASE = 2.0
"""Log-odds between a module of which nothing is known and one of which all is known. The direction is that of Lomas and
others (2013): easier was played longer and taught least. The size is assumed."""

HERD = 0.5
"""Log-odds for each doubling of starts, when browsing: people take what others took (Salganik, Dodds and Watts 2006).
The size is assumed."""

AGAIN = 3.0
"""Log-odds by which a module completed before is begun less."""

FAMILIAR = 2.0
"""Log-odds of it that its familiar look gives back. Both assumed."""

ACTING = 0.9
"""Log-odds of a step taken in life for each standard deviation of mastery of a topic's whole chain.

Financial education moves knowledge by 0.20 and behaviour by 0.10 standard deviations (Kaiser, Lusardi, Menkhoff and
Urban 2022; 76 randomised experiments): half a standard deviation for each, 1.81 in log-odds a standard deviation.
"""

STEP = 0.001
"""Chance a day that a learner of mean mastery takes the step of one topic. Assumed."""

ABLE, APART = 0.65, 0.5
"""Standard deviations of starting levels, in log-odds: between people, and between topics of one person.

Together 0.82, which is 12.5 points of right answers: learners of the upper half start at 75 %, of the lower half at
55 % (Koedinger and others 2023); OULAD's students differ by 12.6 points.
"""

EXAMINED = 1.0
"""Place k of a slate is looked at with a chance of (1 / k) to this power: Joachims, Swaminathan and Schnabel (2017)."""

INTEREST = 0.8
"""Standard deviation of a learner's interest in topics, log-odds. Assumed."""


@dataclass(frozen=True)
class AcademyMechanisms:
    """A factor for each mechanism: 0 turns it off, 1 is its published size.

    Attributes:
        prerequisites: What was not prepared teaches little and is failed.
        forgetting: Mastery decays with the time since practice.
        dropout: Learners leave, most of all after failures in a row and what they know already; 0: nobody leaves.
        attraction: Flashy, easy, familiar and popular modules are begun most.
        action: Mastery of a topic's whole chain makes the step in life likelier; 0: steps come as they come.
        mastery_spread: Starting levels differ between people and topics, and modules in how much of them is known.
        position_bias: First places of a slate are looked at most.
        taste: Learners differ in what interests them.
    """

    prerequisites: float = 1.0
    forgetting: float = 1.0
    dropout: float = 1.0
    attraction: float = 1.0
    action: float = 1.0
    mastery_spread: float = 1.0
    position_bias: float = 1.0
    taste: float = 1.0
