// What the live figures stand on: a canvas that is sharp and follows the theme, dials that a
// keyboard reaches, a sentence that says what is shown.
"use strict";

const live = {
  still: matchMedia("(prefers-reduced-motion: reduce)"),

  // live.figure("bowl", (stage) => …) builds the figure with this name.
  figure(name, build) {
    const figure = document.getElementById(`fig-live-${name}`);
    const stage = new live.Stage(figure);
    build(stage);
    figure.querySelector("img").replaceWith(stage.root);
    stage.redraw();
    figure.dataset.ready = "yes";
  },
};

live.element = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

live.Stage = class {
  constructor(figure) {
    this.canvases = [];
    this.root = live.element("div", { className: "stage", role: "group" });
    this.root.setAttribute("aria-labelledby", `${figure.id}-caption`);
    figure.querySelector("figcaption").id = `${figure.id}-caption`;
    this.pictures = live.element("div", { className: "pictures" });
    this.dials = live.element("div", { className: "dials" });
    this.sentence = live.element("p", { className: "sentence" });
    this.sentence.setAttribute("aria-live", "polite");
    this.root.append(this.pictures, this.dials, this.sentence);
    new ResizeObserver(() => {
      if (this.root.clientWidth !== this.width) this.redraw();
    }).observe(this.root);
    new MutationObserver(() => this.redraw()).observe(document.documentElement,
      { attributeFilter: ["data-theme"] });
  }

  // A picture; draw(plot) is called whenever it has to be drawn. Its height is a share of its
  // width, at most `tallest` px; side by side with others it is at least `least` px wide.
  picture(draw, { ratio = 0.6, least = 220, tallest = Infinity, label = "" } = {}) {
    const canvas = live.element("canvas", { role: "img", ariaLabel: label });
    const box = live.element("div", { className: "picture" }, canvas);
    box.style.setProperty("--least", `${least}px`);
    const picture = { canvas, box, draw, ratio, tallest, handles: [] };
    this.pictures.append(box);
    this.canvases.push(picture);
    return picture;
  }

  // A table of words and cells: each row begins with its name.
  table(heads, rows) {
    const cell = (tag, given) => (given instanceof Node ? given : live.element(tag, { textContent: given }));
    const head = live.element("tr", {}, ...heads.map((word) => live.element("th", { textContent: word, scope: "col" })));
    const body = rows.map(([name, ...cells]) =>
      live.element("tr", {}, live.element("th", { textContent: name, scope: "row" }), ...cells.map((given) => cell("td", given))));
    this.pictures.append(live.element("table", { className: "results" }, live.element("thead", {}, head), live.element("tbody", {}, ...body)));
  }

  redraw() {
    const style = getComputedStyle(this.root.isConnected ? this.root : document.body);
    const sharp = devicePixelRatio || 1;
    this.width = this.root.clientWidth;
    for (const picture of this.canvases) {
      const width = picture.box.clientWidth || 320, height = Math.min(picture.tallest, Math.round(picture.ratio * width));
      const { canvas } = picture;
      canvas.style.height = `${height}px`;
      if (canvas.width !== Math.round(width * sharp) || canvas.height !== Math.round(height * sharp)) {
        canvas.width = Math.round(width * sharp);
        canvas.height = Math.round(height * sharp);
      }
      const context = canvas.getContext("2d");
      context.setTransform(sharp, 0, 0, sharp, 0, 0);
      context.clearRect(0, 0, width, height);
      context.font = `13px ${style.fontFamily}`;
      context.lineJoin = "round";
      picture.plot = new live.Plot(context, width, height, (name) =>
        style.getPropertyValue(`--live-${name}`).trim() || "gray");
      picture.draw(picture.plot);
      for (const handle of picture.handles) handle.place();
    }
  }

  say(text) {
    if (this.sentence.textContent !== text) this.sentence.textContent = text;
  }

  // A dial with its label and value; change(value) is called while it is turned.
  slider({ label, min = 0, max, step = 1, value, format = String, change }) {
    const output = live.element("output", { textContent: format(value) });
    const input = live.element("input", { type: "range", min, max, step, value });
    const show = () => {
      output.textContent = format(input.valueAsNumber);
      input.setAttribute("aria-valuetext", output.textContent);
    };
    input.addEventListener("input", () => {
      show();
      change(input.valueAsNumber);
      this.redraw();
    });
    let held; // a swipe that turns out to scroll the page has moved nothing
    input.addEventListener("pointerdown", () => { held = input.value; });
    input.addEventListener("pointercancel", () => {
      input.value = held;
      input.dispatchEvent(new Event("input"));
    });
    show();
    const name = live.element("span", { textContent: label });
    this.dials.append(live.element("label", {}, name, input, output));
    return { input, set: (given) => { input.value = given; show(); } };
  }

  // A choice among a few words: options is a list of [value, word].
  choice({ label, options, value, change }) {
    const name = `choice-${(live.choices = (live.choices ?? 0) + 1)}`;
    const group = live.element("fieldset", {}, live.element("legend", { textContent: label }));
    for (const [given, word] of options) {
      const input = live.element("input", { type: "radio", name, checked: given === value });
      input.addEventListener("change", () => {
        change(given);
        this.redraw();
      });
      group.append(live.element("label", {}, input, word));
    }
    this.dials.append(group);
    return group;
  }

  tick({ label, value = false, change }) {
    const input = live.element("input", { type: "checkbox", checked: value });
    input.addEventListener("change", () => {
      change(input.checked);
      this.redraw();
    });
    this.dials.append(live.element("label", {}, input, label));
    return input;
  }

  // One that cannot be pressed is ariaDisabled: were it disabled, it would lose the keyboard.
  button(label, press) {
    const button = live.element("button", { type: "button", className: "btn btn-sm", textContent: label });
    button.addEventListener("click", () => {
      if (button.ariaDisabled === "true") return;
      press();
      this.redraw();
    });
    this.dials.append(button);
    return button;
  }

  // A button that plays and pauses: step() is called at every interval until it returns false.
  // Where motion is not wanted, only the end is shown.
  play({ label = "Play", interval = 100, step }) {
    let timer;
    const pause = () => {
      timer = clearInterval(timer);
      button.textContent = label;
    };
    const once = () => {
      const ended = step() === false;
      if (ended) pause();
      if (ended || !live.still.matches) this.redraw();
    };
    const button = this.button(label, () => {
      if (timer) return pause();
      button.style.minWidth = `${button.offsetWidth}px`; // "Pause" is shorter
      timer = setInterval(once, live.still.matches ? 0 : interval);
      button.textContent = "Pause";
    });
    return { button, pause };
  }

  // Something in a picture that can be dragged, or moved with the arrow keys.
  // at() gives its place in the plot's numbers, move(x, y) takes a new one.
  handle(picture, { label, at, move, step = 0.05, text = () => "", axis = "both" }) {
    const knob = live.element("button", { type: "button", className: "handle", ariaLabel: label });
    knob.setAttribute("role", "slider");
    const place = () => {
      const [x, y] = at();
      knob.style.left = `${picture.plot.x(x)}px`;
      knob.style.top = `${picture.plot.y(y)}px`;
      knob.setAttribute("aria-valuetext", text());
      knob.setAttribute("aria-valuenow", axis === "y" ? y : x);
    };
    const moved = (x, y) => {
      move(x, y);
      this.redraw();
    };
    knob.addEventListener("pointerdown", (event) => {
      knob.setPointerCapture(event.pointerId);
      event.preventDefault();
      knob.focus();
    });
    knob.addEventListener("pointermove", (event) => {
      if (!knob.hasPointerCapture(event.pointerId)) return;
      const box = picture.canvas.getBoundingClientRect();
      moved(...picture.plot.back(event.clientX - box.left, event.clientY - box.top));
    });
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    knob.addEventListener("keydown", (event) => {
      const way = ways[event.key];
      if (!way) return;
      event.preventDefault();
      const [x, y] = at(), much = step * (event.shiftKey ? 5 : 1);
      moved(x + much * way[0], y + much * way[1]);
    });
    picture.box.append(knob);
    picture.handles.push({ place });
  }
};

