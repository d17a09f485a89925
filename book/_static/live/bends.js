// Chapter 2: a few ReLUs, each with a place, a slope and a side; their weighted sum bends where
// one of them does. Where the sum is above 0 it says 'class 1'.
"use strict";

live.figure("bends", (stage) => {
  const neurons = [[1.5, 1.5, 1], [1.5, 0, -1.6], [1.5, -1.8, 1.6]]; // w, b, and its weight v in the sum
  let chosen = 0, bias = -0.6;

  const relu = (z) => Math.max(z, 0);
  const sum = (x) => bias + neurons.reduce((s, [w, b, v]) => s + v * relu(w * x + b), 0);
  const grid = Array.from({ length: 241 }, (_, k) => -2 + k / 60);

  stage.picture((plot) => {
    plot.frame({ x: [-2, 2], y: [-3, 3], ticks: [[-2, -1, 0, 1, 2], [-3, 0, 3]], labels: ["x", "neurons (dashed) and their sum"] });
    const { context } = plot;
    grid.forEach((x) => {
      context.fillStyle = plot.color(sum(x) > 0 ? "inside-tint" : "outside-tint");
      context.fillRect(plot.x(x - 1 / 120), plot.y1 - 10, plot.x(1 / 60) - plot.x(0) + 0.5, 10);
    });
    plot.line([[-2, 0], [2, 0]], { color: "faint", width: 1 });
    neurons.forEach(([w, b, v], k) =>
      plot.line(grid.map((x) => [x, v * relu(w * x + b)]), { color: k === chosen ? "ink" : "muted", width: k === chosen ? 2 : 1, dash: [5, 4] }));
    plot.line(grid.map((x) => [x, sum(x)]), { width: 3 });
    const shown = (x) => Math.abs(x) <= 2 && Math.abs(sum(x)) <= 3;
    neurons.forEach(([w, b], k) => {
      const bend = -b / w;
      if (shown(bend)) plot.dot(bend, sum(bend), { radius: k === chosen ? 6.5 : 4.5 });
    });
    const bends = neurons.map(([w, b]) => -b / w).filter(shown).sort((p, q) => p - q);
    const changes = grid.slice(1).filter((x, k) => (sum(x) > 0) !== (sum(grid[k]) > 0));
    const list = (places) => places.map((x) => live.number(x)).join(", ");
    stage.say(`${bends.length} of ${neurons.length} bends lie in the picture${bends.length ? `, at x = ${list(bends)}` : ""}. ` +
      `The class, blue where the sum is above 0, changes ${changes.length ? `at x = ${list(changes)}` : "nowhere"}.`);
  }, { ratio: 0.6, tallest: 360, label: "Three bent lines and their sum" });

  const dials = {};
  stage.choice({ label: "Neuron", value: 0, options: neurons.map((_, k) => [k, String(k)]), change: (k) => {
    chosen = k;
    const [w, b, v] = neurons[k];
    dials.bend.set(-b / w);
    dials.slope.set(w);
    dials.weight.set(v);
  } });
  const [w, b, v] = neurons[0], format = (a) => live.number(a);
  dials.bend = stage.slider({ label: "its bend, at x", min: -2.4, max: 2.4, step: 0.05, value: -b / w, format, change: (x) => { neurons[chosen][1] = -x * neurons[chosen][0]; } });
  dials.slope = stage.slider({ label: "its slope w", min: -3, max: 3, step: 0.1, value: w, format, change: (slope) => {
    const bend = -neurons[chosen][1] / neurons[chosen][0];
    neurons[chosen][0] = slope || 0.01;
    neurons[chosen][1] = -bend * neurons[chosen][0];
  } });
  dials.weight = stage.slider({ label: "its weight in the sum", min: -2, max: 2, step: 0.1, value: v, format, change: (weight) => { neurons[chosen][2] = weight; } });
  stage.slider({ label: "bias of the sum", min: -2, max: 2, step: 0.1, value: bias, format, change: (a) => { bias = a; } });
});
