// The section of the page: filters, picture, keys and pointers, details.

const shortest = 200; // nanoseconds that a window has at least

class Explorer {
  constructor(root, ops) {
    this.root = root;
    this.ops = ops;
    this.texts = new Texts(ops.head);
    this.filter = { kinds: null, nodes: null, keys: null, outcomes: null, process: null, texts: null };
    this.by = "node";
    this.whole = [ops.begin, Math.max(ops.end + (ops.end - ops.begin) * 0.005, ops.begin + shortest)];
    [this.from, this.to] = this.whole;
    this.selected = -1;
    this.marked = marksOf(ops);
    this.faults = strips(ops.head.faults);
    this.canvas = this.find(".ops-canvas");
    this.pane = this.find(".ops-scroll");
    this.painter = new Painter(this.canvas, this.texts, () => this.redraw());
    this.overview = new Overview(this.find(".ops-overview"), (from, to) => this.go(from, to));
    this.table = new Table(this.find(".ops-table"), this.texts, (i) => this.select(i, true));
    this.offerFilters();
    this.offerPlaces();
    this.listen();
    this.arrange();
  }

  find(selector) { return this.root.querySelector(selector); }

  // arrange is called whenever other operations are shown, or in other rows.
  arrange() {
    const { ops, filter } = this;
    this.view = arrange(ops, choose(ops, filter), this.by);
    this.canvas.setAttribute("aria-label", `Operations over time, in rows by ${this.by}`);
    this.resize();
  }

  resize() {
    const width = this.pane.clientWidth, most = Math.max(260, Math.min(460, window.innerHeight - 160));
    if (width < 2 * gutterOf(width)) return; // not laid out
    const strips = Math.min(mostStrips, Math.max(0, ...this.faults.map((f) => f.strip + 1)));
    const tall = this.painter.resize(this.view, strips, width, most);
    this.pane.style.height = this.painter.height + "px";
    this.find(".ops-tall").style.height = tall + "px";
    this.overview.resize(width);
    this.overview.look(this.view);
    this.moved();
  }

  // stretch makes rows high enough for the values to be read in them, or low again.
  stretch() {
    this.painter.tall = !this.painter.tall;
    this.find(".ops-tall-rows").setAttribute("aria-pressed", this.painter.tall);
    this.resize();
    if (this.selected >= 0) this.reveal(this.selected);
  }

  // go shows a window, as far as the run has it.
  go(from, to) {
    const [begin, end] = this.whole, length = Math.min(end - begin, Math.max(shortest, to - from));
    const middle = (from + to) / 2;
    this.from = Math.min(Math.max(begin, middle - length / 2), end - length);
    this.to = this.from + length;
    this.moved();
  }

  pan(share) { const by = (this.to - this.from) * share; this.go(this.from + by, this.to + by); }

  // zoom keeps a moment where it is on the screen.
  zoom(factor, around = (this.from + this.to) / 2) {
    const length = Math.max(shortest, (this.to - this.from) * factor), share = (around - this.from) / (this.to - this.from);
    this.go(around - length * share, around + length * (1 - share));
  }

