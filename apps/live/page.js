// Draws the snapshots of a run and sends what the viewer asks. Each number shown stands in an element
// whose id is its key and whose data-value is its exact value.
"use strict";

const byId = id => document.getElementById(id);
const root = document.documentElement;
let snapshot = {}, control = { paused: false, speed: 0 }, socket = null, ended = false;

// ---- Numbers ---------------------------------------------------------------------------------------

const labels = {  // in the order of their tiles: name, unit
  objective: ["objective", ""],
  atoms_recovered: ["atoms recovered", ""],
  sparsity: ["active atoms", "a sample"],
  spikes_per_sample: ["spikes a sample", ""],
  energy_per_sample_j: ["energy a sample", "J"],
  samples_per_s: ["samples a second", ""],
  reference_objective: ["reference objective", ""],
  spikes: ["spikes so far", ""],
  energy_j: ["energy so far", "J"],
};
const notes = {  // under another's tile, where that is there: tile, words before and after
  reference_objective: ["objective", "reference ", ""],
  spikes: ["spikes_per_sample", "", " so far"],
  energy_j: ["energy_per_sample_j", "", " so far"],
};
const meters = { symmetry: "F ≈ Bᵀ", consistency: "H ≈ FB" };  // agreement of weights
const elsewhere = new Set(["samples", "samples_total", ...Object.keys(meters)]);

function grouped(value, digits) {
  return value.toLocaleString("en", { maximumFractionDigits: digits }).replaceAll(",", "\u202f");
}

// About four digits, as people read them: [number, unit with its prefix].
function readable(value, unit) {
  if (unit === "J" && value !== 0 && Math.abs(value) < 1e3) {
    const prefixes = ["", "m", "µ", "n", "p", "f"];
    let k = 0;
    while (k < prefixes.length - 1 && Math.abs(value) < 0.9995) { value *= 1e3; ++k; }
    return [value.toPrecision(4).replace(/e.*/, ""), prefixes[k] + unit];
  }
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e15) return [grouped(value, 0), unit];
  if (size >= 1e7 || size < 1e-3) return [value.toExponential(3).replace("e", " e"), unit];
  return [size >= 1e3 ? grouped(value, 0) : value.toPrecision(4), unit];
}

const isNumber = value => typeof value === "number" && Number.isFinite(value);

function element(tag, parent, className) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  parent.append(made);
  return made;
}

// The element of a number, made when it first appears.
function holder(key, make) {
  const found = byId(key);
  return found || Object.assign(make(), { id: key });
}

function showNumber(where, value, text) {
  where.dataset.value = JSON.stringify(value);
  if (where.textContent !== text) where.textContent = text;
}

function showTile(key, value) {
  const [label, unit] = labels[key] || [key.replaceAll("_", " "), ""];
  const [text, scaled] = readable(value, unit);
  const [other, before, after] = notes[key] || [];
  if (other && isNumber(snapshot[other])) {
    const note = holder(key, () => {
      const line = element("dd", byId(other).closest("div"), "note");
      line.append(before);
      const made = element("span", line);
      line.append(after);
      return made;
    });
    return showNumber(note, value, `${text} ${scaled}`.trim());
  }
  const number = holder(key, () => {
    const tile = element("div", byId("numbers"));
    const order = Object.keys(labels).indexOf(key);
    tile.style.order = order < 0 ? 99 : order;
    element("dt", tile).textContent = label;
    const line = element("dd", tile);
    const made = element("span", line);
    element("span", line, "unit");
    return made;
  });
  showNumber(number, value, text);
  if (number.nextElementSibling) number.nextElementSibling.textContent = scaled;
}

function showMeter(key, value) {
  const number = holder(key, () => {
    const place = byId("meters");
    element("dt", place).textContent = meters[key];
    element("div", element("div", place, "track"));
    return element("dd", place);
  });
  showNumber(number, value, value.toFixed(4));
  const share = Math.min(1, Math.max(0, value));
  number.previousElementSibling.firstElementChild.style.width = `${100 * share}%`;
}

