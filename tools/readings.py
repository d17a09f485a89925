"""Try all readings of the paper, as chapter 7 shows them: networks are trained as stacks.

``python tools/readings.py --store`` takes four minutes, and writes minidl/paper/readings.json.
"""

import argparse
import json
import math
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from minidl.data import RADIUS, disc, one_hot
from minidl.linear import xavier_std
from minidl.paper import FIGURE2, FRAMEWORKS, TABLE3, Setting
from minidl.paper.experiment import unit_square
from minidl.paper.results import std_of_chance

STORED = Path(__file__).parents[1] / "minidl" / "paper" / "readings.json"
READINGS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
#: The paper's mean error rates in per cent: Table III, and where Figure 2 ends.
_ENDS = [100 * FIGURE2[framework, f"{data}_error"][0][-1] for framework, data in TABLE3]
PAPER = torch.tensor([[mean for mean, _ in TABLE3.values()], _ENDS])
#: What may be done to the inputs, given stacks of training and of test points.
INPUTS = {
    "raw": lambda x, test: (x, test),
    "standardised": lambda x, test: (_scale(x, x), _scale(test, x)),
    "by columns": lambda x, test: (_scale(x, x, 1), _scale(test, x, 1)),
    "by own numbers": lambda x, test: (_scale(x, x), _scale(test, test)),
    "test raw": lambda x, test: (_scale(x, x), test),
    "[0, 1]": lambda x, test: ((x + 1) / 2, (test + 1) / 2),
    "quarter": lambda x, test: (x.abs(), test.abs()),
}


def _scale(x, by, dims=(1, 2)):
    return (x - by.mean(dims, keepdim=True)) / by.std(dims, keepdim=True)


@dataclass(frozen=True)
class Reading(Setting):
    """A setting, and what else a reading may change."""

    inputs: str | None = None  # of INPUTS; None is as ``standardize`` says
    train_radius: float = RADIUS
    test_radius: float = RADIUS
    biases: str | None = None  # their start, if not that of the weights
    train_biases: bool = True
    resize: bool = False  # PyTorch's weights to the standard deviation of Xavier's
    zero_grad: str = "batch"
    shuffle: bool = False
    folds: int = 1  # data sets that a network meets, one after the other
    shared: str | None = None  # "data" or "start": all runs have the first one's

    def draw(self, framework):
        """Draw all runs, as :func:`run` does: x, y, x_test, y_test, weight, bias, weight and on."""
        runs = []
        for seed in range(self.seed, self.seed + self.repeats):
            run, generator = [], torch.Generator().manual_seed(seed)
            for n, r in ((self.n_train, self.train_radius), (self.n_test, self.test_radius)):
                x, labels = disc(n, generator=generator, radius=r, dtype=self.dtype)
                run += [x, one_hot(labels, 2, self.dtype)]
            run += [pair[0] for pair in self.network(framework, generator).param()]
            if self.biases:
                other = replace(self, init=self.biases).network(framework, generator)
                run[5::2] = [pair[0] for pair in other.param()[1::2]]
            for weight in run[4::2] if self.resize else []:
                weight.mul_(xavier_std(*weight.shape) * math.sqrt(3 * weight.shape[1]))
            first = {None: slice(0), "data": slice(4), "start": slice(4, None)}[self.shared]
            run[first] = (runs or [run])[0][first]
            runs.append(run)
        return [torch.stack(tensors) for tensors in zip(*runs, strict=True)]

    def train(self, stack, x, y):
        """Train in place with chapter 8's gradients; yield 0, and the number of each epoch."""
        n, kept, generator = x.shape[1], None, torch.Generator().manual_seed(self.seed)
        yield 0
        for epoch in range(self.epochs):
            order = torch.randperm(n, generator=generator) if self.shuffle else torch.arange(n)
            batches = [part[:, order].split(self.batch_size, 1) for part in (x, y)]
            for batch, (x_batch, y_batch) in enumerate(zip(*batches, strict=True)):
                outputs, grads = forward(stack, x_batch), []
                grad = 2 * (outputs[-1] - y_batch) / y_batch[0].numel()
                for weight, x_layer in zip(stack[-2::-2], outputs[-2::-1], strict=True):
                    bias_grad = grad.sum(1) * self.train_biases
                    grads = [grad.transpose(1, 2) @ x_layer, bias_grad, *grads]
                    grad = (grad @ weight) * x_layer.sign()
                if {"batch": 0, "epoch": batch, "never": epoch + batch}[self.zero_grad]:
                    grads = [old + new for old, new in zip(kept, grads, strict=True)]
                kept = grads
                for parameter, grad in zip(stack, grads, strict=True):
                    parameter.sub_(grad, alpha=self.lr)
            yield epoch + 1


