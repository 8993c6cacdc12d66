"use strict";
// The films of a report: one player for each source, all models side by side on one clock.

const REPORT = JSON.parse(document.getElementById("data").textContent);
const FRAMES_A_SECOND = { slow: 2, normal: 6, fast: 15 };
const LAYERS = {
  real: "real examples",
  generated: "generated",
  discriminator: "discriminator",
  "log density": "model density",
  lattice: "latent grid",
  gradients: "gradients",
};
const ON_AT_FIRST = ["real", "generated", "discriminator", "log density"];
const CHARTS = [
  ["modes captured", "modes captured"],
  ["high quality", "high quality"],
  ["distance", "distance to the data"],
  ["implied JS", "JS that V implies [nats]"],
  ["accuracy", "accuracy of D"],
  ["loss", "losses"],
];

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const lastPart = (name) => name.slice(name.lastIndexOf("/") + 1);
const shown = (x) => (x === null || x === undefined ? "–" : String(Number(x.toPrecision(3))));

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// ---- data -----------------------------------------------------------------------------------------------------------

function decoded(packed) {
  if (packed.values) return packed;
  const bytes = Uint8Array.from(atob(packed.data), (c) => c.charCodeAt(0));
  const codes = packed.bits === 8 ? bytes : new Uint16Array(bytes.buffer);
  const [low, high] = packed.range;
  const largest = packed.bits === 8 ? 255 : 65534;
  packed.values = Float32Array.from(codes, (code, i) => {
    const column = i % low.length;
    return code > largest ? NaN : low[column] + (code / largest) * (high[column] - low[column]);
  });
  delete packed.data;
  return packed;
}

// The values of one frame, and the shape of a frame.
function frameOf(film, name, index) {
  if (!film.arrays[name]) return null;
  const { shape, values } = decoded(film.arrays[name]);
  const size = shape.slice(1).reduce((a, b) => a * b, 1);
  return { values: values.subarray(index * size, (index + 1) * size), shape: shape.slice(1) };
}

// The latest frame of a film at a step.
function frameAt(film, step) {
  let index = 0;
  while (index + 1 < film.steps.length && film.steps[index + 1] <= step) index += 1;
  return index;
}

// ---- drawing --------------------------------------------------------------------------------------------------------

function pen(canvas) {
  const scale = window.devicePixelRatio || 1;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  return { context, width, height };
}

function scales([[left, right], [bottom, top]], width, height, pad = 0) {
  return {
    x: (value) => pad + ((value - left) / (right - left)) * (width - 2 * pad),
    y: (value) => height - pad - ((value - bottom) / (top - bottom)) * (height - 2 * pad),
  };
}

function dots(context, points, to, fill, radius, alpha) {
  context.globalAlpha = alpha;
  context.fillStyle = fill;
  context.beginPath();
  for (let i = 0; i + 1 < points.length; i += 2) {
    const x = to.x(points[i]);
    const y = to.y(points[i + 1]);
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 2 * Math.PI);
  }
  context.fill();
  context.globalAlpha = 1;
}

function polyline(context, xs, ys, to, stroke, width, dash = []) {
  context.strokeStyle = stroke;
  context.lineWidth = width;
  context.setLineDash(dash);
  context.beginPath();
  let open = false;
  for (let i = 0; i < xs.length; i += 1) {
    if (!Number.isFinite(ys[i]) || !Number.isFinite(xs[i])) { open = false; continue; }
    if (open) context.lineTo(to.x(xs[i]), to.y(ys[i]));
    else context.moveTo(to.x(xs[i]), to.y(ys[i]));
    open = true;
  }
  context.stroke();
  context.setLineDash([]);
}

function rgb(css) {
  const digits = css.replace("#", "");
  return [0, 2, 4].map((i) => parseInt(digits.slice(i, i + 2), 16));
}

// A field on the grid (A, B) as colours; paint(value) gives [r, g, b, alpha].
function heat(context, field, width, height, paint) {
  const [columns, rows] = field.shape;
  const small = element("canvas", { width: columns, height: rows });
  const image = small.getContext("2d").createImageData(columns, rows);
  for (let i = 0; i < columns; i += 1) {
    for (let j = 0; j < rows; j += 1) {
      image.data.set(paint(field.values[i * rows + j]), 4 * ((rows - 1 - j) * columns + i));
    }
  }
  small.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = true;
  context.drawImage(small, 0, 0, width, height);
}

function discriminatorPaint() {
  const real = rgb(colour("--row-0"));
  const fake = rgb(colour("--row-1"));
  return (d) => [...(d > 0.5 ? real : fake), Math.min(1, Math.abs(d - 0.5) * 2) * 130];
}

