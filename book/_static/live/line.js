// Chapter 1: one straight line against the disc; how well can it do?
"use strict";

live.figure("line", (stage) => {
  const [points, y] = minidl.disc(1000, new minidl.Generator(1));
  const classes = minidl.classes(y);
  let ends = [[-0.9, -0.6], [0.7, 0.9]], best = 1;

  // Which side of the line a point lies on; the side with more of class 1 is called inside.
  const side = (x1, x2) => {
    const [[a1, a2], [b1, b2]] = ends;
    return (b1 - a1) * (x2 - a2) - (b2 - a2) * (x1 - a1) > 0;
  };
  const judged = () => {
    let wrong = 0;
    for (let n = 0; n < points.rows; n++) wrong += side(points[2 * n], points[2 * n + 1]) !== (classes[n] === 1);
    const flipped = wrong > points.rows / 2;
    return { wrong: flipped ? points.rows - wrong : wrong, flipped };
  };
  const picture = stage.picture((plot) => {
    const { wrong, flipped } = judged();
    best = Math.min(best, wrong / points.rows);
    plot.frame({ x: [-1, 1], y: [-1, 1], ticks: [[-1, 0, 1], [-1, 0, 1]], square: true });
    plot.region((x1, x2) => side(x1, x2) !== flipped, 120);
    plot.samples(points, classes, 2);
    plot.circle(minidl.RADIUS);
    const [[a1, a2], [b1, b2]] = ends, far = 20;
    plot.line([[a1 - far * (b1 - a1), a2 - far * (b2 - a2)], [a1 + far * (b1 - a1), a2 + far * (b2 - a2)]]);
    stage.say(`${wrong} of 1000 points stand on the wrong side: ${live.percent(wrong / 1000)}. Your best so far: ${live.percent(best)}.`);
  }, { ratio: 1, tallest: 400, least: 260, label: "Points inside and outside a disc, and a straight line" });
  ends.forEach((_, k) =>
    stage.handle(picture, {
      label: `${["First", "Second"][k]} point of the line`,
      at: () => ends[k],
      text: () => `x1 ${live.number(ends[k][0])}, x2 ${live.number(ends[k][1])}`,
      move: (x1, x2) => {
        ends[k] = [x1, x2].map((a) => Math.min(1, Math.max(-1, a)));
      },
    }));
});
