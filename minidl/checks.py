"""What may go into a module or a loss: the one place where arguments are checked.

The methods themselves hold mathematics only.  ``@checked`` above a method looks
at its arguments first, so that a wrong one is named before anything has changed.
"""

import math
from functools import wraps

import torch


def describe(value):
    """Say in a few words what a value is: its dtype and shape if it is a tensor."""
    if isinstance(value, torch.Tensor):
        dtype = str(value.dtype).removeprefix("torch.")
        device = "" if value.device.type == "cpu" else f" on {value.device}"
        return f"a {dtype} tensor of shape {tuple(value.shape)}{device}"
    return f"{value!r} of type {type(value).__name__}"


def check_tensor(owner, name, value, *, shape=None, like=None):
    """Refuse a value that is not a floating-point tensor of the wanted kind.

    Parameters
    ----------
    owner : object
        Who asks; its ``str`` opens the message.
    name : str
        The argument's name.
    value : object
        What was given.
    shape : tuple of (int or str), optional
        The wanted shape.  A string stands for any size and names it: ``("N", 2)``.
    like : torch.Tensor, optional
        A tensor whose dtype and device the value must share.

    Raises
    ------
    TypeError
        If the value is no tensor or has the wrong dtype.
    ValueError
        If it has the wrong shape, lies on the wrong device or requires grad.
    """

    def refuse(error, wanted):
        raise error(f"{owner}: {name} is {describe(value)}, wanted {wanted}")

    if not isinstance(value, torch.Tensor):
        refuse(TypeError, "a tensor")
    if not value.is_floating_point():
        refuse(TypeError, "a floating-point tensor")
    if shape is not None and not _fits(value.shape, shape):
        sizes = ", ".join(str(size) for size in shape)
        refuse(ValueError, f"shape ({sizes}{',' if len(shape) == 1 else ''})")
    if like is not None:
        if value.dtype != like.dtype:
            refuse(TypeError, f"dtype {str(like.dtype).removeprefix('torch.')}")
        if value.device != like.device:
            refuse(ValueError, f"a tensor on {like.device}")
    if value.requires_grad:
        refuse(ValueError, f"one that does not require grad: pass {name}.detach()")


def _fits(sizes, wanted):
    return len(sizes) == len(wanted) and all(
        isinstance(want, str) or size == want for size, want in zip(sizes, wanted, strict=True)
    )


def check_count(owner, name, value, *, least=1):
    """Refuse a value that is not a whole number of at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{owner}: {name} is {describe(value)}, wanted a whole number")
    if value < least:
        raise ValueError(f"{owner}: {name} is {value}, wanted {least} or more")


def check_number(owner, name, value, *, above=None):
    """Refuse a value that is not a finite number of at least 0, or above ``above``."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{owner}: {name} is {describe(value)}, wanted a number")
    too_small = value < 0 if above is None else value <= above
    if too_small or not value < float("inf"):
        wanted = "0 or more" if above is None else f"above {above}"
        raise ValueError(f"{owner}: {name} is {value}, wanted a finite number, {wanted}")


def check_choice(owner, name, value, choices):
    """Refuse a value that is none of the choices."""
    if value not in choices:
        wanted = " or ".join(repr(choice) for choice in choices)
        raise ValueError(f"{owner}: {name} is {value!r}, wanted {wanted}")


def check_generator(owner, value):
    """Refuse a value that is neither a ``torch.Generator`` nor None."""
    if value is not None and not isinstance(value, torch.Generator):
        raise TypeError(f"{owner}: generator is {describe(value)}, wanted a torch.Generator")


def check_modules(owner, modules):
    """Refuse a list with an entry that lacks one of a module's five methods."""
    for index, module in enumerate(modules):
        for method in ("forward", "backward", "gradient_step", "zero_grad", "param"):
            if not callable(getattr(module, method, None)):
                raise TypeError(f"{owner}: modules[{index}] is {module!r}, which has no {method}()")


def check_outputs(owner, outputs, modules):
    """Refuse a list of outputs that has not the input and one entry for each module."""
    if len(outputs) != len(modules) + 1:
        raise ValueError(
            f"{owner}: outputs has {len(outputs)} entries, "
            f"wanted {len(modules) + 1}: the input and one for each module"
        )


def locate(error, modules, index):
    """Add a note to an error: in which module of a list it was raised."""
    error.add_note(
        f"raised in modules[{index}], number {index + 1} of {len(modules)}: {modules[index]!r}"
    )


def check_loss(value, batch, lr, epoch=None):
    """Stop a training whose loss has become infinite or not a number."""
    if not math.isfinite(value):
        place = f"mini-batch {batch}" if epoch is None else f"epoch {epoch}, mini-batch {batch}"
        raise FloatingPointError(
            f"{place}: the loss is {value}, with learning rate {lr}; "
            "the steps are probably too large, try a smaller learning rate"
        )


def checked(method):
    """Check the tensors given to a ``forward`` or ``backward`` before it runs.

    Decorates the methods of modules, ``forward(x)`` and ``backward(x, y, grad)``,
    and of losses, ``forward(prediction, target)`` and ``backward(prediction, target)``.
    The undecorated method stays at hand as ``method.__wrapped__``.
    """
    arguments = method.__code__.co_varnames[1 : method.__code__.co_argcount]

    if arguments == ("x",):

        @wraps(method)
        def wrapper(self, x):
            _check_input(self, x)
            return method(self, x)

    elif arguments == ("x", "y", "grad"):

        @wraps(method)
        def wrapper(self, x, y, grad):
            _check_input(self, x)
            shape = x.shape if self.out_features is None else (x.shape[0], self.out_features)
            check_tensor(self, "y", y, shape=shape, like=x)
            check_tensor(self, "grad", grad, shape=shape, like=x)
            return method(self, x, y, grad)

    else:

        @wraps(method)
        def wrapper(self, prediction, target):
            check_tensor(self, "prediction", prediction)
            if prediction.numel() == 0:
                raise ValueError(f"{self}: prediction is {describe(prediction)}: it is empty")
            check_tensor(self, "target", target, shape=prediction.shape, like=prediction)
            return method(self, prediction, target)

    return wrapper


def _check_input(module, x):
    """Check x against the module: (N, in_features), or any shape if it works elementwise."""
    shape = None if module.in_features is None else ("N", module.in_features)
    check_tensor(module, "x", x, shape=shape, like=getattr(module, "weight", None))
