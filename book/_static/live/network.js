// The framework of this book once more, for its pages: modules, loss, step and starts,
// to be read beside minidl/*.py. Names and order are those of the Python; a matrix is a
// Float64Array of rows, one after the other, that knows its shape. A browser test trains
// both from the same parameters.
"use strict";

const minidl = {};

minidl.matrix = (rows, columns, numbers) =>
  Object.assign(new Float64Array(numbers ?? rows * columns), { rows, columns });

// y = x Wᵀ + b, shapes (N, in) and (N, out).
minidl.Linear = class {
  constructor(inFeatures, outFeatures) {
    this.weight = minidl.matrix(outFeatures, inFeatures);
    this.bias = minidl.matrix(1, outFeatures);
    this.weightGrad = minidl.matrix(outFeatures, inFeatures);
    this.biasGrad = minidl.matrix(1, outFeatures);
  }

  forward(x) {
    const { weight, bias } = this, { rows: outs, columns: ins } = weight;
    const y = minidl.matrix(x.rows, outs);
    for (let n = 0; n < x.rows; n++)
      for (let i = 0; i < outs; i++) {
        let sum = bias[i];
        for (let j = 0; j < ins; j++) sum += x[n * ins + j] * weight[i * ins + j];
        y[n * outs + i] = sum;
      }
    return y;
  }

  // dL/dx = G W; adds Gᵀ x to dL/dW and the rows of G to dL/db.
  backward(x, y, grad) {
    const { weight, weightGrad, biasGrad } = this, { rows: outs, columns: ins } = weight;
    const dx = minidl.matrix(x.rows, ins);
    for (let n = 0; n < x.rows; n++)
      for (let i = 0; i < outs; i++) {
        const g = grad[n * outs + i];
        biasGrad[i] += g;
        for (let j = 0; j < ins; j++) {
          weightGrad[i * ins + j] += g * x[n * ins + j];
          dx[n * ins + j] += g * weight[i * ins + j];
        }
      }
    return dx;
  }

  param() {
    return [[this.weight, this.weightGrad], [this.bias, this.biasGrad]];
  }
};

// A function applied to each number, and its derivative, told from what came out.
const activation = (f, slope) => class {
  forward(x) {
    return minidl.matrix(x.rows, x.columns, x.map(f));
  }

  backward(x, y, grad) {
    return minidl.matrix(y.rows, y.columns, grad.map((g, k) => g * slope(y[k])));
  }

  param() {
    return [];
  }
};

minidl.ReLU = activation((x) => Math.max(x, 0), (y) => Math.sign(y));
minidl.Tanh = activation(Math.tanh, (y) => 1 - y * y);
minidl.Sigmoid = activation((x) => 1 / (1 + Math.exp(-x)), (y) => y * (1 - y));

// The mean of the squares over all N·C numbers, and its gradient.
minidl.MSELoss = class {
  forward(prediction, target) {
    return prediction.reduce((sum, p, k) => sum + (p - target[k]) ** 2, 0) / target.length;
  }

  backward(prediction, target) {
    const scale = 2 / target.length;
    return minidl.matrix(
      target.rows, target.columns, prediction.map((p, k) => scale * (p - target[k])));
  }
};

minidl.Sequential = class {
  constructor(modules) {
    this.modules = modules;
  }

  forwardPass(x) {
    const outputs = [x];
    for (const module of this.modules) outputs.push(module.forward(outputs.at(-1)));
    return outputs;
  }

  backwardPass(outputs, grad) {
    for (let k = this.modules.length - 1; k >= 0; k--)
      grad = this.modules[k].backward(outputs[k], outputs[k + 1], grad);
    return grad;
  }

  forward(x) {
    return this.forwardPass(x).at(-1);
  }

  backward(x, y, grad) {
    return this.backwardPass(this.forwardPass(x), grad);
  }

  param() {
    return this.modules.flatMap((module) => module.param());
  }

  zeroGrad() {
    for (const [, grad] of this.param()) grad.fill(0);
  }

  gradientStep(lr) {
    for (const [parameter, grad] of this.param())
      for (let k = 0; k < parameter.length; k++) parameter[k] -= lr * grad[k];
  }
};

