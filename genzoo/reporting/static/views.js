"use strict";
// The data of a report, and pictures of one frame of a film.

const REPORT = JSON.parse(document.getElementById("data").textContent);
const LAYERS = {
  real: "real examples",
  generated: "generated",
  discriminator: "discriminator",
  "log density": "model density",
  lattice: "latent grid",
  gradients: "gradients",
};
const ON_AT_FIRST = ["real", "generated", "discriminator", "log density"];

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
// What is dear has been made for the last frames only.
function frameOf(film, name, index) {
  if (!film.arrays[name]) return null;
  const { shape, values } = decoded(film.arrays[name]);
  const place = index - (film.steps.length - shape[0]);
  if (place < 0) return null;
  const size = shape.slice(1).reduce((a, b) => a * b, 1);
  return { values: values.subarray(place * size, (place + 1) * size), shape: shape.slice(1) };
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

// Points of one colour, or each of its own.
function dots(context, points, to, fill, radius, alpha) {
  if (Array.isArray(fill)) {
    for (let i = 0; 2 * i + 1 < points.length; i += 1) {
      dots(context, [points[2 * i], points[2 * i + 1]], to, fill[i], radius, alpha);
    }
    return;
  }
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
    if (layers.has("real")) {
      const pale = film.conditional ? 0.35 : 0.75;
      dots(context, decoded(source.real).values, to, hues(source, film, colour("--truth")), 1.5, pale);
    }
    const lattice = frameOf(film, "lattice", index);
    if (lattice && layers.has("lattice")) latticeLines(context, lattice, to, colour("--muted"));
    const samples = frameOf(film, "samples", index).values;
    if (layers.has("generated")) dots(context, samples, to, hues(source, film, ink), 1.9, 0.85);
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
    const lattice = layers.has("lattice") && frameOf(film, "lattice", index);
    const chart = (lattice ? 0.72 : 1) * height;
    const to = scales([limits, [0, most]], width, chart, 4);
    const unit = scales([limits, [0, 1.1]], width, chart, 4);
    if (truth && layers.has("real")) polyline(context, grid, truth, to, colour("--text"), 1.8, [2, 3]);
    if (layers.has("generated")) polyline(context, grid, model, to, ink, 1.8);
    if (layers.has("generated") && film.conditional) rug(context, source, film, index, to, chart);
    const judged = frameOf(film, "discriminator", index);
    if (judged && layers.has("discriminator")) {
      polyline(context, grid, judged.values, unit, colour("--row-0"), 1.5, [6, 3]);
      if (truth) {
        const best = grid.map((_, i) => truth[i] / (truth[i] + model[i]));
        polyline(context, grid, best, unit, colour("--row-0"), 0.7);
      }
    }
    if (!lattice) return;
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
    const bundle = (values, stroke, alpha) => {
      const size = source.positions.length;
      context.globalAlpha = alpha;
      for (let k = 0; k < values.length / size; k += 1) {
        const own = Array.isArray(stroke) ? stroke[k] : stroke;
        polyline(context, source.positions, values.subarray(k * size, (k + 1) * size), to, own, 0.9);
      }
      context.globalAlpha = 1;
    };
    if (layers.has("real")) bundle(decoded(source.real).values, colour("--truth"), 0.45);
    if (layers.has("generated")) bundle(frameOf(film, "samples", index).values, hues(source, film, ink), 0.6);
  },

  images({ context, width }, source, film, index, layers) {
    const tiles = layers.has("generated")
      ? frameOf(film, "samples", index)
      : { values: decoded(source.real).values, shape: source.real.shape };
    const [count, channels, rows, columns] = tiles.shape;
    const rowed = source.condition && source.condition.classes && (film.conditional || !layers.has("generated"));
    const place = rowed ? classRows(context, source, count, width) : squares(count, width);
    const [low, high] = source.box[0];
    const level = (v) => (255 * (v - low)) / (high - low || 1);
    const small = element("canvas", { width: columns, height: rows });
    const image = small.getContext("2d").createImageData(columns, rows);
    context.imageSmoothingEnabled = false;
    for (let k = 0; k < count; k += 1) {
      const at = (c, p) => level(tiles.values[(k * channels + Math.min(c, channels - 1)) * rows * columns + p]);
      for (let p = 0; p < rows * columns; p += 1) image.data.set([at(0, p), at(1, p), at(2, p), 255], 4 * p);
      small.getContext("2d").putImageData(image, 0, 0);
      const { x, y, side } = place(k);
      context.drawImage(small, x + 1, y + 1, side - 2, side - 2);
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
