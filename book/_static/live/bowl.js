// Chapter 6: gradient descent on L = ½ (a θ₁² + b θ₂²), each direction with its own factor.
"use strict";

live.figure("bowl", (stage) => {
  const curvature = [1, 10], steps = 20;
  let start = [-1.6, 0.8], lr = 0.15, made = steps;

  const height = ([p, q]) => (curvature[0] * p * p + curvature[1] * q * q) / 2;
  const path = () => {
    const places = [start];
    for (let k = 0; k < made; k++) places.push(places.at(-1).map((theta, i) => theta - lr * curvature[i] * theta));
    return places;
  };
  const picture = stage.picture((plot) => {
    plot.frame({ x: [-2, 2], y: [-1.2, 1.2], ticks: [[-2, -1, 0, 1, 2], [-1, 0, 1]], labels: ["θ₁, curvature 1", "θ₂, curvature 10"] });
    for (const level of [0.1, 0.5, 1.2, 2.4, 4, 6]) {
      const ring = Array.from({ length: 73 }, (_, k) => {
        const turn = (2 * Math.PI * k) / 72;
        return [Math.sqrt((2 * level) / curvature[0]) * Math.cos(turn), Math.sqrt((2 * level) / curvature[1]) * Math.sin(turn)];
      });
      plot.line(ring, { color: "muted", width: 0.7 });
    }
    const places = path();
    plot.line(places, { width: 1.5 });
    plot.inside(() => places.forEach(([p, q]) => plot.dot(p, q, { radius: 3 })));
    const factors = curvature.map((c) => Number((1 - lr * c).toFixed(6)));
    const words = factors.map((f) => live.number(f));
    const end = height(places.at(-1));
    const fate = factors[1] < -1 ? "It diverges: the second factor is below −1, and in the end L grows without bound."
      : factors[1] === -1 ? "The second changes its sign at every step, and keeps its size."
      : factors[1] === 0 ? "A single step brings θ₂ to its lowest point, where it stays."
      : factors[1] < 0 ? "The second changes its sign at every step: a zigzag that shrinks."
      : "Both shrink without a change of sign.";
    stage.say(`Each step multiplies θ₁ by ${words[0]} and θ₂ by ${words[1]}. After ${made} steps L went from ${live.number(height(start), 3)} to ${end > 1000 || end < 0.0001 ? live.power(end) : live.number(end, 4)}. ${fate}`);
  }, { ratio: 0.6, tallest: 380, label: "Contour lines of a long bowl, and the path of gradient descent in it" });
  stage.handle(picture, {
    label: "Start of the path",
    at: () => start,
    text: () => `θ1 ${live.number(start[0])}, θ2 ${live.number(start[1])}`,
    move: (p, q) => {
      start = [Math.min(2, Math.max(-2, p)), Math.min(1.2, Math.max(-1.2, q))];
    },
  });
  stage.slider({ label: "η", min: 0.005, max: 0.22, step: 0.005, value: lr, format: (v) => v.toFixed(3), change: (v) => { lr = v; } });
  stage.slider({ label: "steps", min: 0, max: 60, value: made, change: (v) => { made = v; } });
});
