"""What is asked of modules, losses and training data before a network is run.

What can be told beforehand is told here: once training or a backward pass is under
way, some gradients have changed when a later module refuses what it is given.
"""

import math

from .checks import (
    check_choice,
    check_count,
    check_finite,
    check_flag,
    check_generator,
    check_input,
    check_number,
    check_tensor,
    describe,
    output_shape,
)

MODULE = ("forward", "backward", "gradient_step", "zero_grad", "param")
LOSS = ("forward", "backward")


def check_methods(owner, name, value, methods):
    """Refuse a value that lacks one of the methods, or a class in an instance's place."""
    if isinstance(value, type):
        raise TypeError(
            f"{owner}: {name} is the class {value.__name__}, wanted an instance: "
            f"{value.__name__}(…)"
        )
    for method in methods:
        if not callable(getattr(value, method, None)):
            raise TypeError(f"{owner}: {name} is {describe(value)}, which has no {method}()")


def check_module(owner, name, value):
    """Refuse a value that lacks one of a module's five methods."""
    check_methods(owner, name, value, MODULE)


def check_modules(owner, modules):
    """Refuse a list with an entry that is no module."""
    for index, module in enumerate(modules):
        check_module(owner, f"modules[{index}]", module)


def is_checked(owner):
    """Whether a module or loss has ``@checked`` methods, so that what it takes is known."""
    return hasattr(getattr(type(owner), "backward", None), "__wrapped__")


def check_outputs(owner, outputs, modules, grad):
    """Refuse a list of outputs that ``forward_pass`` cannot have returned, or a wrong gradient.

    What a module would refuse in its ``backward`` is refused here, before the modules
    behind it have added to their gradients.  Of a module without ``@checked`` methods
    nothing is known, and nothing asked.
    """
    if not isinstance(outputs, (list, tuple)):
        raise TypeError(f"{owner}: outputs is {describe(outputs)}, wanted a list")
    if len(outputs) != len(modules) + 1:
        raise ValueError(
            f"{owner}: outputs has {len(outputs)} entries, "
            f"wanted {len(modules) + 1}: the input and one for each module"
        )
    for index, module in enumerate(modules):
        try:
            _check_pair(module, outputs[index], outputs[index + 1])
        except (TypeError, ValueError) as error:
            locate(error, modules, index)
            raise
    last = outputs[-1]
    check_tensor(owner, f"outputs[{len(modules)}]", last)
    check_tensor(owner, "grad", grad, shape=last.shape, like=last)


def _check_pair(module, x, y):
    """Check what went into one module, and what is said to have come out."""
    if is_checked(module):
        check_input(module, x)
        check_tensor(module, "y", y, shape=output_shape(module, x), like=x)
    elif _parts(module) is not None:
        check_tensor(module, "x", x)
        check_flow(module, module, x, y)


def _parts(module):
    """The list of modules in a ``Sequential``; None for anything else."""
    parts = getattr(module, "modules", None)
    return parts if isinstance(parts, list) else None


def follow(module, shape):
    """Say which shape comes out of a module if this one goes in; None if it is unknown.

    Raises
    ------
    ValueError
        If the shape does not fit, here or in a module further in.
    """
    parts = _parts(module)
    if parts is not None:
        for index, part in enumerate(parts):
            try:
                shape = follow(part, shape)
            except ValueError as error:
                locate(error, parts, index)
                raise
        return shape
    if shape is None or not is_checked(module):
        return None
    if module.in_features is None:
        return shape
    if len(shape) != 2 or shape[1] != module.in_features:
        raise ValueError(
            f"{module}: x has shape {tuple(shape)}, wanted shape (N, {module.in_features})"
        )
    return (shape[0], module.out_features)


def check_flow(owner, model, x, y):
    """Refuse an x that cannot go into a network, and a y that cannot come out, if one is given."""
    for parameter, _ in model.param():
        check_tensor(owner, "x", x, like=parameter)
    shape = follow(model, x.shape)
    if shape is not None and y is not None:
        check_tensor(owner, "y", y, shape=shape, like=x)


def check_samples(owner, x, y, *, names=("x", "y"), columns=("in_features", "out_features")):
    """Refuse samples and targets unless they are finite, of one dtype, and as many."""
    check_tensor(owner, names[0], x, shape=("N", columns[0]))
    check_tensor(owner, names[1], y, shape=(len(x), columns[1]), like=x)
    if len(x) == 0:
        raise ValueError(f"{owner}: {names[0]} has no rows")
    check_finite(owner, names[0], x)
    check_finite(owner, names[1], y)


def check_network(owner, model, loss):
    """Refuse a model that keeps no list of outputs, and a loss without its two methods."""
    check_methods(owner, "model", model, ("forward_pass", "backward_pass", "param"))
    check_methods(owner, "loss", loss, LOSS)


def check_training(owner, model, loss, x, y):
    """Refuse a network, a loss and data that do not go together."""
    check_network(owner, model, loss)
    check_samples(owner, x, y)
    check_flow(owner, model, x, y if is_checked(loss) else None)


def check_reduction(owner, loss):
    """Refuse a loss that does not say whether it is a mean or a sum."""
    check_choice(owner, "loss.reduction", getattr(loss, "reduction", None), ("mean", "sum"))


def check_options(owner, x, y, *, epochs, batch_size, lr, test, generator, progress):
    """Refuse what cannot be right about a training run on x and y, its test data included."""
    check_count(owner, "epochs", epochs)
    check_count(owner, "batch_size", batch_size)
    check_number(owner, "lr", lr)
    check_generator(owner, generator)
    check_flag(owner, "progress", progress)
    if test is not None:
        if not isinstance(test, (list, tuple)) or len(test) != 2:
            raise TypeError(f"{owner}: test is {describe(test)}, wanted a pair (x, y)")
        names, columns = ("test x", "test y"), (x.shape[1], y.shape[1])
        check_tensor(owner, "test x", test[0], like=x)
        check_samples(owner, *test, names=names, columns=columns)


def locate(error, modules, index):
    """Add a note to an error: in which module of a list it was raised."""
    error.add_note(
        f"raised in modules[{index}], number {index + 1} of {len(modules)}: {modules[index]!r}"
    )


def check_zero(owner, model):
    """Refuse a model whose stored gradients are not zero."""
    for index, (_, grad) in enumerate(model.param()):
        if grad.any():
            raise ValueError(
                f"{owner}: the gradient in param()[{index}] is not zero; call zero_grad() before"
            )


def check_loss(value, batch, lr, epoch=None):
    """Stop a training whose loss has become infinite or not a number."""
    if not math.isfinite(value):
        place = f"mini-batch {batch}" if epoch is None else f"epoch {epoch}, mini-batch {batch}"
        raise FloatingPointError(f"{place}: the loss is {value}, {_too_large(lr)}")


def check_prediction(prediction, epoch, lr):
    """Stop a training whose network gives infinite numbers or NaN after an epoch."""
    if not prediction.isfinite().all():
        raise FloatingPointError(
            f"epoch {epoch}, after its last mini-batch: the network's output holds infinite "
            f"numbers or NaN, {_too_large(lr)}"
        )


def _too_large(lr):
    return f"with learning rate {lr}; the steps are probably too large, try a smaller learning rate"
