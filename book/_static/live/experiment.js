// Chapter 7: the whole experiment of the paper, as its authors' program does it, again and again.
"use strict";

live.figure("experiment", (stage) => {
  const folds = 10, epochs = 20, loss = new minidl.MSELoss();
  // Framework, data, the paper's Table III: mean and standard deviation of ten runs.
  const table = [
    ["minidl", "train", 4.33, 1.83], ["minidl", "test", 4.88, 2.23],
    ["torch", "train", 10.17, 8.88], ["torch", "test", 16.59, 14.13],
  ];
  const names = { minidl: "Custom framework", torch: "PyTorch" };
  const inits = { minidl: "xavier_all", torch: "torch" };
  let width = 25, fold = 0, times = 0, rates = table.map(() => []);

  const unitSquare = (x) => {
    const moved = minidl.matrix(x.rows, 2, x);
    for (const j of [0, 1]) {
      const column = x.filter((_, k) => k % 2 === j), low = Math.min(...column), high = Math.max(...column);
      for (let n = 0; n < x.rows; n++) moved[2 * n + j] = (x[2 * n + j] - low) / (high - low);
    }
    return moved;
  };
  const repeat = () => {
    const generator = new minidl.Generator(1000 * times + fold);
    const [raw, y] = minidl.disc(1000, generator), [rawTest, yTest] = minidl.disc(1000, generator);
    const [x, xTest] = minidl.standardize(raw, rawTest);
    for (const framework of ["minidl", "torch"]) {
      const model = minidl.paperNetwork(width, 4, inits[framework], generator);
      // The program draws Figure 1 in its first fold, and so moves the points that PyTorch is tested on.
      const points = framework === "torch" && fold === 0 ? unitSquare(xTest) : xTest;
      let last;
      for (let epoch = 1; epoch <= epochs; epoch++) {
        minidl.trainEpoch(model, loss, x, y, { batchSize: 100, lr: 0.1 });
        if (epoch === epochs - 1) last = [minidl.errorRate(model.forward(x), y), minidl.errorRate(model.forward(points), yTest)];
      }
      if (framework === "torch") last[0] = minidl.errorRate(model.forward(x), y); // measured after its epoch
      const row = framework === "torch" ? 2 : 0;
      rates[row].push(100 * last[0]);
      rates[row + 1].push(100 * last[1]);
    }
    fold += 1;
  };
  const mean = (list) => list.reduce((sum, a) => sum + a, 0) / list.length;
  const std = (list) => Math.sqrt(list.reduce((sum, a) => sum + (a - mean(list)) ** 2, 0) / (list.length - 1));
  const text = (m, s) => `${live.number(m)} ± ${Number.isFinite(s) ? live.number(s) : "–"}`;

  const cells = table.map(() => live.element("td"));
  stage.table(["Error rate [%]", "this page", "the paper, Table III"], table.map(([framework, data, m, s], k) =>
    [`${names[framework]}, ${data}`, cells[k], text(m, s)]));
  stage.picture((plot) => {
    plot.frame({ x: [-0.5, 3.5], y: [0, 55], ticks: [table.map(([framework, data], k) => [k, data]), [0, 10, 20, 30, 40, 50]], labels: ["the custom framework, then PyTorch", "error rate of each repetition [%]"] });
    table.forEach(([framework, , m, s], k) => {
      plot.line([[k + 0.22, m - s], [k + 0.22, m + s]], { color: "ink", width: 1.5 });
      plot.dot(k + 0.22, m, { color: "ink", radius: 4, hollow: true });
      rates[k].forEach((rate, r) => plot.dot(k - 0.2 + 0.02 * (r % 10), Math.min(rate, 54), { color: framework, radius: 3 }));
      cells[k].textContent = rates[k].length ? text(mean(rates[k]), std(rates[k])) : "–";
    });
    stage.say(fold === 0 ? "Ten repetitions of both frameworks, each with new points and new first parameters."
      : fold < folds ? `Repetition ${fold} of ${folds} …`
      : `Ten new repetitions. In the first of them PyTorch is tested on moved points, as in the authors’ program: ${live.number(rates[3][0], 1)} % errors, and ${live.number(mean(rates[3].slice(1)), 1)} % in the mean of the other nine.`);
  }, { ratio: 0.6, tallest: 300, label: "Error rates of each repetition, and the paper’s mean and standard deviation" });

  const restart = () => {
    fold = 0;
    rates = table.map(() => []);
  };
  const player = stage.play({
    label: "Repeat the experiment",
    interval: 30,
    step: () => {
      if (fold === 0 || fold === folds) {
        restart();
        times += 1;
      }
      repeat();
      return fold < folds;
    },
  });
  stage.slider({ label: "width of the hidden layers", min: 5, max: 50, step: 5, value: width, change: (w) => {
    width = w;
    player.pause();
    restart();
  } });
});
