// The operations, as columns of numbers.

const ok = 0, failed = 1, unknown = 2;
const outcomes = ["ok", "failed", "unknown"];
const flagFinal = 4, flagOpen = 8;

const blob = (name, i) => document.getElementById("ops-" + name + (i === undefined ? "" : "-" + i)).textContent;

// breathe lets the browser do what else it has to do.
const breathe = () => new Promise((resolve) => setTimeout(resolve));

// readAll unpacks everything but the texts, a chunk at a time, and says how far it is.
async function readAll(progress) {
  const head = JSON.parse(new TextDecoder().decode(await unpack(blob("head"))));
  const n = head.count;
  const ops = {
    head, count: n,
    start: new Float64Array(n), over: new Float64Array(n), process: new Float64Array(n),
    node: new Int32Array(n), kind: new Int32Array(n), key: new Int32Array(n),
    flags: new Uint8Array(n), invoke: new Float64Array(n), complete: new Float64Array(n),
    begin: head.start, end: head.end,
  };
  for (let i = 0, from = 0; from < n; i++, from += head.columns) {
    const to = Math.min(n, from + head.columns);
    readColumns(ops, await unpack(blob("columns", i)), from, to);
    progress(to / n);
    await breathe();
  }
  for (let i = 0; i < n; i++) if (ops.over[i] > ops.end) ops.end = ops.over[i];
  return ops;
}

// readColumns takes the columns in the order in which columns.go wrote them.
function readColumns(ops, bytes, from, to) {
  let at = 0;
  function next() {
    let value = 0, scale = 1;
    for (;;) {
      const byte = bytes[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  }
  const { start, over, process, node, kind, key, flags, invoke, complete } = ops;
  for (let i = from, sum = 0; i < to; i++) start[i] = sum += next();
  for (let i = from; i < to; i++) over[i] = start[i] + next();
  for (let i = from; i < to; i++) process[i] = next();
  const where = new Map();
  for (let i = from; i < to; i++) {
    const moved = next();
    if (moved) where.set(process[i], moved - 1);
    node[i] = where.get(process[i]);
  }
  for (let i = from; i < to; i++) kind[i] = next();
  for (let i = from; i < to; i++) key[i] = next();
  for (let i = from; i < to; i++) flags[i] = next();
  for (let i = from, sum = 0; i < to; i++) {
    const n = next();
    invoke[i] = sum += n % 2 ? -(n + 1) / 2 : n / 2;
  }
  for (let i = from; i < to; i++) {
    const more = next();
    complete[i] = more ? invoke[i] + more : -1;
  }
}

const outcomeOf = (ops, i) => ops.flags[i] & 3;

// Texts unpacks what operations did when somebody asks for it, and keeps the chunks
// that were looked at last.
class Texts {
  constructor(head) {
    this.size = head.texts;
    this.chunks = new Map();
    this.waiting = new Map();
    this.decoder = new TextDecoder();
  }
  // have gives an operation's label and error, if they are unpacked.
  have(i) {
    const lines = this.chunks.get(Math.floor(i / this.size));
    return lines && lines[i % this.size].split("\t");
  }
  // get gives them anyhow.
  async get(i) {
    await this.chunk(Math.floor(i / this.size));
    return this.have(i);
  }
  // chunk unpacks one, once.
  chunk(c) {
    if (this.chunks.has(c)) return this.chunks.get(c);
    if (!this.waiting.has(c)) this.waiting.set(c, this.unpack(c));
    return this.waiting.get(c);
  }
  async unpack(c) {
    const lines = this.decoder.decode(await unpack(blob("texts", c))).split("\n");
    this.chunks.set(c, lines);
    this.waiting.delete(c);
    const most = 24;
    if (this.chunks.size > most) this.chunks.delete(this.chunks.keys().next().value);
    return lines;
  }
}

