// Chapter 9: what the machine of the measurements allows a product of a batch with a square
// matrix, and what it reached. The numbers are those of minidl/teaching/speed.json.
"use strict";

live.roofline = {
  gflops: 111.2, cache: 226.9, memory: 61.33, batch: 100,
  microseconds: {
    1: 0.7639, 2: 1.238, 4: 1.419, 8: 1.867, 16: 1.588, 25: 2.822, 32: 3.04, 64: 8.895, 128: 31.93, 256: 122.2, 512: 490.9, 1024: 1981.0,
  },
};

live.figure("roofline", (stage) => {
  const { gflops, cache, memory, batch, microseconds } = live.roofline;
  const widths = Object.keys(microseconds).map(Number), log = Math.log10;
  let chosen = widths.indexOf(25), rows = batch;

  const intensity = (n, w) => (n * w) / (2 * (2 * n + w));
  const speed = (w) => (2 * batch * w * w) / microseconds[w] / 1000;
  stage.picture((plot) => {
    const decades = [0.1, 1, 10, 100];
    plot.frame({ x: [-1.3, 2.5], y: [-1.2, 2.8], ticks: [decades.map((a) => [log(a), String(a)]), decades.map((a) => [log(a), String(a)])], labels: ["intensity [FLOP per byte]", "GFLOP/s"] });
    const grid = Array.from({ length: 77 }, (_, k) => -1.3 + k / 20);
    for (const [place, dash] of [[memory, []], [cache, [6, 4]]])
      plot.line(grid.map((i) => [i, log(Math.min(gflops, place * 10 ** i))]), { width: 1.5, dash });
    plot.text("from memory", plot.x(-1.2), plot.y(0.1), { color: "muted" });
    plot.text("from the cache", plot.x(-1.2), plot.y(2.4), { color: "muted" });
    const w = widths[chosen];
    for (const width of widths) plot.dot(log(intensity(batch, width)), log(speed(width)), { color: width === w ? "mark" : "inside", radius: width === w ? 6 : 3.5 });
    const here = intensity(rows, w), roof = Math.min(gflops, cache * here);
    plot.line([[log(here), -2], [log(here), log(roof)]], { color: "mark", width: 1.5, dash: [3, 3] });
    plot.dot(log(here), log(roof), { color: "mark", radius: 5, hollow: true });
    const waits = cache * here < gflops ? "bytes" : "arithmetic";
    stage.say(`Width ${w}, batch ${rows}: ${live.number(here, 2)} FLOP a byte, at most ${live.number(roof, 0)} GFLOP/s; at best it waits for ${waits}. ` +
      (rows === batch ? `Measured: ${speed(w).toPrecision(2)} GFLOP/s, ${(speed(w) / roof).toPrecision(2)} of that.` : "(Measured was a batch of 100.)"));
  }, { ratio: 0.62, tallest: 380, label: "The roofline: speed against arithmetic intensity, both logarithmic" });
  stage.slider({ label: "width", max: widths.length - 1, value: chosen, format: (k) => widths[k], change: (k) => { chosen = k; } });
  stage.slider({ label: "batch", max: 4, value: 2, format: (k) => [1, 10, 100, 1000, 10000][k], change: (k) => { rows = [1, 10, 100, 1000, 10000][k]; } });
});
