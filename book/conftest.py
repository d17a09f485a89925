"""Validating the notebooks leaves no my_minidl.py behind, and reads none."""

import os

os.environ["MINIDL_OWN"] = "off"