function densityPaint(field) {
  const ink = rgb(colour("--row-5"));
  const most = field.values.reduce((a, b) => Math.max(a, b), -Infinity);
  return (log) => [...ink, 170 * Math.exp(log - most)];
}

function latticeLines(context, lattice, to, stroke) {
  const [rows, columns] = lattice.shape;
  const at = (i, j) => lattice.values.subarray(2 * (i * columns + j), 2 * (i * columns + j) + 2);
  const line = (cells) => polyline(context, cells.map((c) => c[0]), cells.map((c) => c[1]), to, stroke, 0.9);
  for (let j = 0; j < columns; j += 1) line(Array.from({ length: rows }, (_, i) => at(i, j)));
  if (columns > 1) for (let i = 0; i < rows; i += 1) line(Array.from({ length: columns }, (_, j) => at(i, j)));
}

// Arrows along the gradient of log D, the way the generator is pushed; the longest is a tenth of the panel.
function arrows(context, points, gradients, to, width, stroke) {
  const lengths = [];
  for (let i = 0; i < gradients.length; i += 2) lengths.push(Math.hypot(gradients[i], gradients[i + 1]));
  const longest = Math.max(...lengths.filter(Number.isFinite), 1e-12);
  context.strokeStyle = stroke;
  context.lineWidth = 1.1;
  context.beginPath();
  lengths.forEach((length, k) => {
    if (!(length > 0)) return;
    const reach = (0.1 * width * Math.sqrt(length / longest)) / length;
    const x = to.x(points[2 * k]);
    const y = to.y(points[2 * k + 1]);
    const dx = gradients[2 * k] * reach;
    const dy = -gradients[2 * k + 1] * reach;
    context.moveTo(x, y);
    context.lineTo(x + dx, y + dy);
    for (const turn of [2.6, -2.6]) {
      const [c, s] = [Math.cos(turn), Math.sin(turn)];
      context.moveTo(x + dx, y + dy);
      context.lineTo(x + dx + 0.3 * (c * dx - s * dy), y + dy + 0.3 * (s * dx + c * dy));
    }
  });
  context.stroke();
}