function showState() {
  const learning = snapshot.state || (isNumber(snapshot.samples) ? "learning" : "starting");
  const state = learning !== "done" && control.paused ? "paused" : learning;
  showNumber(byId("state"), state, state);
  root.className = state;
  const done = state === "done" || !socket || socket.readyState !== WebSocket.OPEN;
  byId("pause").disabled = byId("speed").disabled = done;
  byId("pause").textContent = control.paused ? "Resume" : "Pause";
  byId("pause").setAttribute("aria-pressed", control.paused);
}

function showProgress() {
  const { samples, samples_total: total } = snapshot;
  const place = byId("progress");
  if (!isNumber(samples)) return;
  const count = holder("samples", () => element("span", place));
  showNumber(count, samples, grouped(samples, 0));
  if (isNumber(total)) {
    const all = holder("samples_total", () => {
      element("span", place).textContent = " of ";
      const made = element("span", place);
      element("span", place).textContent = " samples";
      return made;
    });
    showNumber(all, total, grouped(total, 0));
    byId("bar").style.width = `${total > 0 ? Math.min(100, 100 * samples / total) : 0}%`;
  }
}

// ---- Pictures --------------------------------------------------------------------------------------

const colour = name => getComputedStyle(root).getPropertyValue(name).trim();

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), character => character.charCodeAt(0));
}

let drawnPixels = null;

// Atoms side by side with a gap of one pixel.
function drawAtoms({ width, height, count, pixels }) {
  if (pixels === drawnPixels) return;
  drawnPixels = pixels;
  const bytes = bytesOf(pixels), size = width * height;
  if (!(size > 0) || bytes.length < size * count) return;
  byId("atoms_figure").hidden = false;
  const columns = Math.max(1, Math.ceil(Math.sqrt(count * height / width)));
  const rows = Math.ceil(count / columns);
  const canvas = byId("atoms");
  const across = columns * (width + 1) - 1, down = rows * (height + 1) - 1;
  const scale = Math.max(1, Math.floor(1100 / across));
  const small = document.createElement("canvas");
  [small.width, small.height] = [across, down];
  const image = new ImageData(across, down);
  for (let atom = 0; atom < count; ++atom) {
    const left = (atom % columns) * (width + 1), top = Math.floor(atom / columns) * (height + 1);
    for (let p = 0; p < size; ++p) {
      const grey = bytes[atom * size + p];
      const to = 4 * ((top + Math.floor(p / width)) * across + left + p % width);
      image.data[to] = image.data[to + 1] = image.data[to + 2] = grey;
      image.data[to + 3] = 255;
    }
  }
  small.getContext("2d").putImageData(image, 0, 0);
  canvas.width = across * scale;
  canvas.height = down * scale;
  canvas.style.aspectRatio = `${across} / ${down}`;
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, canvas.width, canvas.height);
  byId("atoms_caption").textContent = `The ${count} atoms, ${width} × ${height}, as they are now.`;
}

// Neurons upwards, layer after layer, each in its colour; a line where the second phase begins.
function drawRaster({ layers, duration_tau: duration, phase_tau: phase, spikes }) {
  const neurons = layers.reduce((sum, [, size]) => sum + size, 0);
  if (!(duration > 0) || !(neurons > 0)) return;
  byId("raster_figure").hidden = false;
  const canvas = byId("raster"), ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.strokeStyle = colour("--rule");
  context.strokeRect(0.5, 0.5, width - 1, height - 1);
  const pitch = (height - 8) / neurons, tall = Math.max(2.4, Math.min(8, 0.9 * pitch));
  const across = time => 4 + (width - 8) * time / duration, up = row => height - 4 - row * pitch;
  const line = (...points) => {
    context.beginPath();
    points.forEach(point => context.lineTo(...point));
    context.stroke();
  };
  if (phase < duration) line([across(phase), 0], [across(phase), height]);
  let first = 0;
  for (const [index, [, size]] of layers.entries()) {
    if (first > 0) line([0, up(first)], [width, up(first)]);
    context.fillStyle = colour(`--c${index}`);
    for (const [time, neuron] of spikes)
      if (neuron >= first && neuron < first + size)
        context.fillRect(across(time), up(neuron + 0.5) - tall / 2, 1.6, tall);
    first += size;
  }
  const names = layers.map(([name, size]) => `${grouped(size, 0)} ${name} neurons`).join(", above them ");
  byId("raster_caption").textContent = `The last sample's ${grouped(spikes.length, 0)} spikes over ` +
    `${readable(duration, "")[0].replace(/\.0*$/, "")} τ: ${names}.` +
    (phase < duration ? " From the line on the code feeds back to the input." : "");
}

