// Chapter 3: where an entry of Y, dW, db or dX comes from: rows, columns, the sum written out.
"use strict";

live.figure("matrix", (stage) => {
  const rows = (...list) => minidl.matrix(list.length, list[0].length, list.flat());
  const x = rows([1, 2], [0, -1], [3, 1], [-2, 1]);
  const layer = new minidl.Linear(2, 3);
  layer.weight.set([1, 0, 2, -1, 0, 3]);
  layer.bias.set([1, 0, -2]);
  const y = layer.forward(x), grad = rows([1, 0, 2], [0, 1, -1], [2, 1, 0], [-1, 0, 1]);
  const dx = layer.backward(x, y, grad);

  // Each formula: its factors and its result; terms(i, j) lists the entries that are multiplied.
  const formulas = {
    "Y = X Wᵀ + b": {
      shown: [["X", x], ["W", layer.weight], ["b", layer.bias], ["Y", y]], result: y,
      terms: (n, i) => [...[0, 1].map((j) => [["X", n, j], ["W", i, j]]), [["b", 0, i]]],
    },
    "∂L/∂W = Gᵀ X": {
      shown: [["G", grad], ["X", x], ["∂L/∂W", layer.weightGrad]], result: layer.weightGrad,
      terms: (i, j) => [0, 1, 2, 3].map((n) => [["G", n, i], ["X", n, j]]),
    },
    "∂L/∂b = Σ rows of G": {
      shown: [["G", grad], ["∂L/∂b", layer.biasGrad]], result: layer.biasGrad,
      terms: (_, i) => [0, 1, 2, 3].map((n) => [["G", n, i]]),
    },
    "∂L/∂X = G W": {
      shown: [["G", grad], ["W", layer.weight], ["∂L/∂X", dx]], result: dx,
      terms: (n, j) => [0, 1, 2].map((i) => [["G", n, i], ["W", i, j]]),
    },
  };
  let chosen = "Y = X Wᵀ + b", at = [0, 0], votes = 0;

  const number = (a) => String(a).replace("-", "−");
  const picture = stage.picture((plot) => {
    const { shown, result, terms } = formulas[chosen];
    const parts = terms(...at), used = parts.slice(0, votes || parts.length);
    const marked = (name, i, j) => used.some((term) => term.some(([m, p, q]) => m === name && p === i && q === j));
    const columns = shown.reduce((sum, [, m]) => sum + m.columns + 1.1, -1.1);
    const top = 34, cell = Math.min(42, (plot.width - 8) / columns, (plot.height - top - 2) / 4);
    let left = (plot.width - cell * columns) / 2;
    picture.cells = [];
    for (const [name, m] of shown) {
      const isResult = m === result;
      plot.text(`${name} (${m.rows}, ${m.columns})`, left + (cell * m.columns) / 2, top - 12, { align: "center", color: "muted" });
      for (let i = 0; i < m.rows; i++)
        for (let j = 0; j < m.columns; j++) {
          const px = left + j * cell, py = top + i * cell, here = isResult && i === at[0] && j === at[1];
          const { context } = plot;
          if (here || (!isResult && marked(name, i, j))) {
            context.fillStyle = plot.color(/^[G∂]/.test(name) ? "gradient-tint" : "tint");
            context.fillRect(px, py, cell, cell);
          }
          context.strokeStyle = plot.color(here ? "ink" : "faint");
          context.lineWidth = here ? 2 : 1;
          context.strokeRect(px, py, cell, cell);
          const value = here ? used.reduce((sum, term) => sum + term.reduce((p, [k, a, b]) => p * entry(k, a, b), 1), 0) : m[i * m.columns + j];
          plot.text(number(value), px + cell / 2, py + cell / 2 + 5, { align: "center" });
          if (isResult) picture.cells.push([px, py, cell, i, j]);
        }
      left += cell * (m.columns + 1.1);
    }
    const sum = used.map((term) => term.map(([k, a, b]) => `(${number(entry(k, a, b))})`.replace(/\((\d+)\)/, "$1")).join(" · ")).join(" + ");
    const name = shown.at(-1)[0];
    const value = used.reduce((s, term) => s + term.reduce((p, [k, a, b]) => p * entry(k, a, b), 1), 0);
    stage.say(`${name} at row ${at[0]}, column ${at[1]}: ${sum} = ${number(value)}` +
      (/[Wb]$/.test(name) ? `. ${used.length} of 4 samples have voted.` : "."));
  }, { ratio: 0.5, tallest: 210, label: "Matrices with their entries" });
  const entry = (name, i, j) => {
    const m = formulas[chosen].shown.find(([n]) => n === name)[1];
    return m[i * m.columns + j];
  };
  const pick = (row, column) => {
    const { result } = formulas[chosen];
    at = [Math.min(result.rows - 1, Math.max(0, row)), Math.min(result.columns - 1, Math.max(0, column))];
    votes = 0;
    stage.redraw();
  };
  picture.canvas.addEventListener("pointermove", (event) => {
    const box = picture.canvas.getBoundingClientRect(), [px, py] = [event.clientX - box.left, event.clientY - box.top];
    const hit = picture.cells.find(([x0, y0, cell]) => px >= x0 && px < x0 + cell && py >= y0 && py < y0 + cell);
    if (hit && (hit[3] !== at[0] || hit[4] !== at[1])) pick(hit[3], hit[4]);
  });
  picture.canvas.addEventListener("pointerdown", (event) => picture.canvas.dispatchEvent(new PointerEvent("pointermove", event)));
  stage.choice({
    label: "Formula", value: chosen, options: Object.keys(formulas).map((f) => [f, f]),
    change: (formula) => {
      chosen = formula;
      pick(0, 0);
    },
  });
  stage.button("Next entry", () => {
    const { result } = formulas[chosen], next = at[0] * result.columns + at[1] + 1;
    pick(Math.floor(next / result.columns) % result.rows, next % result.columns);
  });
  stage.button("Term by term", () => {
    votes = (votes % formulas[chosen].terms(...at).length) + 1;
  });
});
