// Chapter 10: a sum over W workers, piece by piece round a ring, and what it costs. The numbers
// of the links are those of the chapter's text.
"use strict";

live.ring = {
  // What the ranks hold (held[rank][piece], a list of numbers) after 0, 1, …, 2 (W − 1) steps, how
  // many ranks' numbers are in it, and who has sent which piece to whom.
  steps(vectors) {
    const W = vectors.length, start = (piece) => Math.floor((piece * vectors[0].length) / W);
    const states = [{
      held: vectors.map((vector) => vectors.map((_, piece) => vector.slice(start(piece), start(piece + 1)))),
      ranks: vectors.map(() => vectors.map(() => 1)),
      sent: [],
    }];
    for (let step = 0; step < 2 * (W - 1); step++) {
      const before = states[step], held = before.held.map((pieces) => [...pieces]), ranks = before.ranks.map((row) => [...row]);
      const sent = vectors.map((_, rank) => ({ rank, piece: (rank - step + 2 * W) % W, to: (rank + 1) % W }));
      for (const { rank, piece, to } of sent) {
        const numbers = before.held[rank][piece], add = step < W - 1;
        held[to][piece] = add ? numbers.map((a, k) => a + held[to][piece][k]) : numbers;
        ranks[to][piece] = before.ranks[rank][piece] + (add ? 1 : 0);
      }
      states.push({ held, ranks, sent });
    }
    return states;
  },

  // The time of the ring, and that of sending all to rank 0, one after the other, and back.
  seconds(W, bytes, { bandwidth, latency }) {
    const messages = 2 * (W - 1);
    return {
      ring: (messages / W) * (bytes / bandwidth) + messages * latency,
      naive: messages * (bytes / bandwidth) + messages * latency,
    };
  },

  links: {
    "two processes on one machine": { bandwidth: 1.3e9, latency: 71e-6 },
    "50 Gbit/s, 14 µs": { bandwidth: 6.25e9, latency: 14e-6 },
  },
};

