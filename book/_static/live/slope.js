// Chapter 2: the slope of a function at a point that the reader drags, by its derivative and
// by a central difference whose step can be changed.
"use strict";

live.figure("slope", (stage) => {
  const sigmoid = (x) => 1 / (1 + Math.exp(-x));
  const functions = {
    ReLU: [(x) => Math.max(x, 0), (x) => (x > 0 ? 1 : 0)],
    tanh: [Math.tanh, (x) => 1 - Math.tanh(x) ** 2],
    sigmoid: [sigmoid, (x) => sigmoid(x) * (1 - sigmoid(x))],
  };
  let name = "tanh", at = 0.6, h = 0.5;

  const grid = Array.from({ length: 181 }, (_, k) => -3 + k / 30);
  const picture = stage.picture((plot) => {
    const [f, derivative] = functions[name];
    plot.frame({ x: [-3, 3], y: [-1.3, 2.2], ticks: [[-3, 0, 3], [-1, 0, 1, 2]], labels: ["x", "y"] });
    const slope = derivative(at), difference = (f(at + h) - f(at - h)) / (2 * h);
    plot.line(grid.map((x) => [x, f(x)]), { color: "inside", width: 2.5 });
    plot.line([[at - 4, f(at) - 4 * slope], [at + 4, f(at) + 4 * slope]], { color: "mark", width: 1.5 });
    plot.line([[at - h, f(at - h)], [at + h, f(at + h)]], { color: "ink", width: 1.5, dash: [5, 4] });
    for (const x of [at - h, at + h]) plot.dot(x, f(x), { radius: 3 });
    const kink = name === "ReLU" && Math.abs(at) < h;
    stage.say(`At x = ${live.number(at)} the slope is ${live.number(slope, 4)}; from ${live.number(at - h)} to ${live.number(at + h)} the function rises by ${live.number(difference, 4)} a unit.` +
      (kink ? " The kink lies between the two points: no step, however small, helps at 0 itself." : ""));
  }, { ratio: 0.6, tallest: 340, label: "A function, its tangent, and a chord" });
  stage.handle(picture, {
    label: "Where the slope is taken",
    axis: "x",
    at: () => [at, functions[name][0](at)],
    text: () => `x ${live.number(at)}`,
    move: (x) => { at = Math.min(3, Math.max(-3, x)); },
  });
  stage.choice({ label: "Function", value: name, options: Object.keys(functions).map((f) => [f, f]), change: (f) => { name = f; } });
  stage.slider({ label: "step h", min: 0.05, max: 1, step: 0.05, value: h, format: (v) => live.number(v), change: (v) => { h = v; } });
});
