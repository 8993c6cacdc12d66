
// ---- numbers over training: small line charts in SVG ----------------------------------------------------------------

const CHARTS = [
  ["modes captured", "modes captured"],
  ["high quality", "high quality"],
  ["distance", "distance to the data"],
  ["implied JS", "JS that V implies [nats]"],
  ["accuracy", "accuracy of D"],
  ["loss", "losses"],
];
const THEORY = { accuracy: 0.5, "implied JS": 0 };
const CELL = { least: 235, height: 172, left: 40, right: 16, top: 24, bottom: 24 };
const MARKS = 5; // of the step axis
const TICKS = 5; // of a value axis, at most
const TOLD = 10; // lines whose values are told under the pointer, at most: those nearest to it

const label = (step) => step.toLocaleString("en");

function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// Limits that hold all but the wildest values.
function limits(lines, reference) {
  const known = lines.flatMap((line) => line.y).filter(Number.isFinite).sort((a, b) => a - b);
  const low = Math.min(known[Math.floor(0.01 * known.length)], reference ?? 0, 0);
  const high = Math.max(known[Math.ceil(0.99 * known.length) - 1], reference ?? low);
  const pad = 0.06 * (high - low) || 1;
  return [low - pad, high + pad];
}

// Round values between two limits, a 1, 2 or 5 times a power of ten apart.
function ticks([low, high], most = TICKS) {
  const power = 10 ** Math.floor(Math.log10((high - low) / most));
  const step = [1, 2, 5, 10, 20].map((k) => k * power).find((one) => Math.floor(high / one) - Math.ceil(low / one) < most);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, k) => Number(((first + k) * step).toPrecision(6)));
}

function tickLabel(value) {
  const size = Math.abs(value);
  const text = size && (size < 1e-3 || size >= 1e5) ? value.toExponential().replace("e+", "e") : String(value);
  return text.replace("-", "−");
}

// The parts of a line between the places where it has no value, as path data.
function pathData(xs, ys, to) {
  let data = "";
  let open = false;
  xs.forEach((x, i) => {
    const known = Number.isFinite(ys[i]);
    if (known) data += `${open ? "L" : "M"}${to.x(x).toFixed(1)} ${to.y(ys[i]).toFixed(1)}`;
    open = known;
  });
  return data;
}

// Charts of one source on the clock of its slider: a line for each model, a cursor at the frame that is shown.
class Charts {
  constructor(jump) {
    this.jump = jump;
    this.hidden = new Set();
    this.index = 0;
    this.plot = svg("svg", { role: "img" });
    this.told = element("div", { className: "told", hidden: true });
    this.legend = element("fieldset", { className: "legend" });
    this.stage = element("div", { className: "plot" }, this.plot, this.told);
    this.root = element("div", { className: "charts" }, this.legend, this.stage);
    this.plot.onpointermove = (event) => this.tell(event);
    this.plot.onpointerleave = () => this.hush();
    this.plot.onclick = (event) => {
      const place = this.under(event);
      if (place) this.jump(place.index);
    };
  }

  // Pairs of a model's name and its film, on the union of their steps.
  show(films, steps) {
    this.steps = steps;
    const at = new Map(steps.map((step, i) => [step, i]));
    this.panels = CHARTS.map(([key, title]) => ({
      key,
      title,
      lines: films.flatMap(([model, film]) =>
        Object.keys(film.values).filter((name) => lastPart(name) === key).map((name, i, all) => ({
          model,
          label: all.length > 1 ? `${model}, ${name.slice(0, name.lastIndexOf("/"))}` : model,
          steps: film.steps,
          x: film.steps.map((step) => at.get(step)),
          y: film.values[name],
          colour: `var(${REPORT.colours[model].css})`,
          dashed: i > 0 || REPORT.colours[model].dashed,
        }))),
    })).filter((panel) => panel.lines.some((line) => line.y.some(Number.isFinite)));
    this.root.hidden = !this.panels.length;
    this.buildLegend(films.map(([model]) => model));
    this.plot.setAttribute("aria-label",
      `Curves over training of all models: ${this.panels.map((panel) => panel.title).join(", ")}`);
    this.draw();
  }

  buildLegend(models) {
    const boxes = models.map((model) => {
      const box = element("input", { type: "checkbox", checked: !this.hidden.has(model), value: model });
      box.onchange = () => { this.hidden[box.checked ? "delete" : "add"](model); this.draw(); };
      const line = element("i", { className: REPORT.colours[model].dashed ? "dashed" : "" });
      line.style.borderColor = `var(${REPORT.colours[model].css})`;
      return element("label", {}, box, " ", line, ` ${model}`);
    });
    this.legend.replaceChildren(element("legend", { textContent: "Curves" }), ...boxes);
  }

