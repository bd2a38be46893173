// The picture: one row beside the other, time from left to right. Bars are counted
// into cells of a pixel by a row and painted from the counts, so that a million of them
// cost no more than a thousand, and what is rare is never hidden by what is frequent:
// of a cell with many operations, the failed and the unknown ones take their share of
// its height, and at least a line each.

const axisHeight = 24, stripHeight = 17, mostStrips = 3, groupGap = 5;

// gutterOf is how much of a width the names take.
const gutterOf = (width) => width < 560 ? 62 : 92;

// palette are the colours of the page, as it is now: light or dark.
function palette() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue("--" + name).trim();
  const p = {};
  for (const name of ["paper", "raised", "ink", "quiet", "rule", "fault", "pill", "culprit", "link", "ok", "failed", "unknown"]) p[name] = colour(name);
  p.bars = [colour("ok-column"), colour("failed-column"), colour("unknown-column")].map(channels);
  p.mono = colour("mono"); p.sans = colour("sans");
  return p;
}

// channels are red, green and blue of a colour like #1a2b3c.
const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const mix = (a, b, share) => a.map((c, i) => Math.round(c + (b[i] - c) * share));
const pixel = ([r, g, b]) => (255 << 24 | b << 16 | g << 8 | r) >>> 0;

class Painter {
  constructor(canvas, texts, again) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.texts = texts;
    this.again = again; // called when texts have come that were missing
    this.colours = palette();
  }

  // resize makes room for a view, and gives how high all of its rows are together.
  resize(view, strips, width, most) {
    this.dots = Math.min(2, window.devicePixelRatio || 1);
    this.width = width;
    this.gutter = gutterOf(width);
    this.top = axisHeight + strips * stripHeight;
    const space = most - this.top - view.groups.length * groupGap;
    this.rowHeight = Math.max(this.tall ? 18 : 7, Math.min(22, Math.floor(space / Math.max(1, view.rows))));
    this.rowTop = new Float64Array(view.rows + 1);
    view.groups.forEach((g, n) => {
      for (let r = g.first; r < g.first + g.rows; r++) this.rowTop[r] = r * this.rowHeight + n * groupGap;
    });
    const tall = view.rows * this.rowHeight + view.groups.length * groupGap;
    this.rowTop[view.rows] = tall;
    this.height = Math.min(most, this.top + Math.max(40, tall));
    this.canvas.width = Math.round(width * this.dots);
    this.canvas.height = Math.round(this.height * this.dots);
    this.canvas.style.width = width + "px";
    this.canvas.style.height = this.height + "px";
    return this.top + tall;
  }

  x(time) { return this.gutter + (time - this.from) * (this.width - this.gutter) / (this.to - this.from); }
  time(x) { return this.from + (x - this.gutter) * (this.to - this.from) / (this.width - this.gutter); }

  // draw shows a window of time, with the rows moved up by scroll.
  draw(view, from, to, scroll, faults, shown) {
    Object.assign(this, { view, from, to, scroll });
    this.first = search(view.rows, (r) => this.rowTop[r + 1] > scroll);
    this.end = search(view.rows, (r) => this.rowTop[r] > scroll + this.height - this.top);
    const c = this.context;
    c.setTransform(1, 0, 0, 1, 0, 0);
    this.count();
    this.paintCells(faults);
    c.setTransform(this.dots, 0, 0, this.dots, 0, 0);
    c.save();
    c.beginPath(); c.rect(this.gutter, this.top, this.width - this.gutter, this.height - this.top); c.clip();
    this.drawTicks(false);
    this.drawTails();
    this.drawLabels();
    this.drawMarks(shown);
    if (view.rows === 0) this.drawNothing();
    c.restore();
    this.drawNames();
    this.drawHead(faults);
  }

  // count sorts what is in the window into cells, three counts each.
  count() {
    const { view, from, to, first, end, dots } = this;
    const { chosen, row, ops } = view, { start, over, flags } = ops;
    const columns = this.columns = Math.max(1, Math.round((this.width - this.gutter) * dots));
    const size = Math.max(1, end - first) * columns * 3;
    if (!this.cells || this.cells.length < size) this.cells = new Uint32Array(size);
    else this.cells.fill(0, 0, size);
    const cells = this.cells, scale = columns / (to - from), wide = 44 * dots;
    this.labelled = []; this.tails = []; this.drawn = 0;
    const [begin, stop] = within(view, from, to);
    for (let at = begin; at < stop; at++) {
      const i = chosen[at];
      if (over[i] < from) continue;
      this.drawn++;
      const r = row[at];
      if (r < first || r >= end) continue;
      const left = Math.max(0, Math.floor((start[i] - from) * scale));
      let right = Math.min(columns - 1, Math.floor((over[i] - from) * scale));
      if (right - left >= 3 * dots) {
        right -= dots; // air between two that follow each other
        if (right - left > wide && this.labelled.length < 400) {
          this.labelled.push(at);
          if ((flags[i] & 3) === unknown) this.tails.push(at);
        }
      }
      const outcome = flags[i] & 3, base = (r - first) * columns;
      for (let x = left; x <= right && x < columns; x++) cells[(base + x) * 3 + outcome]++;
    }
  }

  paintCells(faults) {
    const { context: c, columns, dots, first, end, cells, colours } = this;
    c.fillStyle = colours.paper;
    c.fillRect(0, 0, this.canvas.width, this.canvas.height);
    if (first >= end) return;
    const height = this.canvas.height - Math.round(this.top * dots);
    if (!this.image || this.image.width !== columns || this.image.height !== height) {
      this.image = c.createImageData(columns, height);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    this.pixels.fill(pixel(channels(colours.paper)));
    const ramps = this.ramps();
    let most = 1;
    for (let k = 0; k < (end - first) * columns * 3; k += 3) most = Math.max(most, cells[k] + cells[k + 1] + cells[k + 2]);
    const shade = (n) => most === 1 ? 31 : 12 + Math.round(19 * Math.log1p(n) / Math.log1p(most));
    this.view.groups.forEach((g, n) => {
      if (g.first + g.rows <= first || g.first >= end) return;
      const ground = this.ground(faults, g, n);
      for (let r = Math.max(first, g.first); r < Math.min(end, g.first + g.rows); r++) this.paintRow(r, ground, ramps, shade, height);
    });
    c.putImageData(this.image, Math.round(this.gutter * dots), Math.round(this.top * dots));
  }

  // ramps are the colours of bars from faint to full, of each outcome.
  ramps() {
    const paper = channels(this.colours.paper);
    return this.colours.bars.map((bar) => Uint32Array.from({ length: 32 }, (_, n) => pixel(mix(paper, bar, n / 31))));
  }

  // ground is the line of pixels behind the rows of a group: shaded where a fault was
  // in force, and more so if it struck the group's node.
  ground(faults, group, n) {
    const { colours, columns } = this;
    const plain = channels(n % 2 ? colours.raised : colours.paper), fault = channels(colours.fault);
    const shades = [0, 0.1, 0.26].map((share) => pixel(mix(plain, fault, share)));
    const line = new Uint32Array(columns).fill(shades[0]);
    const scale = columns / (this.to - this.from);
    for (const strong of [false, true]) {
      for (const f of faults) {
        const struck = this.view.by === "node" && f.nodes.includes(group.name);
        if (struck !== strong || f.to < this.from || f.from > this.to) continue;
        const left = Math.max(0, Math.floor((f.from - this.from) * scale)), right = Math.min(columns, Math.ceil((f.to - this.from) * scale));
        line.fill(shades[strong ? 2 : 1], left, right);
      }
    }
    return line;
  }

  paintRow(r, ground, ramps, shade, height) {
    const { columns, dots, first, cells, pixels } = this;
    const top = Math.round((this.rowTop[r] - this.scroll) * dots), bottom = top + Math.round(this.rowHeight * dots);
    for (let y = Math.max(0, top); y < Math.min(height, bottom); y++) pixels.set(ground, y * columns);
    const air = Math.max(1, Math.round(dots)), high = bottom - top - air, line = Math.max(1, Math.round(high / 4));
    for (let x = 0; x < columns; x++) {
      const k = ((r - first) * columns + x) * 3;
      const a = cells[k], b = cells[k + 1], u = cells[k + 2], all = a + b + u;
      if (all === 0) continue;
      const level = shade(all);
      let forUnknown = u ? Math.max(line, Math.round(high * u / all)) : 0;
      let forFailed = b ? Math.max(line, Math.round(high * b / all)) : 0;
      if (a === 0 && b === 0) forUnknown = high;
      if (a === 0 && b > 0) forFailed = high - forUnknown;
      for (let y = 0; y < high; y++) {
        const at = top + y;
        if (at < 0 || at >= height) continue;
        let colour;
        // Failed is hatched and unknown dotted, for eyes that do not tell colours apart.
        if (y < forUnknown) colour = ramps[2][((x >> 1) + (y >> 1)) & 1 ? level : level >> 1];
        else if (y < forUnknown + forFailed) colour = ramps[1][(x + y) & 4 ? level : Math.round(level * 0.6)];
        else colour = ramps[0][level];
        pixels[at * columns + x] = colour;
      }
    }
  }

  drawNothing() {
    const c = this.context;
    c.fillStyle = this.colours.quiet;
    c.font = "13px " + this.colours.sans; c.textAlign = "left"; c.textBaseline = "middle";
    c.fillText("No operation passes the filters.", this.gutter + 10, this.top + 20);
  }

  // box is where an operation lies on the canvas.
  box(at) {
    const i = this.view.chosen[at], r = this.view.row[at];
    const left = this.x(this.view.ops.start[i]), right = this.x(this.view.ops.over[i]);
    return { x: left, width: Math.max(1, right - left), y: this.top + this.rowTop[r] - this.scroll, height: this.rowHeight - 1 };
  }

  // drawTails lets what is unknown fade out behind its end: it may happen later.
  drawTails() {
    const c = this.context;
    for (const at of this.tails) {
      const b = this.box(at), end = b.x + b.width, fade = c.createLinearGradient(end, 0, end + 28, 0);
      fade.addColorStop(0, this.colours.unknown); fade.addColorStop(1, "transparent");
      c.fillStyle = fade;
      c.fillRect(end, b.y + b.height / 2 - 1, 28, 2);
    }
  }

  drawLabels() {
    if (this.rowHeight < 11) return;
    const c = this.context, missing = new Set();
    c.font = "11px " + this.colours.mono;
    c.textBaseline = "middle"; c.textAlign = "left";
    for (const at of this.labelled) {
      const i = this.view.chosen[at], b = this.box(at), text = this.texts.have(i);
      if (!text) { missing.add(Math.floor(i / this.texts.size)); continue; }
      const left = Math.max(this.gutter, b.x) + 4, room = Math.min(this.width, b.x + b.width) - left - 4;
      const label = clip(text[0], Math.floor(room / 6.7));
      if (!label) continue;
      if ((this.view.ops.flags[i] & 3) !== ok) { // letters on hatching want a ground
        c.fillStyle = this.colours.paper;
        c.globalAlpha = 0.85;
        c.fillRect(left - 2, b.y + 1, c.measureText(label).width + 4, b.height - 2);
        c.globalAlpha = 1;
      }
      c.fillStyle = (this.view.ops.flags[i] & 3) === ok ? contrast(this.colours.bars[0]) : this.colours.ink;
      c.fillText(label, left, b.y + b.height / 2 + 0.5);
    }
    if (missing.size && missing.size <= 8) Promise.all([...missing].map((n) => this.texts.chunk(n))).then(this.again);
  }

  // drawMarks outlines what findings rest on, and the operation that is looked at.
  drawMarks({ marked, selected }) {
    for (const i of marked) this.outline(i, this.colours.culprit, 2, true);
    if (selected >= 0) this.outline(selected, this.colours.ink, 2.5, false);
  }

  outline(i, colour, width, pointer) {
    const at = placeOf(this.view, i);
    if (at < 0) return;
    const c = this.context, b = this.box(at);
    if (b.x > this.width || b.x + b.width < this.gutter || b.y + b.height < this.top || b.y > this.height) return;
    const x = b.x - 1.5, wide = Math.max(5, b.width + 3);
    c.strokeStyle = colour; c.lineWidth = width;
    c.strokeRect(x, b.y - 0.5, wide, b.height + 1);
    if (!pointer) return;
    c.fillStyle = colour;
    c.beginPath();
    const y = b.y + b.height / 2;
    c.moveTo(x - 1, y); c.lineTo(x - 8, y - 5); c.lineTo(x - 8, y + 5);
    c.fill();
  }

  drawNames() {
    const c = this.context, { colours } = this;
    c.fillStyle = colours.paper;
    c.fillRect(0, 0, this.gutter, this.height);
    c.textAlign = "left"; c.textBaseline = "middle";
    c.font = "600 12px " + colours.sans;
    for (const g of this.view.groups) {
      const top = this.top + this.rowTop[g.first] - this.scroll, bottom = top + g.rows * this.rowHeight;
      if (bottom < this.top || top > this.height) continue;
      c.fillStyle = colours.rule;
      c.fillRect(0, bottom + groupGap / 2, this.width, 1);
      const y = Math.min(bottom - 7, Math.max(top, this.top) + 8);
      if (g.rows * this.rowHeight < 11 && g.first % 2) continue;
      c.fillStyle = colours.ink;
      c.fillText(clip(g.name, Math.floor((this.gutter - 8) / 6.4)), 6, y);
    }
  }

  // drawHead has the faults and the times, above the rows.
  drawHead(faults) {
    const c = this.context, { colours } = this;
    c.fillStyle = colours.paper;
    c.fillRect(0, 0, this.width, this.top);
    c.save();
    c.beginPath(); c.rect(this.gutter, 0, this.width - this.gutter, this.top); c.clip();
    this.drawTicks(true);
    c.font = "11.5px " + colours.sans; c.textAlign = "left"; c.textBaseline = "middle";
    for (const f of faults) {
      const left = Math.max(this.gutter, this.x(f.from)), right = Math.min(this.width, this.x(f.to));
      if (right < this.gutter || left > this.width) continue;
      const y = axisHeight + f.strip * stripHeight, wide = Math.max(2, right - left);
      c.fillStyle = colours.pill;
      c.fillRect(left, y, wide, stripHeight - 2);
      if (!f.verified) { c.strokeStyle = colours.fault; c.setLineDash([3, 2]); c.lineWidth = 1; c.strokeRect(left + 0.5, y + 0.5, wide - 1, stripHeight - 3); c.setLineDash([]); }
      const label = clip(f.name, Math.floor((wide - 8) / 6.2));
      if (label.length < 3) continue;
      c.fillStyle = colours.ink;
      c.fillText(label, left + 4, y + (stripHeight - 2) / 2 + 0.5);
    }
    c.restore();
    c.fillStyle = colours.rule;
    c.fillRect(0, this.top - 1, this.width, 1);
  }

  // drawTicks draws the lines at round times, or their names.
  drawTicks(names) {
    const c = this.context, { colours } = this;
    const step = niceStep((this.to - this.from) * 110 / (this.width - this.gutter));
    c.font = "11.5px " + colours.sans; c.textAlign = "center"; c.textBaseline = "middle";
    for (let at = Math.ceil(this.from / step) * step; at <= this.to; at += step) {
      const x = Math.round(this.x(at)) + 0.5;
      if (names) {
        const half = c.measureText(seconds(at, step)).width / 2;
        c.fillStyle = colours.quiet;
        c.fillText(seconds(at, step), Math.min(this.width - half, Math.max(this.gutter + half, x)), axisHeight / 2);
      } else {
        c.globalAlpha = 0.6; c.fillStyle = colours.rule; c.fillRect(x, this.top, 1, this.height); c.globalAlpha = 1;
      }
    }
  }

  // rowAt is the row at a height of the canvas, or -1.
  rowAt(y) {
    const at = y - this.top + this.scroll;
    if (y < this.top || !this.view) return -1;
    const r = search(this.view.rows, (n) => this.rowTop[n] > at) - 1;
    return r >= 0 && at < this.rowTop[r] + this.rowHeight ? r : -1;
  }

  // nearest is the place of the operation of a row that is next to a moment, if one is
  // no further away than slack, or -1.
  nearest(row, time, slack) {
    const { view } = this, { ops, chosen } = view;
    const [begin, stop] = within(view, time - slack, time + slack);
    let best = -1, least = Infinity;
    for (let at = begin; at < stop; at++) {
      if (view.row[at] !== row) continue;
      const i = chosen[at], apart = Math.max(ops.start[i] - time, time - ops.over[i], 0);
      if (apart <= slack && apart < least) { best = at; least = apart; }
    }
    return best;
  }

  // cell counts what lies under a point, by outcome.
  cell(row, x) {
    const column = Math.floor((x - this.gutter) * this.dots), k = ((row - this.first) * this.columns + column) * 3;
    return column < 0 || column >= this.columns ? [0, 0, 0] : [...this.cells.subarray(k, k + 3)];
  }
}

