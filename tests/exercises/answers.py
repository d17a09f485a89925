"""Answers to the exercises as a notebook would have them, for the tests of the checks."""

import linecache

import torch
from notebooks import CHAPTERS, code_cells, is_exercise, read

import minidl
from minidl.teaching import check


def stubs():
    """Map the keys of the exercises to the cells that hold their stubs."""
    found = {}
    for path in CHAPTERS:
        cells = code_cells(read(path))
        for stub, following in zip(cells, cells[1:], strict=False):
            if is_exercise(stub):
                key = following.source.split('check("')[1].split('"')[0]
                found[key] = stub.source
    return found


def cell(source, name):
    """Run source as a notebook's cell would be, and return what it calls ``name``."""
    file = f"<cell {abs(hash(source))}>"
    lines = source.splitlines(keepends=True)
    linecache.cache[file] = (len(source), None, lines, file)
    namespace = {"torch": torch, "math": __import__("math"), **vars(minidl)}
    exec(compile(source, file, "exec"), namespace)
    return namespace[name]


def verdict(capsys, key, answer, **options):
    """Check an answer; return what was printed, and what the chapter goes on with."""
    capsys.readouterr()
    result = check(key, answer, **options)
    return capsys.readouterr().out, result
