// Chapter 5: a = x·x, b = a + x, y = a·b at x = 3. Nodes pass on what they have gathered, in an
// order of the reader's own: 81 where a hurries, 135 where it waits for b.
"use strict";

live.figure("graph", (stage) => {
  const places = { x: [0.1, 0.26], a: [0.37, 0.74], b: [0.63, 0.26], y: [0.9, 0.74] };
  const slopes = [["y", "a", 12], ["y", "b", 9], ["b", "a", 1], ["b", "x", 1], ["a", "x", 6]];
  const order = [], buttons = {};
  let back;

  const run = () => {
    const gathered = { y: 1, a: 0, b: 0, x: 0 }, passed = [], late = [];
    order.forEach((node, turn) => {
      for (const [user, used, slope] of slopes)
        if (user === node) {
          const share = gathered[node] * slope;
          gathered[used] += share;
          passed.push([user, used, share]);
          if (used !== "x" && order.slice(0, turn).includes(used)) late.push([user, used]); // x hands nothing on
        }
    });
    return { gathered, passed, late };
  };

  stage.picture((plot) => {
    plot.x = (a) => a * plot.width;
    plot.y = (b) => (1 - b) * plot.height;
    const { gathered, passed, late } = run(), radius = 17, done = order.length === 4;
    for (const [user, used] of slopes) {
      const share = passed.find(([p, q]) => p === user && q === used);
      const wrong = late.some(([p, q]) => p === user && q === used);
      const [p, q] = [places[user], places[used]], dx = plot.x(q[0]) - plot.x(p[0]), dy = plot.y(q[1]) - plot.y(p[1]);
      const long = Math.hypot(dx, dy), cut = (radius + 3) / long;
      plot.arrow(p[0] + cut * (q[0] - p[0]), p[1] + cut * (q[1] - p[1]), q[0] - cut * (q[0] - p[0]), q[1] - cut * (q[1] - p[1]),
        { color: wrong ? "wrong" : share ? "gradient" : "faint", dash: wrong ? [5, 4] : [] });
      const out = 14 / long; // beside the arrow, at right angles to it
      if (share) plot.text(String(share[2]), plot.x((p[0] + q[0]) / 2) + out * dy, plot.y((p[1] + q[1]) / 2) - out * dx + 4, { align: "center", color: wrong ? "wrong" : "gradient" });
    }
    for (const [node, [px, py]] of Object.entries(places)) {
      plot.dot(px, py, { color: order.includes(node) ? "gradient-tint" : "tint", radius });
      plot.dot(px, py, { color: "ink", radius, hollow: true });
      plot.text(node, plot.x(px), plot.y(py) + 5, { align: "center", bold: true });
      plot.text(String(gathered[node]), plot.x(px), plot.y(py) + (py > 0.5 ? -24 : 36), { align: "center", color: "gradient", bold: true });
    }
    const rest = Object.keys(places).filter((node) => !order.includes(node));
    for (const [node, button] of Object.entries(buttons)) button.ariaDisabled = order.includes(node);
    back.ariaDisabled = order.length === 0;
    if (order.length === 0) stage.say("Each node passes on, once, what has gathered at it. Which first?");
    else if (late.length) {
      const [user, used] = late[0];
      stage.say(`${user}’s share came to ${used} after ${used} had passed its own on: it went no further. ` +
        (done ? `dy/dx = ${gathered.x}, and measured is 135.` : `Still to come: ${rest.join(", ")}.`));
    } else stage.say(done ? `Order ${order.join(", ")}: dy/dx = ${gathered.x}` + (gathered.x === 135 ? ", as measured." : ", and measured is 135: a node passed on before anything had come to it.")
      : `Passed on so far: ${order.join(", ")}. Still to come: ${rest.join(", ")}.`);
  }, { ratio: 0.5, tallest: 240, label: "The graph of the nodes x, a, b and y, with what has gathered at each" });

  for (const node of ["y", "a", "b", "x"]) buttons[node] = stage.button(`${node} passes on`, () => order.push(node));
  back = stage.button("Step back", () => order.pop());
});
