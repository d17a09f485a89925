// Chapter 3: the sizes of outputs and gradients through many layers, for weights of a scale that
// the reader turns; with ReLUs between, or without.
"use strict";

live.figure("scale", (stage) => {
  const rows = 50, depths = [1, 2, 5, 10, 20, 50], widths = [5, 10, 25, 100], log = Math.log10;
  let scale = 1, depth = 3, width = 2, relu = false;

  const rms = (x) => Math.sqrt(x.reduce((sum, a) => sum + a * a, 0) / x.length);
  const normal = (generator, w) => minidl.matrix(rows, w, Array.from({ length: rows * w }, () => generator.normal()));
  const thereAndBack = () => {
    const generator = new minidl.Generator(3), w = widths[width], modules = [];
    for (let k = 0; k < depths[depth]; k++) {
      const layer = new minidl.Linear(w, w);
      minidl.start(layer, "xavier", generator);
      layer.weight.forEach((a, i) => { layer.weight[i] = scale * a; });
      modules.push(layer, ...(relu ? [new minidl.ReLU()] : []));
    }
    const outputs = new minidl.Sequential(modules).forwardPass(normal(generator, w)), grads = [normal(generator, w)];
    for (let k = modules.length - 1; k >= 0; k--) grads.unshift(modules[k].backward(outputs[k], outputs[k + 1], grads[0]));
    const each = relu ? 2 : 1;
    return [outputs, grads].map((list) => list.filter((_, k) => k % each === 0).map(rms));
  };
  const drawn = [];
  for (const [k, name, color] of [[0, "outputs, forward", "ink"], [1, "gradients, backward", "gradient"]])
    stage.picture((plot) => {
      if (k === 0) drawn.splice(0, 2, ...thereAndBack());
      const sizes = drawn[k], last = depths[depth];
      plot.frame({ x: [0, last], y: [-9, 9], ticks: [[0, last], [[-8, "10⁻⁸"], [-4, "10⁻⁴"], [0, "1"], [4, "10⁴"], [8, "10⁸"]]], labels: ["layer", name] });
      plot.line([[0, 0], [last, 0]], { color: "faint", width: 1 });
      plot.line(sizes.map((size, layer) => [layer, log(size)]), { color });
      plot.inside(() => sizes.forEach((size, layer) => plot.dot(layer, log(size), { color, radius: 2.5 })));
      const [there, back] = [drawn[0].at(-1) / drawn[0][0], drawn[1][0] / drawn[1].at(-1)];
      const text = (a) => (a >= 0.01 && a < 1000 ? live.digits(a) : live.power(a));
      stage.say(`${scale.toFixed(2)} times Xavier’s size, ${last} ${last === 1 ? "layer" : "layers"} of width ${widths[width]}${relu ? " with ReLUs" : ""}: forward the size is multiplied by ${text(there)}, backward by ${text(back)}.`);
    }, { ratio: 0.75, tallest: 300, least: 230, label: `Root mean square of the ${name}` });
  stage.slider({ label: "scale", min: 0.5, max: 2, step: 0.01, value: scale, format: (v) => live.number(v), change: (v) => { scale = v; } });
  stage.slider({ label: "layers", max: depths.length - 1, value: depth, format: (k) => depths[k], change: (k) => { depth = k; } });
  stage.slider({ label: "width", max: widths.length - 1, value: width, format: (k) => widths[k], change: (k) => { width = k; } });
  stage.tick({ label: "ReLU", change: (v) => { relu = v; } });
});
