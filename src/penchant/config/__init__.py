"""Configuration: penchant.toml and the environment, checked as a whole and then frozen."""

from penchant.config.environment import read_environment
from penchant.config.load import FILE_NAME, Workspace, load
from penchant.config.names import EVENT_FIELDS, PackNames
from penchant.config.objectives import OWN_KEYS, Formulas
from penchant.config.settings import (
    MOST_WORKERS,
    Column,
    ConsentDefaults,
    Domain,
    Evaluation,
    Exclusion,
    ExperimentSettings,
    Feeds,
    FreshnessSettings,
    Import,
    Limits,
    ObjectiveSettings,
    PlacementSettings,
    Server,
    Settings,
    SourceSettings,
    Sql,
    Storage,
    Training,
    Value,
)
from penchant.config.template import template

__all__ = [
    "EVENT_FIELDS",
    "FILE_NAME",
    "MOST_WORKERS",
    "OWN_KEYS",
    "Column",
    "ConsentDefaults",
    "Domain",
    "Evaluation",
    "Exclusion",
    "ExperimentSettings",
    "Feeds",
    "Formulas",
    "FreshnessSettings",
    "Import",
    "Limits",
    "ObjectiveSettings",
    "PackNames",
    "PlacementSettings",
    "Server",
    "Settings",
    "SourceSettings",
    "Sql",
    "Storage",
    "Training",
    "Value",
    "Workspace",
    "load",
    "read_environment",
    "template",
]
