"""The network of the live figures is the book's, number for number."""

import json
import math
import re
from itertools import chain, pairwise

import pytest
import torch
from notebooks import ROOT

import minidl
from minidl.paper import figures
from minidl.paper.setting import Setting
from minidl.teaching.ring import ring_steps

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
def page(page):
    """An empty page that knows the network."""
    page.add_script_tag(path=NETWORK)
    return page


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
    """Moments of 100 000 numbers lie within 4 standard errors."""
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


LIVE = NETWORK.parent
FIGURES = sorted({path.stem for path in LIVE.glob("*.js")} - {"live", "network", "stage"})
PAGE = '<figure class="live" id="fig-live-{}"><img alt=""><figcaption>.</figcaption></figure>'


@pytest.fixture(params=FIGURES)
def figure(request, page):
    """Each figure by itself on a page, with motion as on paper: none."""
    page.emulate_media(reduced_motion="reduce")
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_content(PAGE.format(request.param))
    page.add_style_tag(path=LIVE / "live.css")
    for name in ("stage", request.param):
        page.add_script_tag(path=LIVE / f"{name}.js")
    page.wait_for_selector("figure[data-ready]")
    yield page
    assert not errors


def test_colours_are_those_of_the_printed_figures_and_can_be_seen():
    """3 to 1 for lines and 4.5 to 1 for what is written in its colour, on both grounds."""
    colors = [
        dict(re.findall(r"--live-([a-z-]+): (#\w+)", block))
        for block in (LIVE / "live.css").read_text().split("html[data-theme")[:2]
    ]
    printed = {"inside", "outside", "minidl", "torch", "gradient", "wrong", "ink", "tint"}
    for name in {*printed, "gradient-tint"}:
        assert colors[0][name] == getattr(figures, name.upper().replace("-", "_")).lower()
    for ground, shown in zip(("#ffffff", "#121212"), colors, strict=True):
        for name in (printed | {"muted"}) - {"tint"}:
            least = 3 if name in ("inside", "outside") else 4.5
            assert contrast(shown[name], ground) > least, (name, shown[name])


def contrast(*colors):
    """Return the ratio of two colours' luminances, as WCAG defines it."""
    channels = torch.tensor([[int(c[k : k + 2], 16) / 255 for k in (1, 3, 5)] for c in colors])
    linear = torch.where(channels > 0.04045, ((channels + 0.055) / 1.055) ** 2.4, channels / 12.92)
    darker, lighter = (linear @ torch.tensor([0.2126, 0.7152, 0.0722])).sort().values + 0.05
    return lighter / darker


SHOWN = """() => [...document.querySelectorAll("canvas")].map((canvas) => canvas.toDataURL()).join()
  + document.querySelector(".stage").textContent"""


def test_a_figure_answers_to_the_keyboard(figure):
    """Every dial, choice, button and handle changes what is drawn or said."""
    controls = figure.query_selector_all(".stage input:not(:checked), .stage button")
    assert controls
    for control in controls:
        if control.is_enabled():
            before = figure.evaluate(SHOWN)
            moves = control.get_attribute("type") == "range" or control.get_attribute("role")
            control.focus()
            for key in ("ArrowRight", "ArrowUp") if moves else ("Space",):
                figure.keyboard.press(key)
            assert figure.evaluate(SHOWN) != before, control.evaluate("(e) => e.outerHTML")


def test_a_vanishing_gradient_has_its_name_beside_it(page):
    """At each spread the names stand in the order of the shares, none upon another."""
    page.set_content(PAGE.format("vanish"))
    page.add_script_tag(path=LIVE / "stage.js")
    page.evaluate("""() => {
      globalThis.written = {};
      const text = live.Plot.prototype.text;
      live.Plot.prototype.text = function (word, x, y, options) {
        written[word] = y;
        text.call(this, word, x, y, options);
      };
    }""")
    page.add_script_tag(path=LIVE / "vanish.js")
    page.focus("input")
    page.keyboard.press("Home")
    for _ in range(9):
        said = page.text_content(".sentence").replace("\u00a0·\u00a010", "e")
        said = said.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
        shares = {
            name: float(share)
            for name, share in re.findall(r"(\w+) ([\d.]+(?:e-\d+)?)", said)
            if name in ("ReLU", "Tanh", "Sigmoid")
        }
        names = sorted(shares, key=shares.get, reverse=True)
        places = page.evaluate("(names) => names.map((name) => written[name])", names)
        assert len(places) == 3
        assert all(below - above >= 12 for above, below in pairwise(places)), said
        page.keyboard.press("ArrowRight")


