"""What the experiment is: the network, and everything that its authors chose."""

from dataclasses import dataclass, replace

import torch

from ..activations import ReLU
from ..linear import START, Linear
from ..rules import COUNT, DTYPE, FLAG, FLOAT, FROM_ZERO, GENERATOR, NOT_NEGATIVE, ONE_OF, takes
from ..sequential import Sequential

FRAMEWORK = ONE_OF("minidl", "torch", "own")


@takes(width=COUNT, layers=FROM_ZERO, init=START, generator=GENERATOR, dtype=FLOAT)
def paper_network(width=25, layers=4, *, init="xavier", generator=None, dtype=None):
    """Build the paper's network: two inputs, hidden linear layers with ReLU, two outputs.

    ``init``, ``generator`` and ``dtype`` are those of each :class:`Linear`, from the input on.
    """
    options = {"init": init, "generator": generator, "dtype": dtype}
    modules = []
    in_features = 2
    for _ in range(layers):
        modules += [Linear(in_features, width, **options), ReLU()]
        in_features = width
    modules.append(Linear(in_features, 2, **options))
    return Sequential(modules)


def seeds_fit(owner, seed, repeats, **_):
    """Refuse a first seed from which the last repetition's would be too large for PyTorch."""
    if seed + repeats > 2**63:
        raise ValueError(f"{owner}: seed is {seed}, wanted {2**63 - repeats} or less")


FIELDS = {"epochs": COUNT, "lr": NOT_NEGATIVE, "batch_size": COUNT, "n_train": COUNT}
FIELDS |= {"n_test": COUNT, "width": COUNT, "layers": COUNT, "repeats": COUNT, "seed": FROM_ZERO}
FIELDS |= {"standardize": FLAG, "init": replace(ONE_OF("xavier", "torch"), optional=True)}
FIELDS |= {"zero_bias": FLAG, "recorded": ONE_OF("program", "end"), "moved_test": FLAG}
FIELDS |= {"per_sample": FLAG, "dtype": DTYPE}


@takes(seeds_fit, **FIELDS)
@dataclass(frozen=True)
class Setting:
    """The experiment as its authors' program does it: Table II of the paper, and the rest.

    :meth:`as_printed` is the experiment as one has to read it from the paper alone.

    Parameters
    ----------
    epochs
        Times through the training data.
    lr
        The learning rate η.
    batch_size
        Samples to a mini-batch.
    n_train
        Training samples; the paper's 1000 are 1000 of each.
    n_test
        Test samples.
    width
        Size of the hidden linear layers, each followed by a ReLU.
    layers
        Number of hidden layers.
    repeats
        How often the experiment is done, each time with new data and parameters.
    seed
        That of the first repetition; the next ones follow.
    standardize
        Whether the inputs have mean 0 and standard deviation 1.
    init
        First parameters; None is each framework's own: Xavier for minidl, PyTorch's default
        for PyTorch.
    zero_bias
        Whether Xavier's start has zero biases.  In the program they are normal, with
        the standard deviation of their layer's weights.
    recorded
        When Table III reads the error rates.  The program measures before each epoch,
        so that its last figures are those after 19 of 20, with one exception: PyTorch's
        errors on training data, after each epoch.  "end": all after the last epoch.
    moved_test
        Whether PyTorch's error on test data in Table III is, in the first of every ten
        repetitions, that on points moved to the unit square.  The program draws Figure 1
        in its first repetition, between the two frameworks, and the function that draws
        rescales the test points in place.  Figure 2 is of a version that did not draw.
    per_sample
        Whether minidl takes the samples one by one, as the program does (slow).
    dtype
        float64, so that the results are the same on every machine.

    References
    ----------
    The program: github.com/grallH/deep_learning_project1, folder Proj2, commit dca98a0
    of 2019-05-17.
    """

    epochs: int = 20
    lr: float = 0.1
    batch_size: int = 100
    n_train: int = 1000
    n_test: int = 1000
    width: int = 25
    layers: int = 4
    repeats: int = 10
    seed: int = 0
    standardize: bool = True
    init: str | None = None
    zero_bias: bool = False
    recorded: str = "program"
    moved_test: bool = True
    per_sample: bool = False
    dtype: torch.dtype = torch.float64

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