  draw(width = this.stage.clientWidth) {
    if (!width || !this.panels.length) return;
    const most = Math.max(1, Math.min(this.panels.length, Math.floor(width / CELL.least)));
    const rows = Math.ceil(this.panels.length / most);
    const columns = Math.ceil(this.panels.length / rows);
    const cell = width / columns;
    const height = rows * CELL.height;
    for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })) {
      this.plot.setAttribute(name, value);
    }
    this.panels.forEach((panel, i) => {
      panel.left = (i % columns) * cell + CELL.left;
      panel.top = Math.floor(i / columns) * CELL.height + CELL.top;
      panel.width = cell - CELL.left - CELL.right;
      panel.height = CELL.height - CELL.top - CELL.bottom;
      panel.limits = limits(panel.lines, THEORY[panel.key]);
      panel.to = scales([[-0.5, this.steps.length - 0.5], panel.limits], panel.width, panel.height);
      panel.shown = panel.lines.filter((line) => !this.hidden.has(line.model));
    });
    this.hush();
    this.plot.replaceChildren(...this.panels.map((panel) => this.drawn(panel)));
    this.at(this.index);
  }

  drawn(panel) {
    const { left, top, width, height, to, title, key } = panel;
    const last = this.steps.length - 1;
    const places = Array.from({ length: MARKS }, (_, k) => Math.round((k * last) / (MARKS - 1)));
    const across = (y, kind) => svg("line", { class: kind, x2: width, y1: to.y(y), y2: to.y(y) });
    const upright = (kind) => svg("line", { class: kind, y2: height });
    const text = (words, x, y, kind) => svg("text", { class: kind, x, y }, words);
    panel.cursor = upright("cursor");
    panel.pointer = svg("g", { class: "pointer" });
    const rows = ticks(panel.limits);
    return svg("g", { class: "panel", transform: `translate(${left} ${top})` },
      text(title, 0, -6, "title"),
      ...rows.map((y) => across(y, "grid")),
      ...rows.map((y) => text(tickLabel(y), -4, to.y(y) + 4, "value")),
      ...[...new Set(places)].map((i) => text(label(this.steps[i]), to.x(i), height + 14, "mark")),
      svg("rect", { class: "frame", width, height }),
      ...(key in THEORY ? [across(THEORY[key], "theory")] : []),
      svg("svg", { style: `width:${width}px;height:${height}px` }, ...panel.shown.map((line) => svg("path", {
        class: line.dashed ? "line dashed" : "line",
        style: `stroke:${line.colour}`,
        d: pathData(line.x, line.y, to),
      }))),
      panel.cursor,
      panel.pointer,
    );
  }

  // Moves the cursors only: cheap enough for every frame of a film.
  at(index) {
    this.index = index;
    for (const { cursor, to } of this.panels) {
      if (cursor) cursor.setAttribute("transform", `translate(${to.x(index)} 0)`);
    }
  }

  // The panel under the pointer and the step there.
  under(event) {
    const { left, top } = this.plot.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    const panel = this.panels.find((one) =>
      x >= one.left && x <= one.left + one.width && y >= one.top && y <= one.top + one.height);
    if (!panel) return null;
    const share = (x - panel.left) / panel.width;
    return { panel, x, y, index: Math.min(Math.floor(share * this.steps.length), this.steps.length - 1) };
  }

  // Tells the values of the lines at the step under the pointer.
  tell(event) {
    this.hush();
    const place = this.under(event);
    if (!place) return;
    const { panel, index } = place;
    const known = panel.shown
      .filter((line) => line.steps.at(-1) >= this.steps[index])
      .map((line) => ({ line, at: frameAt(line, this.steps[index]) }))
      .map(({ line, at }) => ({ line, x: panel.to.x(line.x[at]), value: line.y[at] }))
      .filter(({ value }) => Number.isFinite(value));
    const away = ({ value }) => Math.abs(panel.top + panel.to.y(value) - place.y);
    const nearest = new Set([...known].sort((a, b) => away(a) - away(b)).slice(0, TOLD));
    const told = known.filter((one) => nearest.has(one));
    const x = panel.to.x(index);
    panel.pointer.append(svg("line", { x1: x, x2: x, y2: panel.height }));
    panel.pointer.append(...told.map((one) =>
      svg("circle", { style: `fill:${one.line.colour}`, cx: one.x, cy: panel.to.y(one.value), r: 3 })));
    const said = told.map(({ line, value }) => {
      const swatch = element("i", { className: line.dashed ? "dashed" : "" });
      swatch.style.borderColor = line.colour;
      return element("div", {}, swatch, ` ${line.label}: ${shown(value)}`);
    });
    this.told.replaceChildren(element("b", { textContent: `step ${label(this.steps[index])}` }), ...said);
    this.told.hidden = false;
    const room = this.stage.clientWidth - this.told.offsetWidth;
    const beside = panel.left + x + 12;
    this.told.style.left = `${Math.max(0, beside <= room ? beside : panel.left + x - 12 - this.told.offsetWidth)}px`;
    this.told.style.top = `${panel.top}px`;
  }

  hush() {
    this.told.hidden = true;
    for (const { pointer } of this.panels) if (pointer) pointer.replaceChildren();
  }
}