def forward(stack, x):
    """Return the inputs and every layer's outputs."""
    outputs = [x]
    for weight, bias in zip(stack[::2], stack[1::2], strict=True):
        y = torch.baddbmm(bias[:, None], outputs[-1], weight.transpose(1, 2))
        outputs.append(y if weight is stack[-2] else y.clamp_(min=0))
    return outputs


def error_rates(reading, framework):
    """Return each run's error rates [%], train and test, (2, repeats); NaN if it diverged."""
    x, y, x_test, y_test, *start = reading.draw(framework)
    x, x_test = INPUTS[reading.inputs or ("raw", "standardised")[reading.standardize]](x, x_test)
    if reading.moved_test and framework == "torch":
        x_test = torch.stack([x if r % 10 else unit_square(x) for r, x in enumerate(x_test)])
    rates = torch.zeros(2, reading.repeats, dtype=torch.float64)
    for fold in range(min(reading.folds, reading.repeats)):
        runs = torch.arange(reading.repeats)[fold :: reading.folds]
        for rows in runs.split(max(1, 800 // reading.batch_size)):  # as many as a cache holds
            stack = [tensor[rows - fold] for tensor in start]
            for epoch in reading.train(stack, x[rows], y[rows]):
                for i, (points, target) in enumerate([(x, y), (x_test, y_test)]):
                    if epoch == reading.epochs_trained(framework, ("train", "test")[i]):
                        output = forward(stack, points[rows])[-1]
                        wrong = (output.argmax(2) != target[rows].argmax(2)).double().mean(1)
                        rates[i, rows] = 100 * wrong.where(output.sum((1, 2)).isfinite(), math.nan)
            for tensor, trained in zip(start, stack, strict=True):
                tensor[rows - fold] = trained
    return rates


def try_reading(name, repeats=100, **changes):
    """Try a reading; return a row of figures in per cent, in the order of Table III.

    ``off`` are its distances from Table III and from the ends of Figure 2: the root mean
    square of the four (our mean − the paper's), each in standard errors of ten such runs
    against ours, s·√(1/10 + 1/repeats), s without moved runs.  Runs that ``diverged`` are left out.
    """
    options = {"repeats": repeats, "dtype": "float64", **READINGS[name], **changes}
    reading = Reading.as_printed(**options | {"dtype": getattr(torch, options["dtype"])})
    rates = torch.cat([error_rates(reading, framework) for framework in FRAMEWORKS])
    rates = rates[:, rates.isfinite().all(0)]
    row = {"name": name, "changes": READINGS[name], "diverged": repeats - len(rates[0])}
    if len(rates[0]) < 2:
        return row | {"mean": None, "std": None, "off": None}
    mean, std, chance = rates.mean(1), rates.std(1), std_of_chance(rates, reading.moved_test)
    off = (mean - PAPER) / (chance * math.sqrt(1 / 10 + 1 / len(rates[0])))
    figures = {"mean": mean, "std": std, "off": off.square().mean(1).sqrt()}
    return row | {key: value.round(decimals=2).tolist() for key, value in figures.items()}


def main(arguments=None):
    """Try all readings, print a line for each, and store them if that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", action="store_true")
    options, lines = parser.parse_args(arguments), []
    for name in READINGS:
        lines.append(json.dumps(try_reading(name), ensure_ascii=False))
        print(lines[-1], flush=True)
    if options.store:
        record = {"torch": torch.__version__, "seeds": [0, 99]}
        rows = ",\n".join(lines)  # a reading on each, so that a change of one is seen
        text = f'{json.dumps(record)[:-1]}, "rows": [\n{rows}\n]}}\n'
        STORED.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
