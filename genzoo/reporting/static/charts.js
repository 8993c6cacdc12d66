// ---- numbers over training, drawn by Plotly --------------------------------------------------------------------------

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
const FORMAT = ".3~g";

const label = (step) => step.toLocaleString("en");
// Text in which Plotly sees no markup and no template.
const literal = (text) => text.replace(/[&<>%]/g, (c) => `&#${c.charCodeAt(0)};`);

// Limits that hold all but the wildest values.
function limits(lines, reference) {
  const known = lines.flatMap((line) => line.y).filter(Number.isFinite).sort((a, b) => a - b);
  const low = Math.min(known[Math.floor(0.01 * known.length)], reference ?? 0, 0);
  const high = Math.max(known[Math.ceil(0.99 * known.length) - 1], reference ?? low);
  const pad = 0.06 * (high - low) || 1;
  return [low - pad, high + pad];
}

// Charts of one source on the clock of its slider: a line for each model, a cursor at the frame that is shown.
class Charts {
  constructor(jump) {
    this.jump = jump;
    this.hidden = new Set();
    this.plot = element("div", { role: "img" });
    this.legend = element("fieldset", { className: "legend" });
    this.stage = element("div", { className: "plot" }, this.plot);
    this.root = element("div", { className: "charts" }, this.legend, this.stage);
  }

  // Pairs of a model's name and its film, on the union of their steps.
  show(films, steps) {
    this.steps = steps;
    this.panels = CHARTS.map(([key, title]) => ({
      key,
      title,
      lines: films.flatMap(([model, film]) =>
        Object.keys(film.values).filter((name) => lastPart(name) === key).map((name, i, all) => ({
          model,
          label: all.length > 1 ? `${model}, ${name.slice(0, name.lastIndexOf("/"))}` : model,
          x: film.steps.map(label),
          y: film.values[name],
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
    const [cell, height] = [width / columns, rows * CELL.height];
    this.areas = this.panels.map((_, i) => ({
      left: (i % columns) * cell + CELL.left,
      top: Math.floor(i / columns) * CELL.height + CELL.top,
      width: cell - CELL.left - CELL.right,
      height: CELL.height - CELL.top - CELL.bottom,
    }));
    Plotly.react(this.plot, this.traces(), this.layout(width, height), {
      displayModeBar: false, doubleClick: false, showTips: false,
    });
    if (!this.listening) {
      this.plot.on("plotly_click", ({ points }) => this.jump(this.steps.map(label).indexOf(points[0].x)));
    }
    this.listening = true;
    this.cursors = this.areas.map(({ top, height: tall }) => {
      const cursor = element("i", { className: "cursor" });
      Object.assign(cursor.style, { top: `${top}px`, height: `${tall}px` });
      return cursor;
    });
    this.stage.replaceChildren(this.plot, ...this.cursors);
    this.at(this.index);
  }

  traces() {
    return this.panels.flatMap((panel, i) => panel.lines.map((line) => ({
      type: "scatter",
      mode: "lines",
      name: literal(line.label),
      x: line.x,
      y: line.y,
      xaxis: `x${i + 1}`,
      yaxis: `y${i + 1}`,
      visible: !this.hidden.has(line.model),
      line: { color: colour(REPORT.colours[line.model].css), width: 1.5, dash: line.dashed ? "dash" : "solid" },
      hovertemplate: `${literal(line.label)}: %{y:${FORMAT}}<extra></extra>`,
    })));
  }

  layout(width, height) {
    const [text, muted, rule, ground] = ["--text", "--muted", "--rule", "--background"].map(colour);
    const last = this.steps.length - 1;
    const marks = [0, 1, 2, 3, 4].map((k) => Math.round((k * last) / 4));
    const axis = { fixedrange: true, linecolor: rule, showline: true, mirror: true, zeroline: false, ticks: "" };
    const layout = {
      width, height,
      margin: { l: 0, r: 0, t: 0, b: 0 },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: "system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif", size: 11, color: muted },
      showlegend: false,
      hovermode: this.panels[0].lines.length > 8 ? "closest" : "x unified",
      hoverdistance: 30,
      hoverlabel: { bgcolor: ground, bordercolor: muted, font: { color: text, size: 12 }, namelength: 40 },
      dragmode: false,
      annotations: [],
      shapes: [],
    };
    this.areas.forEach((area, i) => {
      const panel = this.panels[i];
      layout[`xaxis${i + 1}`] = {
        ...axis, showgrid: false, anchor: `y${i + 1}`, range: [-0.5, last + 0.5],
        domain: [area.left / width, (area.left + area.width) / width],
        type: "category", categoryorder: "array", categoryarray: this.steps.map(label),
        tickvals: marks.map((at) => label(this.steps[at])), tickangle: 0,
        unifiedhovertitle: { text: "step %{x}" },
      };
      layout[`yaxis${i + 1}`] = {
        ...axis, gridcolor: rule, anchor: `x${i + 1}`, range: limits(panel.lines, THEORY[panel.key]), nticks: 4,
        domain: [1 - (area.top + area.height) / height, 1 - area.top / height], tickformat: "~g", hoverformat: FORMAT,
      };
      layout.annotations.push({
        text: panel.title, showarrow: false, xref: "paper", yref: "paper", xanchor: "left", yanchor: "bottom",
        x: area.left / width, y: 1 - area.top / height, font: { size: 12, color: text },
      });
      if (panel.key in THEORY) {
        layout.shapes.push({
          type: "line", xref: `x${i + 1} domain`, yref: `y${i + 1}`, x0: 0, x1: 1,
          y0: THEORY[panel.key], y1: THEORY[panel.key], line: { color: text, width: 1, dash: "2px 3px" },
        });
      }
    });
    return layout;
  }

  // Moves the cursors only: cheap enough for every frame of a film.
  at(index) {
    this.index = index;
    const share = (index + 0.5) / this.steps.length;
    (this.cursors || []).forEach((cursor, i) => {
      cursor.style.left = `${this.areas[i].left + share * this.areas[i].width}px`;
    });
  }
}

