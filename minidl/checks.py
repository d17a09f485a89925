"""What may be given to a function: the one place where arguments are checked.

The functions themselves hold mathematics only.  They call a ``check_…`` first, or
are decorated by ``@checked``, so that a wrong argument is named before anything
has changed.  What is asked of a whole network is in ``network_checks.py``.
"""

import math
from functools import wraps

import torch


def describe(value):
    """Say in a few words what a value is: its dtype and shape if it is a tensor."""
    if isinstance(value, torch.Tensor):
        dtype = _name(value.dtype)
        article = "an" if dtype.startswith("int") else "a"
        device = "" if value.device.type == "cpu" else f" on {value.device}"
        return f"{article} {dtype} tensor of shape {tuple(value.shape)}{device}"
    return f"{short(value)} of type {type(value).__name__}"


def short(value):
    """Write a value on one line, cut where it is long."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else text[:60] + " …"


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
    if not isinstance(value, torch.Tensor):
        error, wanted = TypeError, "a tensor"
    elif not value.is_floating_point():
        error, wanted = TypeError, "a floating-point tensor"
    elif shape is not None and value.shape != shape and not _fits(value.shape, shape):
        sizes = ", ".join(map(str, shape))
        error, wanted = ValueError, f"shape ({sizes}{',' if len(shape) == 1 else ''})"
    elif like is not None and value.dtype != like.dtype:
        error, wanted = TypeError, f"dtype {_name(like.dtype)}"
    elif like is not None and value.device != like.device:
        error, wanted = ValueError, f"a tensor on {like.device}"
    elif value.requires_grad:
        error, wanted = ValueError, f"one that does not require grad: pass {name}.detach()"
    else:
        return
    raise error(f"{owner}: {name} is {describe(value)}, wanted {wanted}")


def _name(dtype):
    return str(dtype).removeprefix("torch.")


def _fits(sizes, wanted):
    if len(sizes) != len(wanted):
        return False
    for size, want in zip(sizes, wanted, strict=True):
        if size != want and not isinstance(want, str):
            return False
    return True


def check_values(owner, name, value):
    """Refuse a tensor on the device "meta", which has a shape but no numbers."""
    if value.is_meta:
        raise ValueError(f"{owner}: {name} is {describe(value)}, wanted one that holds numbers")


def check_finite(owner, name, value):
    """Refuse a tensor that holds infinite numbers or NaN."""
    check_values(owner, name, value)
    if not value.isfinite().all():
        raise ValueError(f"{owner}: {name} holds infinite numbers or NaN")


def check_float64(owner, name, value, shape=None):
    """Refuse a value that is not a finite float64 tensor in main memory."""
    check_tensor(owner, name, value, shape=shape, like=torch.empty(0, dtype=torch.float64))
    check_finite(owner, name, value)


def check_rows(owner, x, y):
    """Refuse two values that are not tensors with the same rows, at least one."""
    for name, value in (("x", x), ("y", y)):
        if not isinstance(value, torch.Tensor):
            raise TypeError(f"{owner}: {name} is {describe(value)}, wanted a tensor")
        if value.dim() == 0:
            raise ValueError(f"{owner}: {name} is {describe(value)}, wanted one with rows")
        if value.requires_grad:
            raise ValueError(f"{owner}: {name} requires grad: pass {name}.detach()")
    if len(x) != len(y):
        raise ValueError(f"{owner}: x has {len(x)} rows and y has {len(y)}")
    if len(x) == 0:
        raise ValueError(f"{owner}: x has no rows")


def check_classes(owner, prediction, target):
    """Refuse outputs and targets, shape (N, C), that do not say a class for each sample."""
    check_tensor(owner, "prediction", prediction, shape=("N", "C"))
    check_tensor(owner, "target", target, shape=prediction.shape)
    if prediction.numel() == 0:
        raise ValueError(f"{owner}: prediction is {describe(prediction)}: it is empty")
    for name, value in (("prediction", prediction), ("target", target)):
        check_values(owner, name, value)
        if value.isnan().any():
            raise ValueError(f"{owner}: {name} holds NaN")


def check_labels(owner, labels, num_classes):
    """Refuse labels that are not whole numbers from 0 on, below the number of classes."""
    if not isinstance(labels, torch.Tensor) or labels.dtype != torch.int64:
        raise TypeError(f"{owner}: labels is {describe(labels)}, wanted an int64 tensor")
    if labels.dim() != 1:
        raise ValueError(f"{owner}: labels is {describe(labels)}, wanted shape (N,)")
    if labels.device.type != "cpu":
        raise ValueError(f"{owner}: labels is {describe(labels)}, wanted a tensor on cpu")
    if labels.numel() and not 0 <= labels.min() <= labels.max() < num_classes:
        raise ValueError(
            f"{owner}: labels run from {labels.min()} to {labels.max()}, "
            f"wanted 0 to {num_classes - 1}"
        )


def check_count(owner, name, value, *, least=1, most=math.inf):
    """Refuse a value that is not a whole number of at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{owner}: {name} is {describe(value)}, wanted a whole number, an int")
    if value < least:
        raise ValueError(f"{owner}: {name} is {value}, wanted {least} or more")
    if value > most:
        raise ValueError(f"{owner}: {name} is {value}, wanted {most} or less")