// One epoch: reset, forward, backward and step for each mini-batch; the mean loss comes back.
// With a generator the samples are first put in a random order.
minidl.trainEpoch = (model, loss, x, y, { batchSize, lr, generator }) => {
  let total = 0;
  for (const [xBatch, yBatch] of minidl.minibatches(x, y, batchSize, generator)) {
    model.zeroGrad();
    const outputs = model.forwardPass(xBatch);
    model.backwardPass(outputs, loss.backward(outputs.at(-1), yBatch));
    total += loss.forward(outputs.at(-1), yBatch) * xBatch.rows;
    model.gradientStep(lr);
  }
  return total / x.rows;
};

minidl.take = (x, order) => {
  const { columns } = x, taken = minidl.matrix(order.length, columns);
  order.forEach((row, k) =>
    taken.set(x.subarray(row * columns, (row + 1) * columns), k * columns));
  return taken;
};

minidl.minibatches = function* (x, y, batchSize, generator) {
  const order = Array.from({ length: x.rows }, (_, row) => row);
  if (generator)
    for (let k = order.length - 1; k > 0; k--) {
      const other = Math.floor(generator.uniform() * (k + 1));
      [order[k], order[other]] = [order[other], order[k]];
    }
  for (let first = 0; first < x.rows; first += batchSize) {
    const part = order.slice(first, first + batchSize);
    yield [minidl.take(x, part), minidl.take(y, part)];
  }
};

minidl.classes = (y) =>
  Array.from({ length: y.rows }, (_, n) => {
    const row = y.subarray(n * y.columns, (n + 1) * y.columns);
    return row.indexOf(Math.max(...row));
  });

// Share of the samples whose largest output stands in the wrong column.
minidl.errorRate = (prediction, target) => {
  const wanted = minidl.classes(target);
  const wrong = minidl.classes(prediction).filter((label, n) => label !== wanted[n]);
  return wrong.length / target.rows;
};

// Random numbers from a seed, not those of PyTorch: Marsaglia's xorshift with 32 bits of
// state, and normal ones by the method of Box and Muller.
minidl.Generator = class {
  constructor(seed) {
    this.state = Math.imul(seed + 1, 0x9e3779b1) || 1;
    for (let k = 0; k < 8; k++) this.uniform();
  }

  uniform() {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) / 2 ** 32;
  }

  normal() {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }
};

// Points of the square [−1, 1]² and one-hot targets: class 1 inside the disc of half its area.
minidl.RADIUS = Math.sqrt(2 / Math.PI);
minidl.disc = (n, generator) => {
  const x = minidl.matrix(n, 2).map(() => 2 * generator.uniform() - 1);
  const points = minidl.matrix(n, 2, x), y = minidl.matrix(n, 2);
  for (let k = 0; k < n; k++)
    y[2 * k + (x[2 * k] ** 2 + x[2 * k + 1] ** 2 < minidl.RADIUS ** 2)] = 1;
  return [points, y];
};

// One mean and one standard deviation, those of all training entries, for both.
minidl.standardize = (train, test) => {
  const mean = train.reduce((sum, a) => sum + a, 0) / train.length;
  const squares = train.reduce((sum, a) => sum + (a - mean) ** 2, 0);
  const std = Math.sqrt(squares / (train.length - 1));
  return [train, test].map((x) =>
    minidl.matrix(x.rows, x.columns, x.map((a) => (a - mean) / std)));
};

// A layer's first parameters: "xavier" (zero biases), "xavier_all" (biases as the weights)
// or "torch".
minidl.start = (layer, init, generator) => {
  const { rows: outs, columns: ins } = layer.weight;
  const std = Math.sqrt(2 / (ins + outs));
  const draw = init === "torch"
    ? () => (2 * generator.uniform() - 1) / Math.sqrt(ins)
    : () => std * generator.normal();
  for (const parameter of init === "xavier" ? [layer.weight] : [layer.weight, layer.bias])
    for (let k = 0; k < parameter.length; k++) parameter[k] = draw();
};

// The paper's network: two inputs, hidden layers with ReLU, two outputs.
minidl.paperNetwork = (width, layers, init, generator) => {
  const modules = [];
  let ins = 2;
  for (let k = 0; k < layers; k++) {
    modules.push(new minidl.Linear(ins, width), new minidl.ReLU());
    ins = width;
  }
  modules.push(new minidl.Linear(ins, 2));
  for (const module of modules)
    if (module instanceof minidl.Linear) minidl.start(module, init, generator);
  return new minidl.Sequential(modules);
};
