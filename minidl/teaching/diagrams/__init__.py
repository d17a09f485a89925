"""Diagrams of what the code does; names, shapes and values are those of the objects drawn."""

from .chain import show_chain
from .layer import show_layer
from .minibatch import record_moves, show_moves

__all__ = ["record_moves", "show_chain", "show_layer", "show_moves"]