// ---- The curve -------------------------------------------------------------------------------------

const curves = { objective: [], reference_objective: [] };  // [samples, value] each

function extendCurves() {
  const { curve, samples } = snapshot;
  for (const key of Object.keys(curves)) {
    if (curve && curve.samples && curve[key]) {  // all there is
      curves[key] = curve.samples.map((x, i) => [x, curve[key][i]]).filter(([, y]) => isNumber(y));
      continue;
    }
    let points = curves[key];
    let last = points.length ? points[points.length - 1][0] : -1;
    if (samples < last) [points, last] = [[], -1];  // another run
    if (isNumber(samples) && isNumber(snapshot[key]) && samples > last)
      points.push([samples, snapshot[key]]);
    if (points.length > 4000) points = points.filter((_, i) => i % 2 === 0 || i === points.length - 1);
    curves[key] = points;
  }
}

function roundSteps(low, high, count) {
  const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw)), lead = raw / power;
  const step = power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
  const steps = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; ++k)
    steps.push(Number((k * step).toPrecision(12)));
  return steps;
}

function svg(tag, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function tick(value) {
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential().replace("e+", "e");
  return size >= 1e4 ? grouped(value, 0) : String(value);
}

function drawCurve() {
  const lines = Object.entries(curves)
    .map(([key, points]) => [key, points.filter(([x, y]) => isNumber(x) && isNumber(y))])
    .filter(([, points]) => points.length > 1);
  if (!lines.length) return;
  byId("curve_figure").hidden = false;
  const place = byId("curve"), width = place.clientWidth, height = place.clientHeight;
  const left = 54, right = 16, top = 30, bottom = 40;
  const all = lines.flatMap(([, points]) => points), xs = all.map(p => p[0]), ys = all.map(p => p[1]);
  const least = array => array.reduce((a, b) => Math.min(a, b));
  const most = array => array.reduce((a, b) => Math.max(a, b));
  const log = least(ys) > 0 && most(ys) > 20 * least(ys);
  const onScale = y => log ? Math.log10(y) : y;
  const x0 = least(xs), x1 = Math.max(most(xs), x0 + 1);
  let y0 = onScale(least(ys)), y1 = onScale(most(ys));
  const room = y1 > y0 ? 0.06 * (y1 - y0) : 0.1 * Math.abs(y1) || 1;
  y0 -= room;
  y1 += room;
  const x = value => left + (value - x0) / (x1 - x0) * (width - left - right);
  const y = value => height - bottom - (onScale(value) - y0) / (y1 - y0) * (height - top - bottom);
  const parts = [];
  const yTicks = log && y1 - y0 > 1.5 ? roundSteps(y0, y1, 4).filter(Number.isInteger).map(e => 10 ** e)
    : roundSteps(log ? 10 ** y0 : y0, log ? 10 ** y1 : y1, 5).filter(v => !log || v > 0);
  for (const value of yTicks) {
    parts.push(svg("path", { class: "grid", d: `M${left} ${y(value)}H${width - right}` }));
    parts.push(svg("text", { x: left - 9, y: y(value) + 4, "text-anchor": "end" }, tick(value)));
  }
  for (const value of roundSteps(x0, x1, Math.max(2, width / 110)))
    parts.push(svg("text", { x: x(value), y: height - bottom + 20,
      "text-anchor": x(value) > width - 2 * right ? "end" : "middle" }, tick(value)));
  parts.push(svg("path", { class: "axis", d: `M${left} ${height - bottom}H${width - right}` }));
  parts.push(svg("text", { class: "name", x: width - right, y: height - 4, "text-anchor": "end" }, "samples"));
  const names = { objective: "objective", reference_objective: "reference" };
  let legend = 0;
  for (const [key, points] of lines) {
    const kind = key === "objective" ? "line s0" : "line s1 dashed";
    const path = points.map(p => `${x(p[0]).toFixed(1)} ${y(p[1]).toFixed(1)}`).join("L");
    parts.push(svg("path", { class: kind, d: `M${path}` }));
    parts.push(svg("path", { class: kind, d: `M${legend} 11h24` }));
    parts.push(svg("text", { class: "name", x: legend + 32, y: 15 }, names[key]));
    legend += 125;
  }
  place.setAttribute("viewBox", `0 0 ${width} ${height}`);
  place.replaceChildren(...parts);
}

// ---- The whole -------------------------------------------------------------------------------------

function draw() {
  showState();
  showProgress();
  const keys = new Set([...Object.keys(labels), ...Object.keys(snapshot)]);  // tiles before their notes
  for (const key of keys)
    if (isNumber(snapshot[key]) && !elsewhere.has(key)) showTile(key, snapshot[key]);
  for (const key of Object.keys(meters)) {
    if (!isNumber(snapshot[key])) continue;
    byId("meters_figure").hidden = false;
    showMeter(key, snapshot[key]);
  }
  if (snapshot.atoms) drawAtoms(snapshot.atoms);
  drawCurve();
  if (snapshot.raster) drawRaster(snapshot.raster);
}

let waiting = false;
function drawSoon() {  // at most once a frame, whatever comes in
  if (waiting) return;
  waiting = true;
  const now = () => { waiting = false; draw(); };
  if (document.hidden) setTimeout(now, 250);
  else requestAnimationFrame(now);
}

// ---- The connection --------------------------------------------------------------------------------

function ask(command) {
  if (socket && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(command));
}

// The slider: 0.1 to 1000 samples a second by decades, at its right end as fast as possible.
const speedAt = place => place >= 100 ? 0 : Number((10 ** (place / 25 - 1)).toPrecision(2));
const placeOf = speed => speed <= 0 ? 100 : Math.min(99, Math.max(0, Math.round(25 * (Math.log10(speed) + 1))));
const speedText = speed => speed > 0 ? `${Number(speed.toPrecision(3))} samples a second` : "full speed";

byId("pause").addEventListener("click", () => ask({ command: control.paused ? "resume" : "pause" }));
let sliding = null;
byId("speed").addEventListener("input", event => {
  const speed = speedAt(Number(event.target.value));
  byId("speed_text").textContent = speedText(speed);
  clearTimeout(sliding);
  sliding = setTimeout(() => { sliding = null; ask({ command: "speed", value: speed }); }, 100);
});

function showControl() {
  const slider = byId("speed");
  slider.dataset.value = JSON.stringify(control.speed);
  if (sliding !== null) return;
  slider.value = placeOf(control.speed);
  byId("speed_text").textContent = speedText(control.speed);
}

function connect() {
  socket = new WebSocket(`ws://${location.host}/`);
  socket.addEventListener("open", () => { byId("link").textContent = "Connected."; drawSoon(); });
  socket.addEventListener("message", event => {
    const message = JSON.parse(event.data);
    if (typeof message.paused === "boolean") {
      control = message;
      showControl();
    } else {
      snapshot = message;
      ended = snapshot.state === "done";
      extendCurves();
    }
    drawSoon();
  });
  socket.addEventListener("close", () => {
    byId("link").textContent = ended ? "The run is over." : "Not connected; trying again …";
    if (!ended) setTimeout(connect, 2000);
    drawSoon();
  });
}

window.addEventListener("resize", drawSoon);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawSoon);
connect();
