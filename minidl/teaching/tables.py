"""Results as tables."""

from minidl.paper.tables import Table

__all__ = ["Table"]
