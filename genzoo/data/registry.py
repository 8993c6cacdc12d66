"""The register of data sources."""

from genzoo.core.source import DataSource
from genzoo.registry import Registry

SOURCES: Registry[DataSource] = Registry("source", "genzoo.sources")
register_source = SOURCES.register
