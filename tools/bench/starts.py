"""Train the paper's network from four starts, many times, and say on what machine.

::

    python tools/bench/starts.py            # two hundred seeds, a minute or two
    python tools/bench/starts.py --seeds 1600 --store

Xavier's weights or PyTorch's default ones, with Xavier's biases or the default ones: test
errors in three settings, with a step after each mini-batch; and for the two programs' own
starts with a step after each sample, in which rounding errors grow until no two kinds of
processor agree on single runs.  Chapter 8 shows what is stored.
"""

import argparse
import json
from pathlib import Path

import torch
from bench import machine

from minidl import MSELoss, error_rate, fit, standardize
from minidl.data import disc_fold
from minidl.paper import Setting

STORED = Path(__file__).resolve().parents[2] / "minidl" / "teaching" / "starts.json"
SETTINGS = {
    "program": Setting(),
    "raw inputs": Setting(standardize=False),
    "as printed": Setting.as_printed(),
}


def draw(setting, seed, init):
    """Draw the data and an untrained network of one seed, as an experiment does."""
    generator = torch.Generator().manual_seed(seed)
    fold = disc_fold(setting.n_train, setting.n_test, generator=generator, dtype=setting.dtype)
    return fold, setting.network({"xavier": "minidl", "torch": "torch"}[init], generator)


def final_error(setting, seed, weights, biases, batch_size=100):
    """Train a network with the weights of one start and the biases of another."""
    fold, network = draw(setting, seed, weights)
    _, other = draw(setting, seed, biases)
    for ours, theirs in zip(network.modules[::2], other.modules[::2], strict=True):
        ours.bias.copy_(theirs.bias)
    x_train, x_test = fold.x_train, fold.x_test
    if setting.standardize:
        x_train, x_test = standardize(x_train, x_test)
    options = {"epochs": setting.epochs, "batch_size": batch_size, "lr": setting.lr}
    fit(network, MSELoss(), x_train, fold.y_train, errors=False, **options)
    return round(100 * error_rate(network.forward(x_test), fold.y_test), 6)


def share(cells):
    """Return the weights' share of the gap; cells, (2, 2, …), are mean errors."""
    weights = cells[1, 0] - cells[0, 0] + cells[1, 1] - cells[0, 1]
    return weights / (2 * (cells[1, 1] - cells[0, 0]))


def summary(errors):
    """Average errors (2, 2, seeds); the gap and the weights' share, with bootstrap errors."""
    n = errors.shape[2]
    generator = torch.Generator().manual_seed(0)
    drawn = torch.rand(4000, n, generator=generator).mul(n).long()
    again = torch.stack([errors[:, :, seeds].mean(2) for seeds in drawn], 2)
    means = errors.mean(2)
    found = {
        "mean": means.flatten(),
        "standard error": (errors.std(2) / n**0.5).flatten(),
        "gap": torch.stack([means[1, 1] - means[0, 0], (again[1, 1] - again[0, 0]).std()]),
        "weights": torch.stack([share(means), share(again).std()]),
    }
    return {name: [round(x, 4) for x in values.tolist()] for name, values in found.items()}


def main():
    """Measure, print, and store what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--store", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    kinds = ("xavier", "torch")
    results = {"machine": machine(), "seeds": options.seeds}
    for name, setting in SETTINGS.items():
        errors = [
            [[final_error(setting, s, w, b) for s in range(options.seeds)] for b in kinds]
            for w in kinds
        ]
        results[name] = summary(torch.tensor(errors, dtype=torch.float64))
        print(name, results[name], flush=True)
    seeds = range(min(100, options.seeds))
    results["a step after each sample"] = {
        kind: [final_error(Setting(), seed, kind, kind, batch_size=1) for seed in seeds]
        for kind in kinds
    }
    print(results["a step after each sample"])
    if options.store:
        STORED.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