  // moved brings everything up to date with the window: the picture at once, what is
  // read aloud and the table when it has come to rest.
  moved() {
    this.redraw();
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.rest(), 180);
  }

  rest() {
    const { ops, from, to } = this, counts = countWithin(this.view, from, to), all = counts[0] + counts[1] + counts[2];
    const step = (to - from) / 1000, of = this.view.chosen.length === ops.count ? "" : ` (the filter leaves ${number(this.view.chosen.length)} of ${number(ops.count)})`;
    this.find(".ops-status").textContent = `${seconds(from, step)} to ${seconds(to, step)}: ${number(all)} operations, ${number(counts[0])} ok, ${number(counts[1])} failed, ${number(counts[2])} unknown${of}`;
    this.find(".ops-from").value = parseFloat(seconds(from, step));
    this.find(".ops-to").value = parseFloat(seconds(to, step));
    this.table.show(this.view, from, to, all);
    Object.assign(this.root.dataset, { inWindow: all, from, to });
  }

  redraw() {
    if (this.drawing) return;
    this.drawing = requestAnimationFrame(() => { this.drawing = 0; this.draw(); });
  }

  draw() {
    const began = performance.now();
    this.painter.draw(this.view, this.from, this.to, this.pane.scrollTop, this.faults, this);
    this.overview.draw(this.painter.colours, this.from, this.to, this.faults);
    Object.assign(this.root.dataset, { drawn: this.painter.drawn, frame: (performance.now() - began).toFixed(1), rows: this.view.rows });
  }

  // select looks at an operation; with show it is brought into the picture.
  async select(i, show) {
    this.selected = i;
    if (show) this.reveal(i);
    this.redraw();
    const [label, error] = await this.texts.get(i);
    if (this.selected === i) this.describe(i, label, error);
  }

  reveal(i) {
    const { ops } = this, start = ops.start[i], over = ops.over[i], length = this.to - this.from;
    if (start < this.from || over > this.to) this.go((start + over) / 2 - Math.max(length, (over - start) * 3) / 2, (start + over) / 2 + Math.max(length, (over - start) * 3) / 2);
    const at = placeOf(this.view, i);
    if (at < 0) return;
    const top = this.painter.rowTop[this.view.row[at]], room = this.painter.height - this.painter.top - this.painter.rowHeight;
    if (top < this.pane.scrollTop || top > this.pane.scrollTop + room) this.pane.scrollTop = top - room / 2;
  }

  describe(i, label, error) {
    const { ops } = this, exact = 1, facts = [
      ["operation", label], ["outcome", said(ops, i, error)], ["key", ops.head.keys[ops.key[i]]], ["process", String(ops.process[i])], ["node", ops.head.nodes[ops.node[i]]],
      ["from", seconds(ops.start[i], exact)], ["to", ops.flags[i] & flagOpen ? "no completion was recorded" : seconds(ops.over[i], exact)], ["took", lasted(ops.over[i] - ops.start[i])],
      ["in the history", "index " + ops.invoke[i] + (ops.complete[i] < 0 ? "" : " and " + ops.complete[i])],
      ["faults in force", this.faults.filter((f) => f.from <= ops.over[i] && f.to >= ops.start[i]).map((f) => f.name).join("; ")],
    ];
    const list = element("dl", null, "facts");
    for (const [name, value] of facts) {
      if (!value) continue;
      const fact = element("div", null, value.length > 24 ? "broad" : "");
      fact.append(element("dt", name), element("dd", value));
      list.append(fact);
    }
    const buttons = element("p", null, "ops-buttons");
    const button = (text, press) => { const b = element("button", text); b.type = "button"; b.addEventListener("click", press); buttons.append(b); };
    button("Zoom to it", () => this.zoomTo(i));
    button("Only this key", () => this.only(".ops-key", ops.head.keys[ops.key[i]]));
    button("Only this process", () => this.only(".ops-process", String(ops.process[i])));
    button("Close", () => this.deselect());
    this.find(".ops-details").replaceChildren(list, buttons);
    this.find(".ops-details").hidden = false;
    this.root.dataset.selected = i;
  }

  zoomTo(i) {
    const { ops } = this, length = Math.max(shortest * 2, (ops.over[i] - ops.start[i]) * 4), middle = (ops.start[i] + ops.over[i]) / 2;
    this.go(middle - length / 2, middle + length / 2);
    this.reveal(i);
  }

  only(input, value) {
    this.find(input).value = value;
    this.find(input).dispatchEvent(new Event("change"));
    this.reveal(this.selected);
  }

  deselect() {
    this.selected = -1;
    this.find(".ops-details").hidden = true;
    delete this.root.dataset.selected;
    this.redraw();
  }

  // step selects the next operation of the row, or the one before; without a selection
  // the one in the middle of the picture.
  step(by) {
    const { view } = this, from = placeOf(view, this.selected);
    if (from < 0) return this.enter();
    for (let at = from + by; at >= 0 && at < view.chosen.length; at += by) {
      if (view.row[at] === view.row[from]) return this.select(view.chosen[at], true);
    }
  }

  // climb selects what another row has at the time of the selection.
  climb(by) {
    const { view, ops } = this, from = placeOf(view, this.selected);
    if (from < 0) { this.pane.scrollTop += by * 40; return; }
    const time = ops.start[this.selected];
    for (let row = view.row[from] + by; row >= 0 && row < view.rows; row += by) {
      const at = this.painter.nearest(row, time, this.to - this.from);
      if (at >= 0) return this.select(view.chosen[at], true);
    }
  }

  // enter selects the operation nearest to the middle of the first row that is seen.
  enter() {
    if (placeOf(this.view, this.selected) >= 0) return this.zoomTo(this.selected);
    const middle = (this.from + this.to) / 2;
    for (let row = this.painter.first; row < this.view.rows; row++) {
      const at = this.painter.nearest(row, middle, (this.to - this.from) / 2);
      if (at >= 0) return this.select(this.view.chosen[at], true);
    }
  }

  listen() {
    const press = { "ops-in": () => this.zoom(0.5), "ops-out": () => this.zoom(2), "ops-left": () => this.pan(-0.5), "ops-right": () => this.pan(0.5), "ops-whole": () => this.go(...this.whole), "ops-tall-rows": () => this.stretch() };
    for (const [name, act] of Object.entries(press)) this.find("." + name).addEventListener("click", act);
    this.pane.addEventListener("scroll", () => this.redraw());
    this.canvas.addEventListener("keydown", (e) => this.key(e));
    this.canvas.addEventListener("wheel", (e) => this.wheel(e), { passive: false });
    this.canvas.addEventListener("dblclick", (e) => this.zoom(0.25, this.painter.time(e.offsetX)));
    new ResizeObserver(() => this.resize()).observe(this.root);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { this.painter.colours = palette(); this.redraw(); });
    this.listenToPointers();
  }

  key(e) {
    const act = {
      ArrowLeft: () => this.pan(e.shiftKey ? -0.5 : -0.1), ArrowRight: () => this.pan(e.shiftKey ? 0.5 : 0.1),
      ArrowUp: () => this.climb(-1), ArrowDown: () => this.climb(1),
      "+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2), Home: () => this.go(...this.whole),
      t: () => this.stretch(), n: () => this.step(1), p: () => this.step(-1), Enter: () => this.enter(), Escape: () => this.deselect(),
    }[e.key];
    if (!act || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    act();
  }

  // wheel zooms once the picture has the focus; before that the page is scrolled, as
  // everywhere.
  wheel(e) {
    if (Math.abs(e.deltaX) > Math.abs(e.deltaY)) { e.preventDefault(); this.pan(e.deltaX / 1000); return; }
    if (!e.ctrlKey && !e.metaKey && document.activeElement !== this.canvas) return;
    e.preventDefault();
    this.zoom(Math.exp(Math.max(-1, Math.min(1, e.deltaY / 300))), this.painter.time(e.offsetX));
  }

  listenToPointers() {
    const held = this.held = new Map(), { canvas } = this;
    canvas.addEventListener("pointerdown", (e) => {
      held.set(e.pointerId, { x: e.offsetX, from: this.from, to: this.to });
      this.dragged = false;
      canvas.setPointerCapture(e.pointerId);
    });
    canvas.addEventListener("pointermove", (e) => {
      if (held.size === 0) return this.hover(e);
      if (held.size === 1) this.drag(e);
      else this.pinch(e);
    });
    canvas.addEventListener("pointerup", (e) => { if (!this.dragged && held.size === 1) this.click(e); held.delete(e.pointerId); });
    canvas.addEventListener("pointercancel", (e) => held.delete(e.pointerId));
    canvas.addEventListener("pointerleave", () => { this.find(".ops-tip").hidden = true; });
  }

  drag(e) {
    const h = this.held.get(e.pointerId);
    if (!h || !this.dragged && Math.abs(e.offsetX - h.x) < 4) return;
    this.dragged = true;
    this.find(".ops-tip").hidden = true;
    const by = (h.x - e.offsetX) * (h.to - h.from) / (this.painter.width - this.painter.gutter);
    this.go(h.from + by, h.to + by);
  }

  // pinch zooms with two fingers: what was under them stays there.
  pinch(e) {
    const [a, b] = [...this.held.entries()], moving = this.held.get(e.pointerId);
    if (!b || !moving) return;
    const other = a[0] === e.pointerId ? b[1] : a[1], before = Math.abs(moving.x - other.x), after = Math.abs(e.offsetX - other.x);
    this.dragged = true;
    if (before > 8 && after > 8) this.zoom(before / after, this.painter.time(other.x));
    moving.x = e.offsetX;
  }

  click(e) {
    const at = this.at(e);
    if (at >= 0) this.select(this.view.chosen[at], false); else this.deselect();
  }

  at(e) {
    const row = this.painter.rowAt(e.offsetY), slack = 4 * (this.to - this.from) / (this.painter.width - this.painter.gutter);
    return row < 0 || e.offsetX < this.painter.gutter ? -1 : this.painter.nearest(row, this.painter.time(e.offsetX), slack);
  }

  hover(e) {
    const point = { offsetX: e.offsetX, offsetY: e.offsetY };
    if (!this.hovering) requestAnimationFrame(() => { const last = this.hovering; this.hovering = null; this.tip(last); });
    this.hovering = point;
  }

  async tip(e) {
    const tip = this.find(".ops-tip"), at = this.at(e);
    tip.hidden = at < 0;
    if (at < 0) return;
    const i = this.view.chosen[at], counts = this.painter.cell(this.view.row[at], e.offsetX), all = counts[0] + counts[1] + counts[2];
    if (all > 1) {
      tip.textContent = `${number(all)} operations: ${counts.map((n, o) => n ? number(n) + " " + outcomes[o] : "").filter(Boolean).join(", ")}`;
    } else {
      const [label, error] = await this.texts.get(i);
      tip.textContent = `${label} · process ${this.ops.process[i]} · ${lasted(this.ops.over[i] - this.ops.start[i])}${error ? " · " + clip(error, 80) : ""}`;
    }
    tip.style.left = Math.max(4, Math.min(e.offsetX + 12, this.painter.width - tip.offsetWidth - 4)) + "px";
    tip.style.top = e.offsetY + 18 + "px";
  }

  // offerFilters fills the choices and listens to them. On a phone they are folded up.
  offerFilters() {
    const { head } = this.ops;
    this.find(".ops-more").open = window.innerWidth > 640;
    this.offerChoices(".ops-outcomes", "outcomes", outcomes);
    this.offerChoices(".ops-kinds", "kinds", head.kinds);
    this.offerChoices(".ops-nodes", "nodes", head.nodes);
    const keys = this.find(".ops-keys");
    for (const key of head.keys.slice(0, 1000)) keys.append(new Option("", key));
    this.on(".ops-key", (text) => { this.filter.keys = keysLike(head.keys, text); });
    this.on(".ops-process", (text) => { this.filter.process = processesIn(text); });
    this.on(".ops-text", async (text) => { this.filter.texts = await this.containing(text); });
    this.on(".ops-by", (by) => { this.by = by; });
    for (const name of [".ops-from", ".ops-to"]) this.find(name).addEventListener("change", () => this.goAsWritten());
    this.find(".ops-clear").addEventListener("click", () => this.clear());
  }

  on(selector, change) {
    const input = this.find(selector);
    input.addEventListener("change", async () => { await change(input.value.trim()); this.arrange(); });
  }

  // offerChoices makes a box to tick for each name, unless there is no choice.
  offerChoices(selector, part, names) {
    const set = this.find(selector);
    set.hidden = names.length < 2;
    names.slice(0, 200).forEach((name, n) => {
      const label = element("label"), box = element("input");
      box.type = "checkbox"; box.checked = true;
      label.append(box, element("span", clip(name || "none", 40)));
      if (part === "outcomes") label.insertBefore(element("i", null, "swatch " + name), label.lastChild);
      set.append(label);
      box.addEventListener("change", () => {
        const passes = this.filter[part] || names.map(() => true);
        passes[n] = box.checked;
        this.filter[part] = passes.every(Boolean) ? null : passes;
        this.arrange();
      });
    });
  }

  goAsWritten() {
    const [from, to] = [".ops-from", ".ops-to"].map((name) => parseFloat(this.find(name).value) * 1e9);
    if (from < to) this.go(from, to); else this.rest();
  }

  clear() {
    for (const part of Object.keys(this.filter)) this.filter[part] = null;
    for (const box of this.root.querySelectorAll("fieldset input")) box.checked = true;
    for (const name of [".ops-key", ".ops-process", ".ops-text"]) this.find(name).value = "";
    this.arrange();
  }

  // containing looks for a text in what was done, what came of it, and errors.
  async containing(text) {
    if (!text) return null;
    const { ops, texts } = this, found = new Uint8Array(ops.count), small = text.toLowerCase();
    for (let from = 0, c = 0; from < ops.count; from += texts.size, c++) {
      const lines = await texts.chunk(c);
      for (let n = 0; n < Math.min(texts.size, ops.count - from); n++) if (lines[n].toLowerCase().includes(small)) found[from + n] = 1;
      this.find(".ops-status").textContent = `looking for “${text}”: ${Math.round(100 * from / ops.count)} %`;
    }
    return found;
  }

  // offerPlaces lists what there is to go to: findings and faults.
  offerPlaces() {
    const { ops } = this, places = [], select = this.find(".ops-goto");
    const offer = (name, all, go) => {
      if (!all.length) return;
      const group = element("optgroup");
      group.label = name;
      for (const one of all) { group.append(new Option(clip(one.name, 70), places.length)); places.push(() => go(one)); }
      select.append(group);
    };
    const known = ops.head.marks.filter((m) => m.calls.some((invoke) => placeOfInvoke(ops, invoke) >= 0));
    offer("Findings", known, (m) => this.goToMark(m));
    offer("Faults", this.faults, (f) => this.go(f.from - (f.to - f.from) * 0.1, f.to + (f.to - f.from) * 0.1));
    select.closest("label").hidden = places.length === 0;
    select.addEventListener("change", () => { const go = places[select.value]; select.selectedIndex = 0; if (go) go(); });
  }

  goToMark(m) {
    const { ops } = this, all = m.calls.map((invoke) => placeOfInvoke(ops, invoke)).filter((i) => i >= 0);
    const from = Math.min(...all.map((i) => ops.start[i])), to = Math.max(...all.map((i) => ops.over[i])), air = Math.max(shortest, (to - from) * 0.15);
    this.go(from - air, to + air);
    this.select(all[0], false);
  }
}

