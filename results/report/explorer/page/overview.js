// The whole run as a narrow band, with the window that the picture shows. One can pull
// a new window open there, or move it.

class Overview {
  // moved is called with the new window.
  constructor(canvas, moved) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.moved = moved;
    canvas.addEventListener("pointerdown", (e) => this.press(e));
    canvas.addEventListener("pointermove", (e) => this.drag(e));
    for (const over of ["pointerup", "pointercancel"]) canvas.addEventListener(over, () => { this.held = null; });
  }

  resize(width) {
    this.dots = Math.min(2, window.devicePixelRatio || 1);
    this.width = width;
    this.gutter = gutterOf(width);
    this.height = 54;
    this.canvas.width = Math.round(width * this.dots);
    this.canvas.height = Math.round(this.height * this.dots);
    this.canvas.style.width = width + "px";
    this.canvas.style.height = this.height + "px";
  }

  // look counts what was begun in each stretch of the run, by outcome.
  look(view) {
    const { chosen, ops } = view, columns = Math.max(1, Math.floor((this.width - this.gutter) / 2));
    const counts = this.counts = new Uint32Array(columns * 3), scale = columns / Math.max(1, ops.end - ops.begin);
    for (let at = 0; at < chosen.length; at++) {
      const i = chosen[at];
      counts[Math.min(columns - 1, Math.floor((ops.start[i] - ops.begin) * scale)) * 3 + (ops.flags[i] & 3)]++;
    }
    this.columns = columns;
    this.begin = ops.begin;
    this.length = Math.max(1, ops.end - ops.begin);
  }

  x(time) { return this.gutter + (time - this.begin) / this.length * (this.width - this.gutter); }
  time(x) { return this.begin + this.length * Math.min(1, Math.max(0, (x - this.gutter) / (this.width - this.gutter))); }

  draw(colours, from, to, faults) {
    const c = this.context;
    Object.assign(this, { from, to });
    c.setTransform(this.dots, 0, 0, this.dots, 0, 0);
    c.fillStyle = colours.paper;
    c.fillRect(0, 0, this.width, this.height);
    c.fillStyle = colours.quiet;
    c.font = "11.5px " + colours.sans; c.textAlign = "left"; c.textBaseline = "middle";
    c.fillText(this.gutter > 80 ? "whole run" : "all", 6, this.height / 2);
    for (const f of faults) {
      c.fillStyle = colours.pill;
      c.fillRect(this.x(f.from), 0, Math.max(1, this.x(f.to) - this.x(f.from)), this.height);
    }
    this.drawColumns(colours);
    c.fillStyle = colours.paper;
    c.globalAlpha = 0.62;
    c.fillRect(this.gutter, 0, this.x(from) - this.gutter, this.height);
    c.fillRect(this.x(to), 0, this.width - this.x(to), this.height);
    c.globalAlpha = 1;
    c.strokeStyle = colours.link; c.lineWidth = 2;
    c.strokeRect(this.x(from) + 1, 1, Math.max(2, this.x(to) - this.x(from) - 2), this.height - 2);
  }

  drawColumns(colours) {
    const c = this.context, wide = (this.width - this.gutter) / this.columns, high = this.height - 6;
    let most = 1;
    for (let k = 0; k < this.counts.length; k += 3) most = Math.max(most, this.counts[k] + this.counts[k + 1] + this.counts[k + 2]);
    for (let outcome = 0; outcome < 3; outcome++) {
      c.fillStyle = `rgb(${colours.bars[outcome]})`;
      for (let n = 0; n < this.columns; n++) {
        const k = n * 3, count = this.counts[k + outcome];
        if (!count) continue;
        let below = 0;
        for (let o = 0; o < outcome; o++) below += this.counts[k + o];
        const tall = Math.max(1.5, count / most * high);
        c.fillRect(this.gutter + n * wide, Math.max(1, this.height - 2 - below / most * high - tall), Math.max(1, wide - 0.3), tall);
      }
    }
  }

  press(e) {
    const time = this.time(e.offsetX), inside = time > this.from && time < this.to && this.to - this.from < this.length * 0.98;
    this.held = { time, x: e.offsetX, move: inside, from: this.from, to: this.to };
    this.canvas.setPointerCapture(e.pointerId);
  }

  drag(e) {
    const h = this.held;
    if (!h || Math.abs(e.offsetX - h.x) < 3) return;
    const time = this.time(e.offsetX);
    if (h.move) this.moved(h.from + time - h.time, h.to + time - h.time);
    else this.moved(Math.min(time, h.time), Math.max(time, h.time));
  }
}

