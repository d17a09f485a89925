"""What a training needs to go on from where it was, in a file that is always whole."""

import os
from dataclasses import asdict
from pathlib import Path

import torch

from .distributed import digest, world


class Checkpoint:
    """A training's file: parameters, gradients, the order of the samples, and its history.

    Parameters
    ----------
    path : str or Path
        Its folder is made if there is none.
    model
        The network as the training begins with it; its tensors are read and written in place.
    generator : torch.Generator or None
        What the order of the samples is drawn from.
    **training
        All that decides how the training goes on: with another the file is refused.
    """

    def __init__(self, path, model, generator, **training):
        self.path, self.generator = Path(path), generator
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.tensors = [tensor for pair in model.param() for tensor in pair]
        self.training = {name: digest(part) for name, part in training.items()}

    def load(self):
        """Go back to what the file holds; return its history as a dict, or None without a file."""
        if not self.path.exists():
            return None
        try:
            state = torch.load(self.path, map_location="cpu", weights_only=True)
            known = state["training"]
        except Exception as error:
            raise ValueError(f"{self.path} is no checkpoint: {error}") from error
        other = [name for name, part in self.training.items() if known.get(name) != part]
        if other:
            said = f"is of another training: other {' and '.join(other)}"
            raise ValueError(f"checkpoint {self.path} {said}")
        for tensor, kept in zip(self.tensors, state["tensors"], strict=True):
            tensor.copy_(kept)
        if self.generator is not None:
            self.generator.set_state(state["generator"])
        return state["history"]

    def save(self, history):
        """Write the file, or leave the one before it; of several processes the first does it."""
        if world()[0] > 0:
            return
        order = self.generator.get_state() if self.generator is not None else None
        state = {"training": self.training, "tensors": self.tensors, "generator": order}
        state["history"] = asdict(history)
        draft = self.path.with_name(f"{self.path.name}.part")
        try:
            with open(draft, "wb") as file:
                torch.save(state, file)
                file.flush()
                os.fsync(file.fileno())  # a name is not to be on the disc before what it names
            os.replace(draft, self.path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
