"""The type of a chapter's pictures, as small as a phone shows it.

A test that runs a notebook puts ``WATCH`` before its first cell and ``JUDGE`` behind its last.
"""

import io
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.backend_bases import FigureCanvasBase
from PIL import Image

#: Width in pixels of a picture on a page that is 360 wide, and the smallest type read there.
PHONE, SMALLEST = 328, 8

#: Size of an exponent, where the number that it stands at has size 1.
EXPONENT = 0.7

WATCH = f"""
import sys
sys.path.append({str(Path(__file__).parent)!r})
import legible
legible.watch()
"""
JUDGE = "legible.judge()"

#: The smallest text of each picture that was made while watching, and its size in pixels.
found = []


def smallest(figure, width):
    """Return a figure's smallest text and its size in pixels on a phone; the width is in inches."""
    points, text = min(
        (part.get_fontsize() * (EXPONENT if "^" in part.get_text() else 1), part.get_text())
        for part in figure.findobj(plt.Text)
        if part.get_text()
    )
    return text, points * PHONE / width / 72


def watch():
    """Look at every picture that is made from here on, shown or stored."""
    print_figure = FigureCanvasBase.print_figure

    def look(canvas, file, *args, dpi, **options):
        result = print_figure(canvas, file, *args, dpi=dpi, **options)
        picture = Image.open(io.BytesIO(file.getvalue()))
        dots = canvas.figure.dpi if dpi == "figure" else dpi
        found.append(smallest(canvas.figure, picture.width / dots))
        return result

    FigureCanvasBase.print_figure = look


def judge():
    """Raise an error that names what is too small."""
    assert found, "no picture was made"
    small = [f"{text!r}: {pixels:.1f} pixels" for text, pixels in found if pixels < SMALLEST]
    assert not small, f"too small to read on a phone: {'; '.join(small)}"
