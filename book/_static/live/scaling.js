// Chapter 10: the time of a training step on 1 to 4096 machines, by the chapter's cost model.
"use strict";

// Its three parts: the arithmetic, which is shared out, the bytes, and the messages.
live.scaling = (workers, { seconds, parameters, bandwidth, latency }) => [
  seconds / workers,
  ((2 * (workers - 1)) / workers) * ((4 * parameters) / bandwidth),
  2 * (workers - 1) * latency,
];

live.figure("scaling", (stage) => {
  const model = { parameters: 2.5e7, seconds: 8192 / 32 * 0.12, bandwidth: 6.25e9, latency: 14e-6 }; // ResNet-50's
  const log = Math.log10, most = 4096, sum = (parts) => parts.reduce((a, b) => a + b, 0);
  const time = (workers) => sum(live.scaling(workers, model));
  const unit = (value, word) => {
    const k = Math.floor(log(value * 1.001) / 3);
    return `${Number((value / 1000 ** k).toPrecision(2))} ${["n", "µ", "m", "", "k", "M", "G", "T"][k + 3]}${word}`;
  };

  stage.picture((plot) => {
    const [least, largest] = [seconds.at(0) / most, seconds.at(-1)].map((s) => Math.round(log(s)));
    const ticks = [];
    for (let k = least; k <= largest; k += 2) ticks.push([k, unit(10 ** k, "s")]);
    const small = plot.width < 420;
    plot.frame({ x: [0, log(most)], y: [least, largest], labels: ["machines", "time per step"],
      ticks: [[1, 4, 16, 64, 256, 1024].filter((_, k) => !small || k % 2 === 0).map((w) => [log(w), String(w)]), ticks] });
    const grid = Array.from({ length: 121 }, (_, k) => most ** (k / 120));
    const curve = (f) => grid.filter((w) => f(w) > 0).map((w) => [log(w), log(f(w))]);
    [[], [6, 4], [2, 3]].forEach((dash, part) => plot.line(curve((w) => live.scaling(w, model)[part]), { color: "muted", width: 1.5, dash }));
    plot.line(curve(time), { width: 3 });

    let best = 1, half = most;
    for (let w = 2; w <= most; w++) if (time(w) < time(best)) best = w;
    while (time(1) / time(half) < half / 2) half -= 1;
    plot.dot(log(best), log(time(best)), { radius: 6 });
    plot.dot(log(half), log(time(half)), { radius: 6, hollow: true });
    const faster = Number((time(1) / time(best)).toPrecision(2)), parts = live.scaling(best, model);
    const why = parts[0] > sum(parts) / 2 ? "the arithmetic" : parts[1] > parts[2] ? "the bytes" : "the messages";
    stage.say(best === 1 ? "One machine is fastest: every other number of machines takes longer." :
      `Fastest ${best === most ? `with all ${most}` : `with ${best}`} machines: ${unit(time(best), "s")} a step, ${faster} times as fast as one; ${why} cost${/c$/.test(why) ? "s" : ""} most. ` +
      `With up to ${half} (open circle), half of a step or more is arithmetic.`);
  }, { ratio: 0.62, tallest: 380, label: "Time per step against the number of machines, both logarithmic" });

  // 1, 3, 10, 30, … of a quantity, and the chapter's own value
  const values = (from, to, own) => Array.from({ length: 2 * (to - from) + 1 }, (_, k) => (k % 2 ? 3 : 1) * 10 ** (from + Math.floor(k / 2)))
    .concat(own).sort((a, b) => a - b);
  const seconds = values(-3, 2, model.seconds);
  for (const [name, list, word] of [["parameters", values(4, 11, model.parameters), ""], ["seconds", seconds, "s"],
    ["bandwidth", values(8, 12, model.bandwidth), "B/s"], ["latency", values(-7, -3, model.latency), "s"]])
    stage.slider({
      label: name === "seconds" ? "one machine alone" : name, max: list.length - 1,
      value: list.indexOf(model[name]),
      format: (k) => unit(list[k], word), change: (k) => { model[name] = list[k]; },
    });
});