live.figure("ring", (stage) => {
  const { links } = live.ring, words = Object.keys(links);
  let W = 4, step = 0, size = 3, link = words[0], states;
  const restart = () => {
    states = live.ring.steps(Array.from({ length: W }, (_, rank) => Array(W).fill(2 ** rank)));
    step = Math.min(step, 2 * (W - 1));
  };
  const time = (s) => (s < 1e-3 ? `${two(1e6 * s)} µs` : s < 1 ? `${two(1e3 * s)} ms` : `${two(s)} s`);
  const two = (a) => Number(a.toPrecision(2)); // digits

  stage.picture((plot) => {
    const { context, width, height } = plot, { held, ranks, sent } = states[step];
    // The circle is as wide as there is room, and `apart` keeps those of equal height apart.
    const wide = width > 480, name = wide ? 52 : 16, tall = 28, apart = W % 2 ? Math.sin(Math.PI / W) : 0.86;
    const cell = Math.min(36, ((apart * width - 12) / (1 + apart) - name) / W), box = name + W * cell;
    const radius = Math.min((width - box) / 2 - 2, Math.max(200, (box + 30) / (2 * apart)));
    const lowest = 1 - Math.cos((2 * Math.PI * Math.floor(W / 2)) / W);
    const place = (rank) => {
      const turn = (2 * Math.PI * rank) / W;
      return [(width - box) / 2 + name + radius * Math.sin(turn), 18 + ((height - tall - 20) * (1 - Math.cos(turn))) / lowest];
    };

    for (let piece = 0; piece < W; piece++)
      plot.text(String(piece), place(0)[0] + (piece + 0.5) * cell, 13, { align: "center", color: "muted" });
    plot.text("piece", place(0)[0] - 7, 13, { align: "right", color: "muted" });
    held.forEach((pieces, rank) => {
      const [left, top] = place(rank);
      plot.text(wide ? `rank ${rank}` : String(rank), left - 7, top + tall / 2 + 5, { align: "right", bold: true });
      const edge = (piece, color, lineWidth) => {
        context.strokeStyle = plot.color(color);
        context.lineWidth = lineWidth;
        context.strokeRect(left + piece * cell, top, cell, tall);
      };
      pieces.forEach((_, piece) => {
        const full = ranks[rank][piece] / W;
        context.fillStyle = plot.color(full === 1 ? "gradient-tint" : "faint");
        context.fillRect(left + piece * cell, top + (1 - full) * tall, cell, full * tall);
        edge(piece, "muted", 1);
      });
      pieces.forEach(([value], piece) => {
        const complete = ranks[rank][piece] === W;
        if (complete) edge(piece, "gradient", 2);
        plot.text(String(value), left + (piece + 0.5) * cell, top + tall / 2 + 5, { align: "center", bold: complete });
      });
    });

    const copied = step >= W, color = copied ? "gradient" : "ink";
    for (const { rank, piece, to } of sent) {
      const [p, q] = [place(rank), place(to)], level = Math.abs(q[1] - p[1]) < tall;
      const down = level ? p[1] < height / 2 : q[1] > p[1];
      const [x0, x1] = [p, q].map(([left]) => left + (piece + 0.5) * cell);
      const y0 = p[1] + (down ? tall + 2 : -2), y1 = q[1] + (down === level ? tall + 2 : -2);
      const [mx, my] = [(x0 + x1) / 2, (y0 + y1) / 2 + (level ? (down ? 70 : -70) : 0)];
      context.strokeStyle = plot.color(color);
      context.lineWidth = 2;
      context.setLineDash(copied ? [5, 4] : []);
      context.beginPath();
      context.moveTo(x0, y0);
      context.quadraticCurveTo(mx, my, x1, y1);
      context.stroke();
      context.setLineDash([]);
      const long = Math.hypot(x1 - mx, y1 - my);
      plot.arrow(x1 - (10 / long) * (x1 - mx), y1 - (10 / long) * (y1 - my), x1, y1, { color });
    }

    const last = 2 * (W - 1), passes = sent.map(({ rank, piece, to }) => `rank ${rank} sends piece ${piece} to rank ${to}`);
    const rest = passes.slice(1).map((pass) => pass.replace(" sends", "")).join(", ");
    const done = step === last ? "Every rank has the sum of all vectors." : step === W - 1 ? "Every rank has one complete piece." : "";
    stage.say(step === 0 ? `Before the first step: rank 0 has ones, rank 1 twos${W > 2 ? ", rank 2 fours" : ""}${W > 3 ? " and so on" : ""}. Step forward.`
      : `Step ${step} of ${last}: ${passes[0]}, which ${copied ? "keeps" : "adds"} it; ${rest}. ${done}`);
    const { ring, naive } = live.ring.seconds(W, 4000 * 10 ** size, links[link]);
    const shown = [`${step} of ${last}`, `${step}/${W} of ${last}/${W}`, time(ring), `${step} of ${last}`, `${step} of ${last}`, time(naive)];
    shown.forEach((text, k) => { if (cells[k].textContent !== text) cells[k].textContent = text; });
    dial.input.max = last;
    dial.set(step);
    back.ariaDisabled = step === 0;
    forward.ariaDisabled = step === last;
  }, { ratio: 1, least: 480, tallest: 330, label: "The ranks on a circle, each with its vector in pieces, and arrows for the pieces that were sent" });

  const cells = Array.from({ length: 6 }, (_, k) => live.element("td", { ariaLive: k % 3 === 2 ? "polite" : "off" }));
  stage.table(["by now", "messages", "numbers, in n", "time in all"], [
    ["ring: each rank sends", ...cells.slice(0, 3)], ["naive: rank 0 receives, then sends", ...cells.slice(3)]]);

  const go = (to) => { step = Math.max(0, Math.min(to, 2 * (W - 1))); };
  stage.slider({ label: "workers", min: 2, max: 6, value: W, change: (given) => {
    W = given;
    restart();
  } });
  const dial = stage.slider({ label: "step", max: 2 * (W - 1), value: step, change: go });
  const back = stage.button("Step back", () => go(step - 1)), forward = stage.button("Step forward", () => go(step + 1));
  stage.play({
    interval: 900,
    step: () => {
      go(step === 2 * (W - 1) ? 0 : step + 1);
      return step < 2 * (W - 1);
    },
  });
  stage.slider({ label: "n", max: 5, value: size, change: (given) => { size = given; },
    format: (k) => `10${"³⁴⁵⁶⁷⁸"[k]} (${["4 kB", "40 kB", "400 kB", "4 MB", "40 MB", "400 MB"][k]})` });
  stage.choice({ label: "link", value: link, options: words.map((word) => [word, word]), change: (given) => { link = given; } });
  restart();
});
