"""The exercises of the book: a file a chapter, gathered here under the keys the chapters use."""

from importlib import import_module
from pkgutil import iter_modules

CHAPTERS = [
    import_module(f"{__name__}.{module.name}")
    for module in iter_modules(__path__)
    if module.name.startswith("ch")
]
EXERCISES = {key: exercise for chapter in CHAPTERS for key, exercise in chapter.EXERCISES.items()}
