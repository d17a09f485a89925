// Chapter 8: the first layer's 25 neurons before any training, each a line on which it bends;
// and the losses of networks that start so.
"use strict";

live.figure("starts", (stage) => {
  const width = 25, most = 20, loss = new minidl.MSELoss();
  let weights = 1, biases = 1, standard = false, seed = 1, runs = [];

  // Everything is drawn with Xavier's standard deviation, and then made larger or smaller.
  const network = (generator) => {
    const model = minidl.paperNetwork(width, 4, "xavier_all", generator);
    for (const [k, [parameter]] of model.param().entries())
      for (let i = 0; i < parameter.length; i++) parameter[i] *= k % 2 ? biases : weights;
    return model;
  };
  const data = (generator) => {
    const [points, y] = minidl.disc(1000, generator);
    return { points, y, x: standard ? minidl.standardize(points, points)[0] : points };
  };
  const train = () => {
    const generator = new minidl.Generator(100 * seed + runs.length), { x, y } = data(generator);
    const model = network(generator), losses = [];
    for (let epoch = 0; epoch < most; epoch++) losses.push(minidl.trainEpoch(model, loss, x, y, { batchSize: 100, lr: 0.1 }));
    runs.push({ losses, rate: minidl.errorRate(model.forward(x), y) });
  };

  stage.picture((plot) => {
    const reach = standard ? Math.sqrt(3) : 1; // standardised, the square ends at ±√3
    plot.frame({ x: [-1.6 * reach, 1.6 * reach], y: [-1.6 * reach, 1.6 * reach], square: true, labels: ["", "where the first 25 neurons bend"] });
    const { weight, bias } = network(new minidl.Generator(seed)).modules[0];
    const { context } = plot;
    context.fillStyle = plot.color("inside-tint");
    context.fillRect(plot.x(-reach), plot.y(reach), plot.x(reach) - plot.x(-reach), plot.y(-reach) - plot.y(reach));
    plot.circle(minidl.RADIUS * reach);
    let bending = 0;
    for (let i = 0; i < width; i++) {
      const [u, v, b] = [weight[2 * i], weight[2 * i + 1], bias[i]], size = u * u + v * v;
      if (size === 0) continue;
      const crosses = Math.abs(b) < (Math.abs(u) + Math.abs(v)) * reach, foot = [(-b * u) / size, (-b * v) / size];
      bending += crosses;
      const along = [-v, u].map((a) => (9 * a) / Math.sqrt(size));
      plot.line([[foot[0] - along[0], foot[1] - along[1]], [foot[0] + along[0], foot[1] + along[1]]],
        { color: crosses ? "inside" : "faint", width: 1 });
    }
    const rates = runs.map(({ rate }) => rate), mean = rates.reduce((s, r) => s + r, 0) / rates.length;
    stage.say(`${bending} of 25 lines cross the square of the points; the other ${25 - bending} neurons do not bend there.` +
      (runs.length ? ` ${runs.length} networks trained from such starts: ${live.percent(mean)} errors on average.` : ""));
  }, { ratio: 1.08, tallest: 330, least: 240, label: "The square of the points, the circle in it, and a line for each neuron" });
  stage.picture((plot) => {
    plot.frame({ x: [0, most], y: [0, 0.4], ticks: [[0, 5, 10, 15, 20], [0, 0.1, 0.2, 0.3, 0.4]], labels: ["epoch", "loss, one line a network"] });
    plot.line([[0, 0.25], [most, 0.25]], { color: "faint", width: 1, dash: [4, 3] });
    for (const { losses } of runs) plot.line(losses.map((value, e) => [e + 1, Math.min(value, 9)]), { color: "minidl", width: 1.2 });
  }, { ratio: 0.8, tallest: 330, least: 240, label: "The losses of trained networks" });

  const player = stage.play({
    label: "Train ten networks",
    interval: 30,
    step: () => {
      if (runs.length === 10) runs = [];
      train();
      return runs.length < 10;
    },
  });
  const anew = (change) => (value) => {
    change(value);
    player.pause();
    runs = [];
  };
  const format = (v) => `${live.number(v)} σ`;
  stage.slider({ label: "weights", min: 0.1, max: 2, step: 0.05, value: weights, format, change: anew((v) => { weights = v; }) });
  stage.slider({ label: "biases", min: 0, max: 3, step: 0.1, value: biases, format, change: anew((v) => { biases = v; }) });
  stage.tick({ label: "standardised", value: standard, change: anew((v) => { standard = v; }) });
  stage.button("Other numbers", anew(() => { seed += 1; }));
});