def check_number(owner, name, value, *, above=None):
    """Refuse a value that is not a finite number of at least 0, or above ``above``."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{owner}: {name} is {describe(value)}, wanted a number, float or int")
    too_small = value < 0 if above is None else value <= above
    if too_small or not value < math.inf:
        wanted = "0 or more" if above is None else f"above {above}"
        raise ValueError(f"{owner}: {name} is {value}, wanted a finite number, {wanted}")


def check_choice(owner, name, value, choices):
    """Refuse a value that is none of the choices."""
    if not any(type(value) is type(choice) and value == choice for choice in choices):
        wanted = " or ".join(repr(choice) for choice in choices)
        raise ValueError(f"{owner}: {name} is {short(value)}, wanted {wanted}")


def check_flag(owner, name, value):
    """Refuse a value that is neither True nor False."""
    if not isinstance(value, bool):
        raise TypeError(f"{owner}: {name} is {describe(value)}, wanted True or False")


def check_dtype(owner, value):
    """Refuse a dtype that is neither float32 nor float64."""
    check_choice(owner, "dtype", value, (torch.float32, torch.float64))


def check_generator(owner, value):
    """Refuse a value that is neither a ``torch.Generator`` nor None."""
    if value is not None and not isinstance(value, torch.Generator):
        raise TypeError(f"{owner}: generator is {describe(value)}, wanted a torch.Generator")


def check_callable(owner, name, value):
    """Refuse a value that cannot be called."""
    if not callable(value):
        raise TypeError(f"{owner}: {name} is {describe(value)}, wanted a function")


def check_scalar(owner, f, x):
    """Refuse a function that gives something other than a number for ``x``."""
    check_callable(owner, "f", f)
    value = f(x)
    number = isinstance(value, int | float) or (
        isinstance(value, torch.Tensor) and value.dim() == 0
    )
    if not number:
        raise TypeError(
            f"{owner}: f(x) is {describe(value)}, wanted a number or a tensor of shape ()"
        )


def check_instance(owner, name, value, kind):
    """Refuse a value that is no instance of a class."""
    if not isinstance(value, kind):
        raise TypeError(f"{owner}: {name} is {describe(value)}, wanted a {kind.__name__}")


def check_list(owner, name, value):
    """Refuse a value that is neither a list nor a tuple."""
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"{owner}: {name} is {describe(value)}, wanted a list")


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
            check_input(self, x)
            return method(self, x)

    elif arguments == ("x", "y", "grad"):

        @wraps(method)
        def wrapper(self, x, y, grad):
            check_input(self, x)
            shape = output_shape(self, x)
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


def check_input(module, x):
    """Check x against a module: (N, in_features), or any shape if it works elementwise."""
    shape = None if module.in_features is None else ("N", module.in_features)
    check_tensor(module, "x", x, shape=shape, like=getattr(module, "weight", None))


def output_shape(module, x):
    """Shape of what a module whose methods are checked makes of x."""
    return x.shape if module.out_features is None else (x.shape[0], module.out_features)
