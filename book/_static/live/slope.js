// Chapter 2: the slope of each activation at an input that the reader moves, and what each hands
// on of an upstream gradient of 1.
"use strict";

live.figure("slope", (stage) => {
  const names = ["ReLU", "Tanh", "Sigmoid"], reach = 5;
  const grid = Array.from({ length: 201 }, (_, k) => -reach + k / 20);
  let x = -1.95;

  // A module's value and, of a gradient of 1, what it hands on.
  const at = (name, a) => {
    const module = new minidl[name](), input = minidl.matrix(1, 1, [a]), output = module.forward(input);
    return [output[0], module.backward(input, output, minidl.matrix(1, 1, [1]))[0]];
  };
  stage.picture((plot) => {
    const wide = plot.width / 3, bar = 58, handed = [];
    names.forEach((name, k) => {
      const [value, slope] = at(name, x);
      plot.frame({ x: [-reach, reach], y: [-1.4, 4.4], ticks: [[-4, 0, 4], [0, 4]], labels: ["", name],
        box: [k * wide, 0, wide, plot.height - bar] });
      plot.line(grid.map((a) => [a, at(name, a)[0]]));
      plot.line([-9, 9].map((step) => [x + step, value + slope * step]), { color: "gradient", width: 1.5 });
      plot.dot(x, value, { color: "gradient" });
      const { context, x0, x1 } = plot, top = plot.height - bar + 12;
      context.fillStyle = plot.color("gradient");
      context.fillRect(x0, top, slope * (x1 - x0), 16);
      context.strokeStyle = plot.color("ink");
      context.strokeRect(x0, top, x1 - x0, 16);
      plot.text(live.number(slope), (x0 + x1) / 2, top + 34, { align: "center" });
      handed.push(`${name} ${live.number(slope)}`);
    });
    stage.say(`At x = ${live.number(x)}, of an upstream gradient of 1, handed on: ${handed.join(", ")}.`);
  }, { ratio: 0.75, tallest: 330, label: "The three functions with their tangents, and below each the share of the gradient that it hands on" });
  stage.slider({ label: "x", min: -4.95, max: 4.95, step: 0.1, value: x, format: (a) => live.number(a), change: (a) => { x = a; } });
});
