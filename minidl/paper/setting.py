"""What the experiment is: the network, and everything that its authors chose."""

from dataclasses import dataclass, replace
from typing import Annotated

import torch

from .. import rules
from ..activations import ReLU
from ..linear import START, Linear
from ..rules import COUNT, FLAG, FROM_ZERO, GENERATOR, ONE_OF, takes
from ..sequential import Sequential

FRAMEWORK = ONE_OF("minidl", "torch", "own")


@takes(width=COUNT, layers=FROM_ZERO, init=START, generator=GENERATOR, dtype=rules.FLOAT)
def paper_network(width=25, layers=4, *, init="xavier", generator=None, dtype=None):
    """Build the paper's network: two inputs, hidden linear layers with ReLU, two outputs.

    ``init``, ``generator`` and ``dtype`` are those of each :class:`minidl.Linear`, input first.
    """
    options = {"init": init, "generator": generator, "dtype": dtype}
    modules = []
    in_features = 2
    for _ in range(layers):
        modules += [Linear(in_features, width, **options), ReLU()]
        in_features = width
    modules.append(Linear(in_features, 2, **options))
    return Sequential(modules)


INIT = replace(ONE_OF("xavier", "torch"), optional=True)
RECORDED = ONE_OF("program", "end")


@takes()
@dataclass(frozen=True)
class Setting:
    """The experiment as its authors' program does it: Table II of the paper, and the rest.

    :meth:`as_printed` is the experiment as one has to read it from the paper alone.  The
    program measures before each epoch, so that its last error rates are those after 19 of 20,
    with one exception: PyTorch's on training data, after each epoch.  It draws Figure 1 in its
    first repetition, between the two frameworks, and the function that draws rescales the test
    points in place, to the unit square.  Figure 2 is of a version that did not draw.

    The program is github.com/grallH/deep_learning_project1, folder Proj2, commit dca98a0.
    """

    epochs: Annotated[int, COUNT, "times through the training data"] = 20
    lr: Annotated[float, rules.NOT_NEGATIVE, "learning rate"] = 0.1
    batch_size: Annotated[int, COUNT, "samples to a mini-batch"] = 100
    n_train: Annotated[int, COUNT, "training samples"] = 1000
    n_test: Annotated[int, COUNT, "test samples"] = 1000
    width: Annotated[int, COUNT, "size of the hidden layers"] = 25
    layers: Annotated[int, COUNT, "number of hidden layers"] = 4
    repeats: Annotated[int, COUNT, "repetitions with new data and parameters"] = 10
    seed: Annotated[int, FROM_ZERO, "seed of the first repetition; the next ones follow"] = 0
    standardize: Annotated[bool, FLAG, "inputs with mean 0 and standard deviation 1"] = True
    init: Annotated[str | None, INIT, "first parameters; None is each framework's own"] = None
    zero_bias: Annotated[bool, FLAG, "zero biases with Xavier's weights, not normal ones"] = False
    recorded: Annotated[str, RECORDED, "when Table III's error rates are read"] = "program"
    moved_test: Annotated[bool, FLAG, "test points moved in every tenth run of PyTorch"] = True
    per_sample: Annotated[bool, FLAG, "minidl takes the samples one by one (slow)"] = False
    dtype: Annotated[torch.dtype, rules.DTYPE, "precision"] = torch.float64

    @classmethod
    def as_printed(cls, **changes):
        """Make the setting that the paper's prose describes, where it is silent the usual one.

        Raw inputs, zero biases behind Xavier's weights, error rates after the last epoch, and
        all test points where they were; ``changes`` are further fields.
        """
        prose = {"standardize": False, "zero_bias": True, "recorded": "end", "moved_test": False}
        return cls(**prose | changes)

    @takes(framework=FRAMEWORK, data=ONE_OF("train", "test"))
    def epochs_trained(self, framework, data):
        """Count the epochs behind a framework's error rate in Table III, on train or test data."""
        late = self.recorded == "end" or (framework, data) == ("torch", "train")
        return self.epochs if late else self.epochs - 1

    @takes(framework=FRAMEWORK)
    def layout(self, framework):
        """Return what :func:`paper_network` is to be told of a framework's network."""
        init = self.init or ("torch" if framework == "torch" else "xavier")
        if init == "xavier" and not self.zero_bias:
            init = "xavier_all"
        return {"width": self.width, "layers": self.layers, "init": init, "dtype": self.dtype}

    @takes(framework=FRAMEWORK, generator=GENERATOR)
    def network(self, framework, generator):
        """Build a framework's untrained network as a :class:`minidl.Sequential`."""
        return paper_network(**self.layout(framework), generator=generator)
