// The book's puzzle: two networks, the same data, two starts, everything else equal.
"use strict";

live.figure("front", (stage) => {
  const starts = [["xavier_all", "by hand", "minidl"], ["torch", "PyTorch", "torch"]];
  const epochs = 20, loss = new minidl.MSELoss();
  let seed = 9, epoch, batches, runs, data;

  // The tenth draw is the first shown: its errors are near the mean of many.
  const draw = () => {
    seed += 1;
    epoch = 0;
    const generator = new minidl.Generator(seed);
    const [points, y] = minidl.disc(1000, generator);
    const scale = (x) => minidl.standardize(points, x)[1];
    data = { points, y, scale, x: scale(points), classes: minidl.classes(y) };
    runs = starts.map(([init]) => {
      const model = minidl.paperNetwork(25, 4, init, generator);
      return { model, losses: [], rates: [minidl.errorRate(model.forward(data.x), y)] };
    });
  };
  const step = () => {
    epoch += 1;
    for (const run of runs) {
      run.losses.push(minidl.trainEpoch(run.model, loss, data.x, data.y, { batchSize: 100, lr: 0.1 }));
      run.rates.push(minidl.errorRate(run.model.forward(data.x), data.y));
    }
    return epoch < epochs;
  };
  const say = () => {
    const [ours, theirs] = runs.map(({ rates }) => live.percent(rates.at(-1)));
    stage.say(epoch === 0
      ? "Two networks of the same size and the same 1000 points. Only their first random numbers are drawn by different rules. Press Play."
      : `After ${epoch} of ${epochs} epochs: ${ours} errors with the start by hand, ${theirs} with PyTorch's.`);
  };

  starts.forEach(([, name, color], k) => {
    stage.picture((plot) => {
      plot.frame({ x: [-1, 1], y: [-1, 1], square: true, labels: ["", name] });
      plot.region(live.classifier({ forward: (grid) => runs[k].model.forward(data.scale(grid)) }, 50));
      plot.samples(data.points, data.classes, 1.6);
      plot.circle(minidl.RADIUS);
      plot.text(live.percent(runs[k].rates.at(-1)), plot.x1, 15, { align: "right", color, bold: true });
    }, { ratio: 1.1, least: 150, label: `The answers of the network with ${name}’s start` });
  });
  stage.picture((plot) => {
    plot.frame({ x: [0, epochs], y: [0, 0.3], ticks: [[0, 5, 10, 15, 20], [0, 0.1, 0.2, 0.3]], labels: ["", "loss, by epoch"] });
    runs.forEach(({ losses }, k) =>
      plot.line(losses.map((value, e) => [e + 1, value]), { color: starts[k][2] }));
    runs.forEach(({ losses }, k) => losses.length > 3 &&
      plot.text(starts[k][1], plot.x(losses.length / 2 + 1), plot.y(losses[losses.length >> 1]) + (k ? -8 : 18), { color: starts[k][2] }));
  }, { ratio: 1.1, tallest: 175, least: 150, label: "The two losses" });

  stage.root.prepend(stage.dials); // on a phone the button comes before the fold
  draw();
  const player = stage.play({
    interval: 200,
    step: () => {
      if (epoch === epochs) draw();
      const more = step();
      say();
      return more;
    },
  });
  stage.button("Other points", () => {
    player.pause();
    draw();
    say();
  });
  say();
});
