// ---- one source: all models side by side on one clock ---------------------------------------------------------------

const FRAMES_A_SECOND = { slow: 2, normal: 6, fast: 15 };
const LEAST_CARD = 165;
const PAPER = 620; // pixels across a printed page, which a script cannot ask for
let printing = false;

class Player {
  constructor(root, source) {
    this.root = root;
    this.source = source;
    this.role = "median";
    this.view = "data";
    this.layers = new Set([...ON_AT_FIRST, ...(source.kind === "line" ? ["lattice"] : [])]);
    this.timer = null;
    this.build();
    this.arrange();
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
    this.slider.oninput = () => this.jump(Number(this.slider.value));
    this.output = element("output", { className: "step" });
    this.speed = element("select", { ariaLabel: "Speed" });
    for (const name of Object.keys(FRAMES_A_SECOND)) this.speed.add(new Option(name, name, name === "normal", name === "normal"));
    this.speed.onchange = () => { if (this.timer) { this.stop(); this.start(); } };
    const controls = element("div", { className: "controls" }, this.play, back, this.slider, on, this.output, this.speed);

    this.way = null;
    if (source.models.some((model) => Object.values(model.films).some((film) => film.path))) {
      this.way = waySlider(() => this.wander());
    }
    this.cards = source.models.map((model) => this.card(model));
    this.charts = new Charts((index) => this.jump(index));
    this.live = element("p", { className: "unseen", "aria-live": "polite" });
    this.table = element("div", { className: "cards" }, ...this.cards.map((card) => card.figure));
    root.append(controls);
    if (this.way) root.append(this.way.row);
    root.append(this.options());
    if (source.condition) root.append(conditionKey(source));
    root.append(this.table);
    if (source.note) root.append(element("p", { className: "made", textContent: source.note }));
    root.append(this.charts.root, this.live);
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
    const caption = element("figcaption", {}, title, seed);
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
    this.charts.show(this.source.models.map((model) => [model.name, this.film(model)]), this.steps);
    this.draw();
  }

  // ---- time ----

  start() {
    this.arrive();
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
    this.jump(Number(this.slider.value) + by);
  }

  jump(index) {
    this.stop();
    this.arrive();
    this.slider.value = index;
    this.draw();
  }

  // Samples are shown on their way as the trained model makes them.
  wander() {
    this.stop();
    this.slider.value = this.steps.length - 1;
    this.draw();
  }

  arrive() {
    if (this.way) this.way.arrive();
  }

  redraw() {
    this.arrange();
    this.charts.draw(printing ? PAPER : undefined);
    this.draw();
  }

  // Rows of cards as even as can be.
  arrange() {
    const count = this.cards.length;
    const most = Math.max(1, Math.floor(this.table.clientWidth / LEAST_CARD));
    const rows = Math.ceil(count / Math.min(most, count));
    this.table.style.gridTemplateColumns = `repeat(${Math.ceil(count / rows)}, minmax(0, 1fr))`;
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
    const clock = this.way ? `${this.output.textContent}, ${this.way.show()}` : this.output.textContent;
    const said = this.cards.map((card) => this.drawCard(card, step));
    this.charts.at(index);
    if (!this.timer) this.live.textContent = `${clock}. ${said.join("; ")}.`;
  }

  drawCard(card, step) {
    const film = this.film(card.model);
    const index = frameAt(film, step);
    const view = this.view === "data" ? this.source.kind : "codes";
    const ink = colour(REPORT.colours[card.model.name].css);
    const away = this.way && this.way.time < 1 && film.path ? onTheWay(film, this.way.time, this.source) : null;
    VIEWS[view](pen(card.canvas), this.source, away || film, away ? 0 : index, this.layers, ink);
    const last = film.steps.at(-1);
    const short = last < step ? `, trained for ${last.toLocaleString("en")} steps` : "";
    card.seed.textContent = `seed ${film.seed}${short}${away ? `, t = ${away.time.toFixed(2)}` : ""}`;
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
      .map(([name, values]) => [lastPart(name) === "loss" ? name.replace("/", " ") : lastPart(name), shown(values[index])]);
  }
}

const players = [...document.querySelectorAll(".player")].map(
  (root) => new Player(root, REPORT.sources[Number(root.dataset.source)]),
);
const redraw = () => players.forEach((player) => player.redraw());
let width = document.body.clientWidth;
new ResizeObserver(() => {
  if (document.body.clientWidth === width) return;
  width = document.body.clientWidth;
  redraw();
}).observe(document.body);
for (const query of ["(prefers-color-scheme: dark)", "print"]) matchMedia(query).addEventListener("change", redraw);
addEventListener("beforeprint", () => {
  document.querySelectorAll("details").forEach((d) => { d.open = true; });
  printing = true;
  redraw();
});
addEventListener("afterprint", () => { printing = false; redraw(); });

// While training goes on the page loads itself again, but not under the hands of somebody who watches a film.
let touched = -Infinity;
for (const kind of ["pointerdown", "keydown", "input"]) addEventListener(kind, () => { touched = performance.now(); });
if (REPORT.refresh) {
  setInterval(() => {
    if (players.some((player) => player.timer) || performance.now() - touched < 20000) return;
    location.reload();
  }, 1000 * REPORT.refresh);
}
