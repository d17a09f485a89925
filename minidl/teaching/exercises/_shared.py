"""What the exercises of several chapters have in common: numbers, oracles, kinds of cases."""

import torch

from ..exercise import Case, as_number
from ..probe import Failure


def randn(*shape, seed, dtype=torch.float64):
    """Draw normal numbers, the same on every run and on every machine."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)


def autograd(function, *tensors, grad=None):
    """The oracle of every backward: autograd's gradients with respect to these tensors."""
    leaves = [tensor.detach().clone().requires_grad_() for tensor in tensors]
    function(*leaves).backward(grad)
    return [leaf.grad for leaf in leaves]


def returns(label, name, arguments, expect, hint="", *, tol=1e-9, number=False, **options):
    """Make a case of a function: for these arguments it returns what ``expect()`` does.

    With ``number`` any kind of number will do, a tensor with one element as well; else what
    ``expect()`` returns says what is asked.  Lists must stay as they are.
    """

    def run(function, probe):
        given = [list(value) if isinstance(value, list) else value for value in arguments]
        value = probe(function, *given, **options)
        for argument, before in zip(given, arguments, strict=True):
            if isinstance(before, list) and argument != before:
                said = f"`{function.__name__}` changes the list that it is given"
                raise Failure(
                    ("changed", "list"), said, "`list(…)` copies it. Or is its order wanted?"
                )
        return {name: as_number(name, value) if number else value}

    return Case(label, run, lambda: {name: expect()}, hint, tol)


def remembers_nothing(build, function, *batches, parameters=(), hint="", tol=1e-9):
    """Make the case forward(a), forward(b), backward(a), backward(b) of a class.

    Parameters
    ----------
    build : callable
        ``build(cls, probe)`` makes the module.
    function : callable
        The oracle: ``function(*inputs, *parameters)``, for autograd.
    *batches : tuple
        ``(inputs, grad)`` of each, ``inputs`` a tuple; ``grad`` is None for a loss, which is
        given nothing else on the way back.
    parameters : tuple
        What ``module.param()`` holds, in its order.
    """

    def run(cls, probe):
        module = build(cls, probe)
        ys = [probe(module.forward, *inputs) for inputs, _ in batches]
        values = {}
        for k, ((inputs, grad), y) in enumerate(zip(batches, ys, strict=True)):
            given = inputs if grad is None else (*inputs, y, grad)
            values[f"backward's result for batch {k + 1}"] = probe(module.backward, *given)
        for k, (_, stored) in enumerate(module.param() if parameters else ()):
            values[f"stored gradient {k}, from both batches"] = stored
        return values

    def expect():
        found = [autograd(function, *inputs, *parameters, grad=grad) for inputs, grad in batches]
        values = {f"backward's result for batch {k + 1}": g[0] for k, g in enumerate(found)}
        for k in range(len(parameters)):
            sums = sum(grads[len(grads) - len(parameters) + k] for grads in found)
            values[f"stored gradient {k}, from both batches"] = sums
        return values

    label = "nothing is remembered between calls: two batches forward, then both backward"
    return Case(label, run, expect, hint, tol)
