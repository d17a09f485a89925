// Chapter 5: a list of modules. Forward fills the outputs from the left, backward drains the
// gradients from the right, and every module takes what it needs from the list.
"use strict";

live.figure("chain", (stage) => {
  const modules = ["Linear", "ReLU", "Linear", "ReLU", "Linear"], L = modules.length;
  let step = 0; // L steps forward, one for the loss, L steps back

  stage.picture((plot) => {
    plot.x = (a) => ((a + 0.5) / (L + 1)) * plot.width;
    plot.y = (b) => b;
    const { context } = plot, radius = Math.min(17, plot.width / 24), forward = Math.min(step, L), back = Math.max(0, step - L - 1);
    const small = plot.width < 420;
    for (let k = 0; k <= L; k++) {
      const filled = k <= forward, grad = step > L && k >= L - back;
      plot.dot(k, 60, { color: filled ? "tint" : "faint", radius, hollow: !filled });
      plot.text(`Y${"₀₁₂₃₄₅"[k]}`, plot.x(k), 65, { align: "center", color: filled ? "ink" : "muted" });
      plot.dot(k, 150, { color: grad ? "gradient-tint" : "faint", radius, hollow: !grad });
      plot.text(`G${"₀₁₂₃₄₅"[k]}`, plot.x(k), 155, { align: "center", color: grad ? "ink" : "muted" });
      if (k < L) {
        const cut = (radius + 4) / (plot.x(1) - plot.x(0)), now = step === k + 1, nowBack = step > L + 1 && back === L - k;
        plot.arrow(k + cut, 60, k + 1 - cut, 60, { color: filled && k < forward ? "ink" : "faint", width: now ? 3 : 1.5 });
        plot.arrow(k + 1 - cut, 150, k + cut, 150, { color: back >= L - k ? "gradient" : "faint", width: nowBack ? 3 : 1.5 });
        plot.text(small ? modules[k].slice(0, 3) : modules[k], (plot.x(k) + plot.x(k + 1)) / 2, 108, { align: "center", bold: now || nowBack, color: now || nowBack ? "ink" : "muted" });
        if (nowBack) for (const [at, y0] of [[k, 60], [k + 1, 60]]) {
          plot.arrow(at, y0 + radius + 2, k + 0.5, 92, { width: 1.5, dash: [4, 3] });
        }
      }
    }
    const k = L - back;
    stage.say(step === 0 ? "Only the input Y₀ is there. Step forward."
      : step <= L ? `Forward: modules[${step - 1}], a ${modules[step - 1]}, makes Y${"₀₁₂₃₄₅"[step]} of Y${"₀₁₂₃₄₅"[step - 1]}. The list keeps both.`
      : step === L + 1 ? "The loss looks at the last output and gives the first gradient, G₅."
      : `Backward: modules[${k}], a ${modules[k]}, takes its input and its output from the list, and the gradient that has just come; it hands on G${"₀₁₂₃₄₅"[k]}${modules[k] === "Linear" ? " and adds to its own gradients" : ""}.`);
    player.forward.ariaDisabled = step === 2 * L + 1;
    player.backward.ariaDisabled = step === 0;
  }, { ratio: 0.5, tallest: 200, label: "The list of outputs above, the gradients below, the modules between" });

  const player = {};
  player.backward = stage.button("Step back", () => { step -= 1; });
  player.forward = stage.button("Step forward", () => { step += 1; });
  stage.play({
    interval: 700,
    step: () => {
      step = step === 2 * L + 1 ? 0 : step + 1;
      return step < 2 * L + 1;
    },
  });
});
