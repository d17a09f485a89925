"""Numbers for the cases: the same on every run and on every machine."""

import torch


def randn(*shape, seed, dtype=torch.float64):
    """Draw normal numbers of the given shape from a generator of their own."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)