def test_a_swipe_over_a_slider_scrolls_the_page_and_leaves_it(page):
    """The finger comes down beside the knob, where a tap would move it."""
    page.set_content('<meta name="viewport" content="width=device-width">' + PAGE.format("vanish"))
    page.add_style_tag(path=LIVE / "live.css")
    page.add_style_tag(content="body { height: 4000px }")
    for name in ("stage", "vanish"):
        page.add_script_tag(path=LIVE / f"{name}.js")
    slider = page.locator("input")
    box, before = slider.bounding_box(), slider.input_value()
    x, y = box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2
    devtools = page.context.new_cdp_session(page)
    devtools.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    for kind, far in (("touchStart", 0), *(("touchMove", 10 * k) for k in range(1, 21))):
        touch = {"type": kind, "touchPoints": [{"x": x, "y": y - far}]}
        devtools.send("Input.dispatchTouchEvent", touch)
    devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_function("() => scrollY > 0")
    assert slider.input_value() == before


def test_the_roofline_has_the_measured_numbers(page):
    """Those of minidl/teaching/speed.json."""
    page.evaluate("() => { globalThis.live = { figure() {} }; }")
    page.add_script_tag(path=LIVE / "roofline.js")
    shown = page.evaluate("live.roofline")
    measured = json.loads((ROOT / "minidl" / "teaching" / "speed.json").read_text())["roofline"]
    limits = measured[0]
    products = {
        str(row["width"]): row["microseconds"] for row in measured if row["what"] == "product"
    }
    assert shown == {
        "gflops": limits["gflops"],
        "cache": limits["cache"],
        "memory": limits["memory"],
        "batch": 100,
        "microseconds": products,
    }


@pytest.fixture
def ring(page):
    """The arithmetic of the ring's figure, by itself."""
    page.evaluate("() => { globalThis.live = { figure() {} }; }")
    page.add_script_tag(path=LIVE / "ring.js")
    return page


@pytest.mark.parametrize("workers", range(2, 7))
def test_the_ring_sums_in_even_pieces(ring, workers):
    """Every rank has the sum in the end; a step sends n/W numbers, rounded up, at most."""
    for n in range(1, 15):
        vectors = torch.randint(100, (workers, n), generator=torch.Generator().manual_seed(n))
        states = ring.evaluate("(vectors) => live.ring.steps(vectors)", vectors.tolist())
        assert len(states) == 1 + 2 * (workers - 1)
        for held, wanted in ((states[0]["held"], vectors), (states[-1]["held"], vectors.sum(0))):
            assert [list(chain(*pieces)) for pieces in held] == wanted.expand(workers, n).tolist()
        for before, after in pairwise(states):
            assert [s["rank"] for s in after["sent"]] == list(range(workers))
            assert all(s["to"] == (s["rank"] + 1) % workers for s in after["sent"])
            numbers = [len(before["held"][s["rank"]][s["piece"]]) for s in after["sent"]]
            assert sum(numbers) == n and max(numbers) == -(-n // workers)


@pytest.mark.parametrize("workers", range(2, 7))
def test_the_ring_is_that_of_its_dial_and_colours_what_is_complete(ring, workers):
    """Rank r has 2ʳ: the bits of a number say whose are in it."""
    vectors = [[2**rank] * workers for rank in range(workers)]
    states = ring.evaluate("(vectors) => live.ring.steps(vectors)", vectors)
    for state, (sent, held) in zip(states, ring_steps(vectors), strict=True):
        assert [(s["rank"], s["piece"], s["to"]) for s in state["sent"]] == sent
        assert [[piece for (piece,) in pieces] for pieces in state["held"]] == held
        assert state["ranks"] == [[number.bit_count() for number in row] for row in held]


def test_the_ring_costs_what_the_chapter_derives(ring):
    """2 (W − 1)/W · bytes / bandwidth + 2 (W − 1) · latency; naive, all bytes go each time."""
    link = {"bandwidth": 4, "latency": 0.5}
    cost = "([workers, link]) => live.ring.seconds(workers, 240, link)"
    assert ring.evaluate(cost, [2, link]) == {"ring": 60 + 1, "naive": 120 + 1}
    assert ring.evaluate(cost, [6, link]) == {"ring": 100 + 5, "naive": 600 + 5}


def test_the_scaling_is_the_cost_model(page):
    """240 parameters are 960 bytes."""
    page.evaluate("() => { globalThis.live = { figure() {} }; }")
    page.add_script_tag(path=LIVE / "scaling.js")
    model = {"seconds": 6, "parameters": 240, "bandwidth": 96, "latency": 0.5}
    cost = "([workers, model]) => live.scaling(workers, model)"
    assert page.evaluate(cost, [1, model]) == [6, 0, 0]
    assert page.evaluate(cost, [4, model]) == [1.5, 15, 3]
