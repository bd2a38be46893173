// What the pages do by themselves: choose without a button, mark two runs, and show a
// run that is going on. Without scripts all of it works too, by reloading. Whatever a
// system under test has said is set as text, never as markup.
"use strict";

for (const field of document.querySelectorAll("[data-submit]")) {
  field.addEventListener("change", () => field.form.requestSubmit());
}

for (const form of document.querySelectorAll("[data-two]")) {
  const boxes = [...form.querySelectorAll("input[name=run]")];
  const button = form.querySelector(".two");
  const update = () => {
    const marked = boxes.filter((box) => box.checked).length;
    button.disabled = marked !== 2;
    for (const box of boxes) box.disabled = marked === 2 && !box.checked;
  };
  form.addEventListener("change", update);
  update();
}

for (const place of document.querySelectorAll("[data-live]")) follow(place);

// follow shows the samples of a run in the elements of a place: a line in the table,
// figures and curves on the run's own page, which is loaded again at the run's end.
function follow(place) {
  const samples = [];
  const events = new EventSource(place.dataset.live);
  let drawn = false;
  events.addEventListener("sample", (event) => {
    samples.push(JSON.parse(event.data));
    if (samples.length > 600) samples.shift();
    if (drawn) return;
    drawn = true;
    requestAnimationFrame(() => { drawn = false; show(place, samples); });
  });
  events.addEventListener("end", () => {
    events.close();
    if ("reload" in place.dataset) location.reload();
    else set(place, "line", "has ended; reload");
  });
  events.addEventListener("open", () => { samples.length = 0; });
}

function show(place, samples) {
  const last = samples[samples.length - 1];
  const faults = (last.faults || []).join("; ");
  set(place, "line", `${last.phase}, ${clock(last.elapsed_ns)}, ${Math.round(last.per_second)} a second${faults ? ", " + faults : ""}`);
  set(place, "phase", last.phase);
  set(place, "elapsed", clock(last.elapsed_ns));
  set(place, "left", last.remaining_ns ? clock(last.remaining_ns) : "–");
  set(place, "rate", String(Math.round(last.per_second)));
  for (const outcome of ["ok", "failed", "unknown"]) set(place, outcome, last[outcome].toLocaleString("en"));
  set(place, "latency", last.p50_ns ? `${short(last.p50_ns)}, ${short(last.p99_ns)}` : "–");
  set(place, "faults", faults || "none");
  drawRate(place, samples);
  drawLatency(place, samples);
}

function set(place, name, text) {
  for (const element of place.querySelectorAll(`[data-show="${name}"]`)) {
    if (element.textContent !== text) element.textContent = text;
  }
}

function clock(ns) {
  const seconds = Math.round(ns / 1e9);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function short(ns) {
  for (const [unit, size] of [["s", 1e9], ["ms", 1e6], ["µs", 1e3]]) {
    if (ns >= size) return `${(ns / size).toPrecision(3)} ${unit}`;
  }
  return `${ns} ns`;
}

const wide = 600, high = 120;

function drawRate(place, samples) {
  const svg = place.querySelector("[data-trace=rate]");
  if (!svg) return;
  const most = Math.max(1, ...samples.map((s) => s.per_second));
  const y = (s) => high - 6 - (high - 12) * s.per_second / most;
  svg.replaceChildren(...bands(samples), curve(samples, y, "first"));
  set(place, "rate-range", `up to ${Math.round(most)} a second`);
}

function drawLatency(place, samples) {
  const svg = place.querySelector("[data-trace=latency]");
  const known = samples.filter((s) => s.p50_ns > 0);
  if (!svg || known.length === 0) return;
  const low = Math.min(...known.map((s) => s.p50_ns)), most = Math.max(...known.map((s) => s.p99_ns));
  const span = Math.max(Math.log(most / low), 0.01);
  const y = (name) => (s) => s[name] > 0 ? high - 6 - (high - 12) * Math.log(s[name] / low) / span : null;
  svg.replaceChildren(...bands(samples), curve(samples, y("p99_ns"), "second"), curve(samples, y("p50_ns"), "first"));
  set(place, "latency-range", `from ${short(low)} to ${short(most)}`);
}

function x(i, samples) { return i * wide / Math.max(1, samples.length - 1); }

// curve is a line through the samples, interrupted where there is nothing.
function curve(samples, y, name) {
  let path = "", pen = "M";
  samples.forEach((s, i) => {
    const at = y(s);
    if (at === null) { pen = "M"; return; }
    path += `${pen}${x(i, samples).toFixed(1)} ${at.toFixed(1)}`;
    pen = "L";
  });
  return element("path", { class: name, d: path });
}

// bands are the samples at which a fault was in force.
function bands(samples) {
  const step = wide / Math.max(1, samples.length - 1);
  return samples.flatMap((s, i) => (s.faults || []).length === 0 ? [] :
    [element("rect", { class: "band", x: x(i, samples) - step / 2, y: 0, width: step, height: high })]);
}

function element(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
