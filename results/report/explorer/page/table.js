// The operations of the window as a table, a page at a time: the picture for those who
// do not see it.

const pageSize = 50;

class Table {
  // select is called with the operation whose button was pressed.
  constructor(root, texts, select) {
    this.body = root.querySelector("tbody");
    this.caption = root.querySelector(".ops-pages");
    this.back = root.querySelector(".ops-back");
    this.forth = root.querySelector(".ops-forth");
    this.details = root;
    this.texts = texts;
    this.select = select;
    this.page = 0;
    this.back.addEventListener("click", () => this.turn(-1));
    this.forth.addEventListener("click", () => this.turn(1));
    root.addEventListener("toggle", () => this.fill());
  }

  // show takes a window; the first page is shown.
  show(view, from, to, total) {
    Object.assign(this, { view, from, to, total, page: 0 });
    this.fill();
  }

  turn(by) {
    this.page = Math.max(0, Math.min(Math.ceil(this.total / pageSize) - 1, this.page + by));
    this.fill();
  }

  // operations are those of the page.
  operations() {
    const { view, from, to } = this, some = [];
    let skip = this.page * pageSize;
    const [begin, stop] = within(view, from, to);
    for (let at = begin; at < stop && some.length < pageSize; at++) {
      const i = view.chosen[at];
      if (view.ops.over[i] >= from && skip-- <= 0) some.push(i);
    }
    return some;
  }

  async fill() {
    if (!this.details.open || !this.view) return;
    const turn = this.turned = (this.turned || 0) + 1;
    const some = this.operations(), rows = [];
    for (const i of some) rows.push(this.row(i, await this.texts.get(i)));
    if (turn !== this.turned) return; // the window has moved on meanwhile
    this.body.replaceChildren(...rows);
    const first = this.page * pageSize;
    this.caption.textContent = some.length ? `${number(first + 1)} to ${number(first + some.length)} of ${number(this.total)}` : "none";
    this.back.disabled = this.page === 0;
    this.forth.disabled = first + pageSize >= this.total;
  }

  row(i, [label, error]) {
    const row = element("tr"), ops = this.view.ops, decimals = 1e3;
    const show = element("button", label);
    show.type = "button";
    show.addEventListener("click", () => this.select(i));
    const what = element("td", null, "what");
    what.append(show);
    row.append(what, element("td", ops.head.keys[ops.key[i]]), element("td", String(ops.process[i])), element("td", ops.head.nodes[ops.node[i]]),
      element("td", seconds(ops.start[i], decimals), "n"), element("td", lasted(ops.over[i] - ops.start[i]), "n"), element("td", said(ops, i, error)));
    return row;
  }
}

// said is an operation's outcome, with its error.
function said(ops, i, error) {
  return outcomes[outcomeOf(ops, i)] + (ops.flags[i] & flagFinal ? ", final" : "") + (error ? ": " + error : "");
}

// element makes an element with a text, which stays text.
function element(name, text, className) {
  const e = document.createElement(name);
  if (text !== undefined && text !== null) e.textContent = text;
  if (className) e.className = className;
  return e;
}

