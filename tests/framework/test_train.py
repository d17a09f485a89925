"""Training: equal to PyTorch; `test_plan.py` has its other ways."""

import pytest
import torch
from draws import generator, randn

from minidl import Linear, MSELoss, Sequential, disc_fold, error_rate, fit, standardize
from minidl.paper import Setting, fit_torch, torch_twin


def network(seed=0, **changes):
    return Setting(**changes).network("minidl", generator(seed))


def data(n=1000):
    return disc_fold(n, 200, generator=generator(100), dtype=torch.float64)


@pytest.mark.parametrize("standardized", [True, False])
@pytest.mark.parametrize("start", [{}, {"zero_bias": True}, {"init": "torch"}])
def test_the_twin_is_equal_after_twenty_epochs(start, standardized):
    model = network(**start)
    twin = torch_twin(model)
    x, y, x_test, y_test = data()
    if standardized:
        x, x_test = standardize(x, x_test)
    options = {"epochs": 20, "batch_size": 100, "lr": 0.1, "test": (x_test, y_test)}
    ours = fit(model, MSELoss(), x, y, **options)
    theirs = fit_torch(twin, x, y, **options)
    parameters = [p for p, _ in model.param()], [p.detach() for p in twin.parameters()]
    torch.testing.assert_close(*parameters, rtol=0, atol=1e-12)
    assert ours.loss == pytest.approx(theirs.loss, abs=1e-12)
    assert ours.train_error == theirs.train_error
    assert ours.test_error == theirs.test_error
    assert (len(ours.loss), len(ours.train_error), len(ours.test_error)) == (20, 21, 21)


def test_history_is_the_loss_before_each_step_and_the_errors_before_and_after_the_epoch():
    fold = data(50)
    model, before = network(2), network(2)
    loss = MSELoss()
    history = fit(model, loss, fold.x_train, fold.y_train, epochs=1, batch_size=50, lr=0.1)
    outputs = [network.forward(fold.x_train) for network in (before, model)]
    value = loss.forward(outputs[0], fold.y_train).item()
    assert history.loss == pytest.approx([value], abs=1e-15)
    assert history.train_error == [error_rate(output, fold.y_train) for output in outputs]
    assert history.test_error == []
    options = {"epochs": 1, "batch_size": 50, "lr": 0.1, "test": fold[2:], "errors": False}
    again = fit(before, loss, fold.x_train, fold.y_train, **options)
    assert (again.loss, again.train_error, again.test_error) == (history.loss, [], [])


def test_a_single_linear_layer_reaches_the_least_squares_solution():
    x = randn(40, 3)
    y = x @ torch.tensor([[1.0, -2], [0.5, 0], [3, 1]], dtype=torch.float64) + 0.25
    layer = Linear(3, 2, dtype=torch.float64)
    fit(Sequential([layer]), MSELoss(), x, y, epochs=500, batch_size=40, lr=0.5)
    torch.testing.assert_close(layer.forward(x), y, rtol=0, atol=1e-6)
