"""Draw without a window."""

import matplotlib

matplotlib.use("Agg")
