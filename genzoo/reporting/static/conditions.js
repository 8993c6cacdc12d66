// ---- conditions: a colour for each class or along a number, a row of images for each class ---------------------------

const NAMED = 10;
const PALETTE = 8;
const RAMP = 5;
const SHADES = 24;

const clamped = (share) => Math.min(1, Math.max(0, share));

// Tells the colour of a class or a number.
function hueOf(condition) {
  if (condition.classes) {
    const palette = Array.from({ length: PALETTE }, (_, k) => colour(`--row-${k}`));
    return (value) => palette[value % PALETTE];
  }
  const stops = Array.from({ length: RAMP }, (_, k) => rgb(colour(`--ramp-${k}`)));
  return (value) => {
    const share = clamped((value - condition.low) / (condition.high - condition.low));
    const at = (Math.round(share * SHADES) / SHADES) * (RAMP - 1);
    const k = Math.min(Math.floor(at), RAMP - 2);
    return `rgb(${stops[k].map((from, i) => Math.round(from + (at - k) * (stops[k + 1][i] - from))).join(",")})`;
  };
}

// The colours of samples and real examples of a conditional model; of others the one that is given.
function hues(source, film, ink) {
  return film.conditional ? source.given.map(hueOf(source.condition)) : ink;
}

// Samples on the line as short strokes at the foot of a chart.
function rug(context, source, film, index, to, foot) {
  const strokes = hues(source, film);
  frameOf(film, "samples", index).values.forEach((value, i) => {
    const x = to.x(value);
    context.globalAlpha = 0.7;
    polyline(context, [x, x], [foot - 12, foot - 1], { x: (v) => v, y: (v) => v }, strokes[i], 1);
  });
  context.globalAlpha = 1;
}

// Where images stand: in a square, one after the other.
function squares(count, width) {
  const across = Math.ceil(Math.sqrt(count));
  const side = width / across;
  return (k) => ({ x: (k % across) * side, y: Math.floor(k / across) * side, side });
}

// Or in a row for each class, under its name.
function classRows(context, source, count, width) {
  const given = source.given.slice(0, count);
  const classes = [...new Set(given)].sort((a, b) => a - b);
  const members = classes.map((one) => given.flatMap((value, k) => (value === one ? [k] : [])));
  const names = classes.map((one) => cut(source.condition.classes[one], 7));
  context.font = "11px sans-serif";
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.fillStyle = colour("--muted");
  const margin = 8 + Math.max(...names.map((name) => context.measureText(name).width));
  const side = (width - margin) / Math.max(classes.length, ...members.map((row) => row.length));
  names.forEach((name, row) => context.fillText(name, margin - 4, (row + 0.5) * side));
  return (k) => {
    const row = classes.indexOf(given[k]);
    return { x: margin + members[row].indexOf(k) * side, y: row * side, side };
  };
}

const cut = (name, most) => (name.length > most ? `${name.slice(0, most - 1)}…` : name);

// What colours and rows mean, in words and swatches.
function conditionKey(source) {
  const { name, classes, low, high } = source.condition;
  const key = element("p", { className: "key" });
  if (source.kind === "images") {
    const order = classes ? `a row for each class of the label ${name}` : `in order of ${name}`;
    key.append(`Images of conditional models: ${order}.`);
    return key;
  }
  const pale = source.kind === "points" ? ", real examples paler" : "";
  key.append(`Conditional models are coloured by ${name}${pale}:`);
  if (!classes) {
    key.append(` ${shown(low)} `, element("i", { className: "ramp" }), ` ${shown(high)}`);
    return key;
  }
  classes.slice(0, NAMED).forEach((one, k) => {
    const swatch = element("i");
    swatch.style.background = `var(--row-${k % PALETTE})`;
    key.append(element("span", {}, swatch, ` ${one}`));
  });
  if (classes.length > NAMED) key.append(`and ${classes.length - NAMED} more`);
  return key;
}
