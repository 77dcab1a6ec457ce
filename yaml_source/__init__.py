"""Files that people write in YAML or JSON, read so that every mistake has its line."""

from __future__ import annotations

from yaml_source.error import SourceError
from yaml_source.source import Source, open_source

__all__ = ["Source", "SourceError", "open_source"]