const VIEWS = {
  points({ context, width, height }, source, film, index, layers, ink) {
    const to = scales(source.box, width, height);
    const field = frameOf(film, "discriminator", index);
    if (field && layers.has("discriminator")) heat(context, field, width, height, discriminatorPaint());
    const density = frameOf(film, "log density", index);
    if (density && layers.has("log density")) heat(context, density, width, height, densityPaint(density));
    if (layers.has("real")) dots(context, decoded(source.real).values, to, colour("--truth"), 1.5, 0.75);
    const lattice = frameOf(film, "lattice", index);
    if (lattice && layers.has("lattice")) latticeLines(context, lattice, to, colour("--muted"));
    const samples = frameOf(film, "samples", index).values;
    if (layers.has("generated")) dots(context, samples, to, ink, 1.9, 0.85);
    const gradients = frameOf(film, "gradients", index);
    if (gradients && layers.has("gradients")) {
      arrows(context, samples, gradients.values, to, width, colour("--text"));
    }
  },

  // Figure 1 of Goodfellow et al. (2014): densities and D above, the map from z to x below.
  line({ context, width, height }, source, film, index, layers, ink) {
    const grid = source["grid 0"];
    const truth = source["data density"];
    const model = frameOf(film, "density", index).values;
    const most = 1.15 * (truth ? Math.max(...truth) : 1);
    const limits = source.box[0];
    const chart = 0.72 * height;
    const to = scales([limits, [0, most]], width, chart, 4);
    const unit = scales([limits, [0, 1.1]], width, chart, 4);
    if (truth && layers.has("real")) polyline(context, grid, truth, to, colour("--text"), 1.8, [2, 3]);
    if (layers.has("generated")) polyline(context, grid, model, to, ink, 1.8);
    const judged = frameOf(film, "discriminator", index);
    if (judged && layers.has("discriminator")) {
      polyline(context, grid, judged.values, unit, colour("--row-0"), 1.5, [6, 3]);
      if (truth) {
        const best = grid.map((_, i) => truth[i] / (truth[i] + model[i]));
        polyline(context, grid, best, unit, colour("--row-0"), 0.7);
      }
    }
    const lattice = frameOf(film, "lattice", index);
    if (!lattice || !layers.has("lattice")) return;
    const count = lattice.shape[0];
    const column = Math.floor(lattice.shape[1] / 2);
    for (let i = 0; i < count; i += 1) {
      const x = lattice.values[i * lattice.shape[1] + column];
      const from = width * (0.05 + (0.9 * i) / Math.max(count - 1, 1));
      polyline(context, [from, to.x(x)], [height - 4, chart + 6], { x: (v) => v, y: (v) => v }, ink, 0.8);
    }
  },

  curves({ context, width, height }, source, film, index, layers, ink) {
    const to = scales(source.box, width, height, 4);
    const bundle = (values, stroke, alpha, most) => {
      const size = source.positions.length;
      context.globalAlpha = alpha;
      for (let k = 0; k < Math.min(values.length / size, most); k += 1) {
        polyline(context, source.positions, values.subarray(k * size, (k + 1) * size), to, stroke, 0.9);
      }
      context.globalAlpha = 1;
    };
    if (layers.has("real")) bundle(decoded(source.real).values, colour("--truth"), 0.45, 60);
    if (layers.has("generated")) bundle(frameOf(film, "samples", index).values, ink, 0.6, 50);
  },

  images({ context, width }, source, film, index, layers) {
    const tiles = layers.has("generated")
      ? frameOf(film, "samples", index)
      : { values: decoded(source.real).values, shape: source.real.shape };
    const [count, channels, rows, columns] = tiles.shape;
    const across = Math.ceil(Math.sqrt(count));
    const side = width / across;
    const [low, high] = source.box[0];
    const level = (v) => (255 * (v - low)) / (high - low || 1);
    const small = element("canvas", { width: columns, height: rows });
    const image = small.getContext("2d").createImageData(columns, rows);
    context.imageSmoothingEnabled = false;
    for (let k = 0; k < count; k += 1) {
      const at = (c, p) => level(tiles.values[(k * channels + Math.min(c, channels - 1)) * rows * columns + p]);
      for (let p = 0; p < rows * columns; p += 1) image.data.set([at(0, p), at(1, p), at(2, p), 255], 4 * p);
      small.getContext("2d").putImageData(image, 0, 0);
      context.drawImage(small, (k % across) * side + 1, Math.floor(k / across) * side + 1, side - 2, side - 2);
    }
  },

  // Codes of the same real examples, coloured by mode, in the frame of the last ones.
  codes({ context, width, height }, source, film, index) {
    const codes = frameOf(film, "codes", index);
    if (!codes) {
      context.fillStyle = colour("--muted");
      context.font = "13px sans-serif";
      context.textAlign = "center";
      context.fillText("no encoder", width / 2, height / 2);
      return;
    }
    const single = codes.shape[1] === 1;
    const place = (values, i) => (single ? [values[i], source.labels ? source.labels[i] : 0] : [values[2 * i], values[2 * i + 1]]);
    const last = frameOf(film, "codes", film.steps.length - 1).values;
    const ends = Array.from({ length: codes.shape[0] }, (_, i) => place(last, i));
    const range = (k) => {
      const all = ends.map((e) => e[k]).filter(Number.isFinite);
      const [low, high] = [Math.min(...all), Math.max(...all)];
      const pad = 0.15 * (high - low) || 1;
      return [low - pad, high + pad];
    };
    const to = scales([range(0), range(1)], width, height);
    for (let i = 0; i < codes.shape[0]; i += 1) {
      const label = source.labels ? source.labels[i] : -1;
      dots(context, place(codes.values, i), to, colour(label < 0 ? "--truth" : `--row-${label % 8}`), 2.2, 0.85);
    }
  },
};

// ---- one source -----------------------------------------------------------------------------------------------------

class Player {
  constructor(root, source) {
    this.root = root;
    this.source = source;
    this.role = "median";
    this.view = "data";
    this.layers = new Set(ON_AT_FIRST);
    this.timer = null;
    this.build();
    this.useRole("median");
  }