// marksOf are the operations that findings rest on.
function marksOf(ops) {
  const all = ops.head.marks.flatMap((m) => m.calls).map((invoke) => placeOfInvoke(ops, invoke));
  return new Set(all.filter((i) => i >= 0));
}

// placeOfInvoke finds an operation by the index of its invocation; -1 if it is none.
function placeOfInvoke(ops, invoke) {
  const i = search(ops.count, (n) => ops.invoke[n] >= invoke);
  return ops.invoke[i] === invoke ? i : ops.invoke.indexOf(invoke);
}

// strips puts faults that overlap below each other.
function strips(faults) {
  const free = [];
  return faults.map((f) => {
    let strip = free.findIndex((until) => until <= f.from);
    if (strip < 0) strip = Math.min(free.length, mostStrips - 1);
    free[strip] = Math.max(free[strip] || 0, f.to);
    return { ...f, strip };
  });
}

// keysLike says which keys a text means: the one of that name, or else all that
// contain it.
function keysLike(keys, text) {
  if (!text) return null;
  const exact = keys.indexOf(text);
  return keys.map((key, n) => exact >= 0 ? n === exact : key.includes(text));
}

// processesIn reads "3, 5-9".
function processesIn(text) {
  const ranges = text.split(/[\s,]+/).filter(Boolean).map((part) => part.split("-").map(Number)).filter((r) => r.every((n) => n >= 0));
  if (!ranges.length) return null;
  return (p) => ranges.some(([a, b = a]) => a <= p && p <= b);
}

async function open(root) {
  const began = performance.now(), status = root.querySelector(".ops-still");
  try {
    const ops = await readAll((share) => { status.textContent = `Unpacking the operations: ${Math.round(share * 100)} %`; });
    root.querySelector(".ops-live").hidden = false;
    status.hidden = true;
    new Explorer(root, ops);
    root.dataset.ready = (performance.now() - began).toFixed(0);
  } catch (e) {
    status.textContent = "The operations could not be shown: " + e.message + " The tables below sum them up.";
    status.hidden = false;
    throw e;
  }
}

// The operations are unpacked when the section comes near.
const section = document.querySelector(".explorer");
new IntersectionObserver((seen, observer) => {
  if (!seen.some((s) => s.isIntersecting)) return;
  observer.disconnect();
  open(section);
}, { rootMargin: "800px" }).observe(section);
