// Chapter 4: predictions that the reader drags, their squares, and the gradient that goes back.
"use strict";

live.figure("loss", (stage) => {
  const target = minidl.matrix(2, 2, [1, 0, 0, 1]), prediction = minidl.matrix(2, 2, [0.6, 0.3, -0.4, 1.5]);
  const loss = new minidl.MSELoss();

  const picture = stage.picture((plot) => {
    plot.frame({ x: [-0.5, 3.5], y: [-1, 2], ticks: [["₀₀", "₀₁", "₁₀", "₁₁"].map((at, k) => [k, `p${at}`]), [-1, 0, 1, 2]], labels: ["", "prediction, and its target (dash)"] });
    const value = loss.forward(prediction, target), grad = loss.backward(prediction, target);
    const { context } = plot;
    for (let k = 0; k < 4; k++) {
      const side = plot.y(0) - plot.y(Math.abs(prediction[k] - target[k])), top = Math.min(plot.y(prediction[k]), plot.y(target[k]));
      context.fillStyle = plot.color("tint");
      plot.inside(() => context.fillRect(plot.x(k), top, side, side));
      plot.line([[k - 0.3, target[k]], [k + 0.3, target[k]]], { width: 3 });
      plot.line([[k, target[k]], [k, prediction[k]]], { color: "faint", width: 1 });
      plot.dot(k, prediction[k], { radius: 5 });
      plot.arrow(k - 0.18, prediction[k], k - 0.18, prediction[k] - grad[k], { color: "gradient" });
    }
    stage.say(`Mean of the four squares: L = ${live.number(value, 4)}. Its gradient, 2 (p − t)/4: ${Array.from(grad, (g) => live.number(g)).join(", ")}. The arrows point against it, and are as long.`);
  }, { ratio: 0.6, tallest: 340, label: "Four predictions, their targets, the squares of the differences, and the gradient" });
  for (let k = 0; k < 4; k++)
    stage.handle(picture, {
      label: `Prediction ${k}`,
      axis: "y",
      at: () => [k, prediction[k]],
      text: () => live.number(prediction[k]),
      move: (_, y) => { prediction[k] = Math.min(2, Math.max(-1, y)); },
    });
});