// placeOf is the place of an operation among the chosen, or -1.
function placeOf(view, i) {
  const at = search(view.chosen.length, (n) => view.chosen[n] >= i);
  return view.chosen[at] === i ? at : -1;
}

// contrast is black or white, whichever can be read on a colour.
const contrast = ([r, g, b]) => r * 0.299 + g * 0.587 + b * 0.114 > 140 ? "#0b1017" : "#ffffff";

// clip cuts a text to so many characters.
function clip(text, most) {
  const all = Array.from(text);
  return all.length <= most ? text : most < 2 ? "" : all.slice(0, most - 1).join("") + "…";
}

// niceStep is the shortest of 1, 2, 5, 10, ... nanoseconds that is at least so long.
function niceStep(least) {
  for (let power = 1; ; power *= 10) {
    for (const step of [power, 2 * power, 5 * power]) if (step >= least) return step;
  }
}

// seconds writes a time of the run with the decimals that a step needs.
function seconds(at, step) {
  return (at / 1e9).toFixed(Math.max(0, Math.min(9, Math.ceil(-Math.log10(step / 1e9) - 1e-9)))) + " s";
}

// lasted writes a length of time with three figures and the unit that suits it.
function lasted(ns) {
  for (const [unit, size] of [["s", 1e9], ["ms", 1e6], ["µs", 1e3]]) {
    if (ns >= size) return +(ns / size).toPrecision(3) + " " + unit;
  }
  return Math.round(ns) + " ns";
}

// number writes a number with commas.
const number = (n) => Math.round(n).toLocaleString("en-US");