// Axes and what is drawn between them. Until frame() says otherwise the units are pixels.
live.Plot = class {
  constructor(context, width, height, color) {
    Object.assign(this, { context, width, height, color });
    this.x = (a) => a;
    this.y = (b) => b;
    this.back = (a, b) => [a, b];
  }

  // Draw axes for the ranges; ticks are lists of numbers, or of [number, word].
  frame({ x: [left, right], y: [bottom, top], ticks = [[], []], labels = ["", ""], square = false,
          box = [0, 0, this.width, this.height] }) {
    const { context } = this;
    const words = ticks.map((list) => list.map((t) => (Array.isArray(t) ? t : [t, String(t).replace("-", "−")])));
    const widest = Math.max(0, ...words[1].map(([, word]) => context.measureText(word).width));
    let x0 = box[0] + 8 + (widest ? widest + 6 : 0), x1 = box[0] + box[2] - 10;
    let y0 = box[1] + (labels[1] ? 26 : 8), y1 = box[1] + box[3] - (words[0].length ? 22 : 6) - (labels[0] ? 18 : 0);
    if (square) {
      const side = Math.min(x1 - x0, y1 - y0), room = x1 - x0 - side;
      [x0, x1] = [x0 + room / 2, x1 - room / 2];
      y1 = y0 + side;
    }
    Object.assign(this, { x0, x1, y0, y1 });
    this.x = (a) => x0 + ((a - left) / (right - left)) * (x1 - x0);
    this.y = (b) => y1 - ((b - bottom) / (top - bottom)) * (y1 - y0);
    this.back = (px, py) => [
      left + ((px - x0) / (x1 - x0)) * (right - left),
      bottom + ((y1 - py) / (y1 - y0)) * (top - bottom)];
    context.strokeStyle = this.color("faint");
    context.lineWidth = 1;
    context.strokeRect(x0, y0, x1 - x0, y1 - y0);
    for (const [at, word] of words[0]) this.text(word, this.x(at), y1 + 15, { align: "center", color: "muted" });
    for (const [at, word] of words[1]) this.text(word, x0 - 6, this.y(at) + 4, { align: "right", color: "muted" });
    if (labels[0]) this.text(labels[0], (x0 + x1) / 2, box[1] + box[3] - 5, { align: "center", color: "muted" });
    if (labels[1]) this.text(labels[1], x0, box[1] + 15, { color: "muted" });
  }

  text(word, px, py, { align = "left", color = "ink", bold = false } = {}) {
    const { context } = this, { font } = context;
    if (bold) context.font = `bold ${font}`;
    context.textAlign = align;
    context.fillStyle = this.color(color);
    context.fillText(word, px, py);
    context.font = font;
  }

  inside(paint) {
    const { context } = this;
    context.save();
    context.beginPath();
    context.rect(this.x0, this.y0, this.x1 - this.x0, this.y1 - this.y0);
    context.clip();
    paint(context);
    context.restore();
  }

  line(points, { color = "ink", width = 2, dash = [] } = {}) {
    this.inside((context) => {
      context.beginPath();
      points.forEach(([a, b], k) => context[k ? "lineTo" : "moveTo"](this.x(a), this.y(b)));
      context.strokeStyle = this.color(color);
      context.lineWidth = width;
      context.setLineDash(dash);
      context.stroke();
      context.setLineDash([]);
    });
  }

  dot(a, b, { color = "ink", radius = 4, hollow = false } = {}) {
    const { context } = this;
    context.beginPath();
    context.arc(this.x(a), this.y(b), radius, 0, 2 * Math.PI);
    context[hollow ? "strokeStyle" : "fillStyle"] = this.color(color);
    context.lineWidth = 1.5;
    context[hollow ? "stroke" : "fill"]();
  }

  // Samples: class 0 as dots, class 1 as triangles, so that colour is not all that tells.
  samples(x, labels, size = 2.2) {
    const { context } = this;
    this.inside(() => {
      for (let n = 0; n < x.rows; n++) {
        const px = this.x(x[2 * n]), py = this.y(x[2 * n + 1]);
        context.fillStyle = this.color(labels[n] ? "inside" : "outside");
        context.beginPath();
        if (labels[n]) {
          context.moveTo(px, py - 1.3 * size);
          context.lineTo(px + 1.2 * size, py + size);
          context.lineTo(px - 1.2 * size, py + size);
        } else context.arc(px, py, size, 0, 2 * Math.PI);
        context.fill();
      }
    });
  }

  // Tint the square by the class that a function (x1, x2) ↦ true or false gives.
  region(inside, cells = 60) {
    const { context } = this, w = (this.x1 - this.x0) / cells, h = (this.y1 - this.y0) / cells;
    const tints = [this.color("outside-tint"), this.color("inside-tint")];
    for (let i = 0; i < cells; i++)
      for (let j = 0; j < cells; j++) {
        const px = this.x0 + i * w, py = this.y0 + j * h;
        context.fillStyle = tints[+inside(...this.back(px + w / 2, py + h / 2))];
        context.fillRect(px, py, w + 0.5, h + 0.5);
      }
  }

  circle(radius, { color = "ink" } = {}) {
    const { context } = this;
    this.inside(() => {
      context.beginPath();
      context.arc(this.x(0), this.y(0), this.x(radius) - this.x(0), 0, 2 * Math.PI);
      context.setLineDash([5, 4]);
      context.lineWidth = 1.3;
      context.strokeStyle = this.color(color);
      context.stroke();
      context.setLineDash([]);
    });
  }

  arrow(a0, b0, a1, b1, { color = "ink", width = 2, dash = [] } = {}) {
    const { context } = this;
    const [px, py, qx, qy] = [this.x(a0), this.y(b0), this.x(a1), this.y(b1)];
    const turn = Math.atan2(qy - py, qx - px), long = Math.hypot(qx - px, qy - py);
    if (long < 1) return;
    const head = Math.min(9, long);
    context.strokeStyle = context.fillStyle = this.color(color);
    context.lineWidth = width;
    context.setLineDash(dash);
    context.beginPath();
    context.moveTo(px, py);
    context.lineTo(qx - 0.7 * head * Math.cos(turn), qy - 0.7 * head * Math.sin(turn));
    context.stroke();
    context.setLineDash([]);
    context.beginPath();
    context.moveTo(qx, qy);
    for (const side of [2.7, -2.7])
      context.lineTo(qx + head * Math.cos(turn + side), qy + head * Math.sin(turn + side));
    context.fill();
  }
};

// The classes of a grid of points at once, as a function of the point for Plot.region.
live.classifier = (model, cells = 60) => {
  const grid = minidl.matrix(cells * cells, 2);
  for (let i = 0; i < cells; i++)
    for (let j = 0; j < cells; j++) {
      grid[2 * (i * cells + j)] = -1 + (2 * (i + 0.5)) / cells;
      grid[2 * (i * cells + j) + 1] = 1 - (2 * (j + 0.5)) / cells;
    }
  const classes = minidl.classes(model.forward(grid));
  const cell = (a) => Math.min(cells - 1, Math.max(0, Math.floor(((a + 1) / 2) * cells)));
  return (x1, x2) => classes[cell(x1) * cells + cells - 1 - cell(x2)] === 1;
};

// Numbers as the book writes them.
live.number = (value, digits = 2) => value.toFixed(digits).replace("-", "−");
live.digits = (value) => String(Number(value.toPrecision(2))); // two of them, and no e+
live.percent = (share, digits = 1) => `${(100 * share).toFixed(digits)} %`;
live.power = (value) => {
  const [digits, exponent] = value.toExponential(1).split("e");
  return `${digits}\u00a0·\u00a010${exponent.replace("+", "").replace(/./g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)])}`;
};
