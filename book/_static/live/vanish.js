// Chapter 2: how much of a gradient comes back through a chain of activations, for inputs of a
// spread that the reader turns.
"use strict";

live.figure("vanish", (stage) => {
  const kinds = { ReLU: [], Tanh: [7, 4], Sigmoid: [2, 3] }, most = 10, samples = 1000;
  const spreads = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100], log = Math.log10;
  let chosen = spreads.indexOf(1);

  const surviving = (module, layers, spread) => {
    const generator = new minidl.Generator(5);
    const outputs = [minidl.matrix(samples, 1, Array.from({ length: samples }, () => spread * generator.normal()))];
    for (let k = 0; k < layers; k++) outputs.push(module.forward(outputs[k]));
    let grad = minidl.matrix(samples, 1).fill(1);
    for (let k = layers - 1; k >= 0; k--) grad = module.backward(outputs[k], outputs[k + 1], grad);
    return grad.reduce((sum, g) => sum + Math.abs(g), 0) / samples;
  };
  stage.picture((plot) => {
    const spread = spreads[chosen], words = [], ends = [];
    plot.frame({ x: [0.5, most + 2.2], y: [-9, 0.9], ticks: [[1, 5, 10], [[0, "1"], [-3, "10⁻³"], [-6, "10⁻⁶"], [-9, "10⁻⁹"]]], labels: ["activations passed", "mean size of the gradient"] });
    plot.line(Array.from({ length: most }, (_, k) => [k + 1, -(k + 1) * log(4)]), { color: "muted", width: 1.2, dash: [2, 4] });
    plot.text("(¼)ˡ", plot.x(6), plot.y(-6 * log(4)) - 10, { color: "muted" });
    for (const [name, dash] of Object.entries(kinds)) {
      const shares = Array.from({ length: most }, (_, k) => surviving(new minidl[name](), k + 1, spread));
      const points = shares.map((share, k) => [k + 1, log(share)]);
      plot.line(points, { dash });
      plot.inside(() => points.forEach(([k, share]) => plot.dot(k, share, { radius: 3 })));
      ends.push([plot.y(points.at(-1)[1]) + 4, name]);
      words.push(`${name} ${shares.at(-1) < 0.001 ? live.power(shares.at(-1)) : live.number(shares.at(-1), 3)}`);
    }
    let free = plot.y0; // each name beside its line, or below the name above it
    for (const [y, name] of ends.sort(([p], [q]) => p - q)) {
      plot.text(name, plot.x(most + 0.25), Math.max(y, free));
      free = Math.max(y, free) + 14;
    }
    stage.say(`Inputs with a spread of ${spread}. Left after ten activations: ${words.join(", ")}.`);
  }, { ratio: 0.6, tallest: 340, label: "The size of a gradient against the number of activations that it has passed" });
  stage.slider({ label: "spread", max: spreads.length - 1, value: chosen, format: (k) => spreads[k], change: (k) => { chosen = k; } });
});
