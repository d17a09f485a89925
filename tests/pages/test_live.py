"""The network of the live figures is the book's, number for number."""

import math

import pytest
import torch
from notebooks import ROOT

import minidl
from minidl.paper.setting import Setting

NETWORK = ROOT / "book" / "_static" / "live" / "network.js"
TRAIN = """([layers, x, y, epochs, options]) => {
  const matrix = (rows) => minidl.matrix(rows.length, rows[0].length, rows.flat());
  const modules = layers.flatMap(([weight, bias, bend]) => {
    const layer = new minidl.Linear(weight[0].length, weight.length);
    layer.weight.set(weight.flat());
    layer.bias.set(bias);
    return bend ? [layer, new minidl[bend]()] : [layer];
  });
  const model = new minidl.Sequential(modules), loss = new minidl.MSELoss();
  [x, y] = [matrix(x), matrix(y)];
  const rate = () => minidl.errorRate(model.forward(x), y);
  const losses = [], errors = [rate()];
  for (let epoch = 0; epoch < epochs; epoch++) {
    losses.push(minidl.trainEpoch(model, loss, x, y, options));
    errors.push(rate());
  }
  const parameters = model.param().map(([parameter]) => Array.from(parameter));
  return [losses, errors, parameters];
}"""


@pytest.fixture
def page(browser):
    """An empty page that knows the network."""
    page = browser.new_page()
    page.add_script_tag(path=NETWORK)
    yield page
    page.close()


@pytest.mark.parametrize("bend", [minidl.ReLU, minidl.Tanh, minidl.Sigmoid])
@pytest.mark.parametrize("batch_size", [100, 7])
def test_twenty_epochs_are_the_same(page, bend, batch_size):
    """Losses, parameters and error counts, from equal parameters; the last batch is ragged."""
    generator = torch.Generator().manual_seed(0)
    x, y, *_ = minidl.disc_fold(300, 1, generator=generator, dtype=torch.float64)
    network = Setting().network("minidl", generator)
    for k in range(1, len(network.modules), 2):
        network.modules[k] = bend()
    layers = [
        [layer.weight.tolist(), layer.bias.tolist(), bend.__name__ if k < 4 else None]
        for k, layer in enumerate(network.modules[::2])
    ]
    options = {"batchSize": batch_size, "lr": 0.1}
    arguments = [layers, x.tolist(), y.tolist(), 20, options]
    losses, errors, parameters = page.evaluate(TRAIN, arguments)

    loss = minidl.MSELoss()
    history = minidl.fit(network, loss, x, y, epochs=20, batch_size=batch_size, lr=0.1)
    assert losses == pytest.approx(history.loss, abs=1e-12, rel=0)
    assert errors == history.train_error
    for theirs, (ours, _) in zip(parameters, network.param(), strict=True):
        assert theirs == pytest.approx(ours.flatten().tolist(), abs=1e-12, rel=0)


def test_its_random_numbers(page):
    """Moments of 100 000 numbers lie within 4 standard errors; starts and data are minidl's."""
    uniform, normal = page.evaluate("""() => {
      const generator = new minidl.Generator(0), n = 100000;
      return ["uniform", "normal"].map((kind) => Array.from({length: n}, () => generator[kind]()));
    }""")
    uniform, normal = torch.tensor([uniform, normal], dtype=torch.float64)
    for numbers, mean, variance in ((uniform, 1 / 2, 1 / 12), (normal, 0, 1)):
        error = math.sqrt(variance / len(numbers))
        assert abs(numbers.mean() - mean) < 4 * error
        assert abs(numbers.var() - variance) < 4 * 2 * error
        pairs = (numbers[:-1] - mean) * (numbers[1:] - mean)
        assert abs(pairs.mean()) < 4 * variance / math.sqrt(len(numbers))
