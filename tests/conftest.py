"""Draw without a window, and keep no reader's framework."""

import os

import matplotlib

matplotlib.use("Agg")
os.environ["MINIDL_OWN"] = "off"
