// Chapter 6: the loop, live: η, batch size and order, and what each omission does.
"use strict";

live.figure("training", (stage) => {
  const most = 20, loss = new minidl.MSELoss();
  const moves = { none: "nothing", zero: "the reset", divide: "the division by the batch size", step: "the step" };
  let lr = 0.1, batchSize = 100, shuffled = true, omitted = "none", state;

  const begin = () => {
    const generator = new minidl.Generator(39);
    const [x, y] = minidl.disc(1000, generator);
    const model = minidl.paperNetwork(25, 4, "xavier", generator);
    state = { x, y, classes: minidl.classes(y), model, order: new minidl.Generator(40), losses: [], rate: minidl.errorRate(model.forward(x), y), lost: false };
  };
  const epoch = () => {
    const { model, x, y } = state;
    let total = 0;
    for (const [xBatch, yBatch] of minidl.minibatches(x, y, batchSize, shuffled ? state.order : undefined)) {
      if (omitted !== "zero") model.zeroGrad();
      const outputs = model.forwardPass(xBatch), grad = loss.backward(outputs.at(-1), yBatch);
      if (omitted === "divide") grad.forEach((g, k) => { grad[k] = g * xBatch.rows; });
      model.backwardPass(outputs, grad);
      total += loss.forward(outputs.at(-1), yBatch) * xBatch.rows;
      if (omitted !== "step") model.gradientStep(lr);
    }
    state.losses.push(total / x.rows);
    const prediction = model.forward(x);
    state.lost = !prediction.every(Number.isFinite);
    state.rate = minidl.errorRate(prediction, y);
    return !state.lost && state.losses.length < most;
  };

  stage.picture((plot) => {
    plot.frame({ x: [-1, 1], y: [-1, 1], square: true, labels: ["", "the network’s answers"] });
    if (!state.lost) plot.region(live.classifier(state.model, 50));
    plot.samples(state.x, state.classes, 1.6);
    plot.circle(minidl.RADIUS);
  }, { ratio: 1.08, tallest: 330, least: 240, label: "The square, tinted by the classes that the network gives" });
  stage.picture((plot) => {
    plot.frame({ x: [0, most], y: [0, 0.6], ticks: [[0, 5, 10, 15, 20], [0, 0.2, 0.4, 0.6]], labels: ["epoch", "loss"] });
    plot.line([[0, 0.25], [most, 0.25]], { color: "muted", width: 1, dash: [4, 3] });
    plot.text("¼", plot.x1 - 4, plot.y(0.25) - 4, { align: "right", color: "muted" });
    plot.line(state.losses.map((value, e) => [e + 1, Math.min(value, 9)]));
    state.losses.forEach((value, e) => plot.inside(() => plot.dot(e + 1, value, { radius: 2.5 })));
    const n = state.losses.length;
    if (state.lost) plot.text(`lost in epoch ${n}`, (plot.x0 + plot.x1) / 2, plot.y(0.4), { align: "center", color: "wrong", bold: true });
    stage.say(state.lost ? `Epoch ${n}: the numbers have left the range of floating point. The training is lost.`
      : n === 0 ? `Untrained: ready for batches of ${batchSize}, ${shuffled ? "shuffled" : "in order"}${omitted === "none" ? "" : `, without ${moves[omitted]}`}.`
      : `After ${n} ${n === 1 ? "epoch" : "epochs"}: loss ${state.losses.at(-1) > 100 ? live.power(state.losses.at(-1)) : live.number(state.losses.at(-1), 4)}, ${live.percent(state.rate)} errors.`);
  }, { ratio: 0.8, tallest: 330, least: 240, label: "The loss of each epoch" });

  const player = stage.play({
    interval: 120,
    step: () => {
      if (state.lost || state.losses.length === most) begin();
      return epoch();
    },
  });
  const anew = (change) => (value) => {
    change(value);
    player.pause();
    begin();
  };
  stage.slider({ label: "η", min: -3, max: 0.4, step: 0.05, value: -1, format: (v) => (10 ** v).toPrecision(2), change: anew((v) => { lr = 10 ** v; }) });
  stage.slider({ label: "batch size", min: 0, max: 4, value: 2, format: (v) => [1, 10, 100, 500, 1000][v], change: anew((v) => { batchSize = [1, 10, 100, 500, 1000][v]; }) });
  stage.tick({ label: "shuffled", value: true, change: anew((v) => { shuffled = v; }) });
  stage.choice({ label: "Leave out", value: "none", options: Object.entries(moves), change: anew((v) => { omitted = v; }) });
  begin();
});