  build() {
    const { root, source } = this;
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", `Training on ${source.source}, step by step`);
    this.play = element("button", { type: "button", className: "play", textContent: "▶ Play" });
    this.play.onclick = () => (this.timer ? this.stop() : this.start());
    const back = element("button", { type: "button", textContent: "‹", ariaLabel: "One frame back" });
    const on = element("button", { type: "button", textContent: "›", ariaLabel: "One frame on" });
    back.onclick = () => this.move(-1);
    on.onclick = () => this.move(1);
    this.slider = element("input", { type: "range", min: 0, ariaLabel: "Training step" });
    this.slider.oninput = () => { this.stop(); this.draw(); };
    this.output = element("output", { className: "step" });
    this.speed = element("select", { ariaLabel: "Speed" });
    for (const name of Object.keys(FRAMES_A_SECOND)) this.speed.add(new Option(name, name, name === "normal", name === "normal"));
    this.speed.onchange = () => { if (this.timer) { this.stop(); this.start(); } };
    const controls = element("div", { className: "controls" }, this.play, back, this.slider, on, this.output, this.speed);

    this.cards = source.models.map((model) => this.card(model));
    this.charts = element("div", { className: "charts" });
    this.live = element("p", { className: "unseen", "aria-live": "polite" });
    const cards = element("div", { className: "cards" }, ...this.cards.map((card) => card.figure));
    root.append(controls, this.options(), cards, this.charts, this.live);
    root.onkeydown = (event) => this.key(event);
  }

  options() {
    const has = (name) => this.source.models.some((m) => Object.values(m.films).some((f) => f.arrays[name]));
    const roles = this.choice("Seed", ["median", "worst"], this.role, (role) => this.useRole(role));
    const drawn = { points: Object.keys(LAYERS), line: ["real", "generated", "discriminator", "lattice"] };
    const names = (drawn[this.source.kind] || ["real", "generated"]).filter((name) =>
      name === "real" || name === "generated" || has(name));
    const boxes = names.map((name) => {
      const box = element("input", { type: "checkbox", checked: this.layers.has(name), value: name });
      box.onchange = () => { this.layers[box.checked ? "add" : "delete"](name); this.draw(); };
      return element("label", {}, box, ` ${LAYERS[name]}`);
    });
    const layers = element("fieldset", {}, element("legend", { textContent: "Show" }), ...boxes);
    const options = element("div", { className: "options" }, roles, layers);
    if (has("codes")) {
      options.append(this.choice("View", ["data", "latent codes"], this.view, (view) => { this.view = view; this.draw(); }));
    }
    return options;
  }

  choice(legend, names, chosen, act) {
    const group = `${this.root.id}-${legend}`;
    const labels = names.map((name) => {
      const radio = element("input", { type: "radio", name: group, value: name, checked: name === chosen });
      radio.onchange = () => act(name);
      return element("label", {}, radio, ` ${name}`);
    });
    return element("fieldset", {}, element("legend", { textContent: legend }), ...labels);
  }

  card(model) {
    const title = element("b", { textContent: model.name });
    const seed = element("span", { className: "seed" });
    const canvas = element("canvas", { role: "img" });
    const numbers = element("dl");
    const caption = element("figcaption", {}, title, " ", seed);
    title.style.color = `var(${REPORT.colours[model.name].css})`;
    return { model, seed, canvas, numbers, figure: element("figure", {}, caption, canvas, numbers) };
  }

  film(model) {
    return model.films[this.role];
  }

  useRole(role) {
    const before = this.steps ? this.steps[this.slider.value] : Infinity;
    this.role = role;
    this.steps = [...new Set(this.source.models.flatMap((model) => this.film(model).steps))].sort((a, b) => a - b);
    this.slider.max = this.steps.length - 1;
    this.slider.value = frameAt({ steps: this.steps }, before);
    this.buildCharts();
    this.draw();
  }

  // ---- time ----

  start() {
    if (Number(this.slider.value) >= this.steps.length - 1) this.slider.value = 0;
    this.play.textContent = "❚❚ Pause";
    this.timer = setInterval(() => this.tick(), 1000 / FRAMES_A_SECOND[this.speed.value]);
    this.draw();
  }

  tick() {
    this.slider.value = Number(this.slider.value) + 1;
    if (Number(this.slider.value) >= this.steps.length - 1) this.stop();
    this.draw();
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.play.textContent = "▶ Play";
  }

  move(by) {
    this.stop();
    this.slider.value = Number(this.slider.value) + by;
    this.draw();
  }

  key(event) {
    const typing = ["BUTTON", "INPUT", "SELECT"].includes(event.target.tagName);
    if (event.key === " " && (!typing || event.target === this.slider)) {
      event.preventDefault();
      this.play.click();
    } else if (!typing && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
      event.preventDefault();
      this.move(event.key === "ArrowLeft" ? -1 : 1);
    }
  }

  // ---- pictures ----

  draw() {
    const index = Number(this.slider.value);
    const step = this.steps[index];
    this.output.textContent = `step ${step.toLocaleString("en")} of ${this.steps.at(-1).toLocaleString("en")}`;
    this.slider.setAttribute("aria-valuetext", this.output.textContent);
    const said = this.cards.map((card) => this.drawCard(card, step));
    for (const chart of this.drawn) this.drawChart(chart, index);
    if (!this.timer) this.live.textContent = `${this.output.textContent}. ${said.join("; ")}.`;
  }

