"""The academy in a closed loop: learners with skills, prerequisites, forgetting, drop-out and steps taken in life."""

from penchant.simulation.school.mechanisms import AcademyMechanisms
from penchant.simulation.school.oracle import Oracle, Popular
from penchant.simulation.school.school import School

__all__ = ["AcademyMechanisms", "Oracle", "Popular", "School"]
