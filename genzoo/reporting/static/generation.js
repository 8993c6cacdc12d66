// ---- samples on their way from noise to data ------------------------------------------------------------------------

const MOMENTS = 20; // of the slider, from t = 0 to t = 1

// The slider of the way; `act` is told when it is moved.
function waySlider(act) {
  const slider = element("input", { type: "range", min: 0, max: MOMENTS, value: MOMENTS, ariaLabel: "Way from noise to data" });
  const output = element("output", { className: "step" });
  const row = element("div", { className: "way" }, element("b", { textContent: "noise" }), slider, element("b", { textContent: "data" }), output);
  const moved = {
    row,
    get time() { return Number(slider.value) / MOMENTS; },
    show() {
      const t = moved.time;
      output.textContent = t < 1 ? `t = ${t.toFixed(2)}, trained to the end` : "t = 1, the samples";
      slider.setAttribute("aria-valuetext", output.textContent);
      return output.textContent;
    },
    arrive() { slider.value = MOMENTS; },
  };
  slider.oninput = act;
  return moved;
}

// The film of one frame whose samples are on their way: where they are at time t, and no more of the model.
function onTheWay(film, t, source) {
  const { times } = film.path;
  let place = 0;
  while (place + 1 < times.length && times[place + 1] <= t + 1e-6) place += 1;
  const { shape, values } = decoded(film.path.states);
  const size = shape.slice(1).reduce((a, b) => a * b, 1);
  const samples = values.subarray(place * size, (place + 1) * size);
  const arrays = { samples: { shape: [1, ...shape.slice(1)], values: samples } };
  if (source.kind === "line") arrays.density = { shape: [1, source["grid 0"].length], values: smoothed(samples, source["grid 0"]) };
  return { ...film, steps: film.steps.slice(-1), arrays, time: times[place] };
}

// A Gaussian kernel estimate of a density from numbers, with the bandwidth of Silverman (1986).
function smoothed(numbers, grid) {
  const x = numbers.filter(Number.isFinite);
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  const deviation = Math.sqrt(x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length);
  const width = Math.max(0.9 * deviation * x.length ** -0.2, grid[1] - grid[0]);
  const height = 1 / (x.length * width * Math.sqrt(2 * Math.PI));
  return Float32Array.from(grid, (g) => height * x.reduce((sum, v) => sum + Math.exp(-0.5 * ((g - v) / width) ** 2), 0));
}