  drawCard(card, step) {
    const film = this.film(card.model);
    const index = frameAt(film, step);
    const view = this.view === "data" ? this.source.kind : "codes";
    VIEWS[view](pen(card.canvas), this.source, film, index, this.layers, colour(REPORT.colours[card.model.name].css));
    const early = film.steps.at(-1) < step ? ` at its last frame, step ${film.steps.at(-1).toLocaleString("en")}` : "";
    card.seed.textContent = `seed ${film.seed}${early}`;
    const values = this.values(film, index);
    card.numbers.replaceChildren(
      ...values.flatMap(([name, value]) => [element("dt", { textContent: name }), element("dd", { textContent: value })]),
    );
    const said = `${card.model.name}: ${values.map(([name, value]) => `${name} ${value}`).join(", ")}`;
    card.canvas.setAttribute("aria-label", said);
    return said;
  }

  values(film, index) {
    const wanted = ["modes captured", "high quality", "distance", "implied JS", "accuracy", "loss"];
    return Object.entries(film.values)
      .filter(([name]) => wanted.includes(lastPart(name)))
      .map(([name, values]) => [lastPart(name) === "loss" ? name : lastPart(name), shown(values[index])]);
  }

  buildCharts() {
    this.drawn = [];
    for (const [key, title] of CHARTS) {
      const lines = this.source.models.flatMap((model) => {
        const film = this.film(model);
        return Object.keys(film.values).filter((name) => lastPart(name) === key).map((name, i) => ({
          values: this.steps.map((s) => (s > film.steps.at(-1) ? null : film.values[name][frameAt(film, s)])),
          css: REPORT.colours[model.name].css,
          dash: i ? [5, 3] : [],
        }));
      });
      if (!lines.some((line) => line.values.some((v) => v !== null))) continue;
      const canvas = element("canvas", { role: "img", ariaLabel: `${title} over training, all models` });
      canvas.onclick = (event) => {
        const share = (event.offsetX - 34) / (canvas.clientWidth - 42);
        this.slider.value = Math.round(share * (this.steps.length - 1));
        this.stop();
        this.draw();
      };
      this.drawn.push({ lines, canvas, figure: element("figure", {}, element("figcaption", { textContent: title }), canvas) });
    }
    this.charts.replaceChildren(...this.drawn.map((chart) => chart.figure));
  }

  drawChart({ lines, canvas }, index) {
    const { context, width, height } = pen(canvas);
    const known = lines.flatMap((line) => line.values).filter((v) => v !== null).sort((a, b) => a - b);
    const low = Math.min(0, known[Math.floor(0.01 * known.length)]);
    const high = known[Math.ceil(0.99 * known.length) - 1];
    const pad = 0.06 * (high - low) || 1;
    const to = scales([[0, this.steps.length - 1], [low - pad, high + pad]], width - 42, height - 22);
    context.font = "11px sans-serif";
    context.fillStyle = colour("--muted");
    context.textAlign = "right";
    for (const value of [low, high]) context.fillText(String(Number(value.toPrecision(2))), 30, to.y(value) + 4);
    context.save();
    context.translate(34, 0);
    context.textAlign = "center";
    const last = this.steps.length - 1;
    for (const at of [0, Math.round(last / 2), last]) {
      context.textAlign = at === last ? "right" : at ? "center" : "left";
      context.fillText(this.steps[at].toLocaleString("en"), to.x(at), height - 6);
    }
    context.strokeStyle = colour("--rule");
    context.strokeRect(0, 0, width - 42, height - 22);
    context.beginPath();
    context.rect(0, 0, width - 42, height - 22);
    context.clip();
    const xs = this.steps.map((_, i) => i);
    for (const line of lines) {
      polyline(context, xs, line.values.map((v) => (v === null ? NaN : v)), to, colour(line.css), 1.4, line.dash);
    }
    polyline(context, [index, index], [low - pad, high + pad], to, colour("--text"), 1);
    context.restore();
  }
}

const players = [...document.querySelectorAll(".player")].map(
  (root) => new Player(root, REPORT.sources[Number(root.dataset.source)]),
);
const redraw = () => players.forEach((player) => player.draw());
new ResizeObserver(redraw).observe(document.body);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
addEventListener("beforeprint", () => { document.querySelectorAll("details").forEach((d) => { d.open = true; }); });
