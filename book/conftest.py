"""What nbval leaves out: pictures are compared too, and no reader's framework is touched."""

import base64
import io
import os
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

os.environ["MINIDL_OWN"] = "off"

#: Largest root-mean-square difference of two pictures; values run from 0 to 1.
TOLERANCE = 0.01

#: Where the pictures of a failure are left.
FOLDER = Path(__file__).resolve().parent.parent / "_build" / "pictures"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Compare a cell's stored pictures with the new ones, once nbval has run the cell."""
    result = yield
    if hasattr(item, "test_outputs"):
        complaint = compare(
            pictures(item.cell.outputs), pictures(item.test_outputs), item.name.replace("::", "-")
        )
        if complaint:
            pytest.fail(f"{item.parent.name}, {item.name}: {complaint}", pytrace=False)
    return result


def pictures(outputs):
    """Decode the PNGs among a cell's outputs: arrays of shape (height, width, 4)."""
    found = (output.get("data", {}).get("image/png") for output in outputs)
    return [
        matplotlib.image.imread(io.BytesIO(base64.b64decode(png)), format="png")
        for png in found
        if png is not None
    ]


def compare(expected, actual, name):
    """Say how two lists of pictures differ, or return None; leave the pictures that do."""
    if len(expected) != len(actual):
        return f"{len(actual)} pictures, stored are {len(expected)}"
    for number, (old, new) in enumerate(zip(expected, actual, strict=True)):
        if old.shape != new.shape:
            save(f"{name}-{number}", expected=old, actual=new)
            return f"picture {number} has size {new.shape[:2]}, stored is {old.shape[:2]}"
        difference = np.abs(old - new)
        size = float(np.sqrt((difference**2).mean()))
        if size > TOLERANCE:
            save(f"{name}-{number}", expected=old, actual=new, difference=difference[..., :3])
            return (
                f"picture {number} differs from the stored one by {size:.4f} (root mean square, "
                f"allowed {TOLERANCE}); see {FOLDER.name}/{name}-{number}-*.png in _build"
            )
    return None


def save(name, **images):
    """Write pictures to the folder, as ``name-expected.png`` and so on."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for kind, image in images.items():
        matplotlib.image.imsave(FOLDER / f"{name}-{kind}.png", image)
