// Which operations are shown, and in which row.

// choose gives the places of the operations that pass the filter, in order. The
// filter has for kinds, nodes, keys and outcomes an array that says which pass, or
// null for all; for processes a function, or null; for texts an array with a 1 for
// each operation that passes, or null.
function choose(ops, filter) {
  const found = new Int32Array(ops.count);
  const { kinds, nodes, keys, outcomes, process, texts } = filter;
  let n = 0;
  for (let i = 0; i < ops.count; i++) {
    if (outcomes && !outcomes[ops.flags[i] & 3]) continue;
    if (kinds && !kinds[ops.kind[i]]) continue;
    if (nodes && !nodes[ops.node[i]]) continue;
    if (keys && !keys[ops.key[i]]) continue;
    if (texts && !texts[i]) continue;
    if (process && !process(ops.process[i])) continue;
    found[n++] = i;
  }
  return found.subarray(0, n);
}

// groupings are what rows can be grouped by: the number of an operation's group, and
// its name. A process keeps its row within a node as long as it lives.
const groupings = {
  node: { of: (ops) => ops.node, name: (ops, g) => ops.head.nodes[g] || "all nodes", keeps: true },
  key: { of: (ops) => ops.key, name: (ops, g) => ops.head.keys[g] || "no key", keeps: false },
  kind: { of: (ops) => ops.kind, name: (ops, g) => ops.head.kinds[g], keeps: false },
  process: { of: (ops) => ops.process, name: (ops, g) => "process " + g, keeps: false },
};

// arrange puts operations into rows such that those of a row do not overlap, grouped
// by node, key, kind or process. It gives for each of the chosen its row, for each
// group its name and rows, and reach: the latest end of all operations up to a place.
function arrange(ops, chosen, by) {
  const grouping = groupings[by];
  const group = grouping.of(ops);
  const last = grouping.keeps ? lastOf(ops, chosen) : null;
  const groups = new Map();
  const row = new Int32Array(chosen.length), reach = new Float64Array(chosen.length);
  let far = 0;
  for (let at = 0; at < chosen.length; at++) {
    const i = chosen[at];
    let g = groups.get(group[i]);
    if (!g) groups.set(group[i], g = { id: group[i], free: [], owner: [], rowOf: new Map() });
    row[at] = rowFor(g, ops, i, last);
    reach[at] = far = Math.max(far, ops.over[i]);
  }
  const sorted = inOrder([...groups.values()], (g) => grouping.name(ops, g.id));
  let first = 0;
  for (const g of sorted) {
    g.first = first;
    g.rows = g.free.length;
    first += g.rows;
  }
  for (let at = 0; at < chosen.length; at++) row[at] += groups.get(group[chosen[at]]).first;
  return { ops, chosen, row, reach, rows: first, groups: sorted, by };
}

// inOrder names groups and sorts them as people count, n2 before n10; very many stay as
// they came.
function inOrder(groups, name) {
  for (const g of groups) g.name = name(g);
  const order = new Intl.Collator("en", { numeric: true });
  return groups.sort(groups.length > 5000 ? (a, b) => a.id - b.id : (a, b) => order.compare(a.name, b.name));
}

// lastOf is the last of the chosen operations of each process.
function lastOf(ops, chosen) {
  const last = new Map();
  for (let at = 0; at < chosen.length; at++) last.set(ops.process[chosen[at]], chosen[at]);
  return last;
}

// rowFor finds a row of the group that is free when an operation begins: the one of
// its process before any other that no other process needs.
function rowFor(g, ops, i, last) {
  const start = ops.start[i], process = ops.process[i];
  let r = last && g.rowOf.has(process) ? g.rowOf.get(process) : -1;
  if (r < 0 || g.free[r] > start) {
    for (r = 0; r < g.free.length && (g.free[r] > start || g.owner[r]); r++);
  }
  g.free[r] = ops.over[i];
  if (last) {
    g.owner[r] = last.get(process) !== i;
    if (g.owner[r]) g.rowOf.set(process, r); else g.rowOf.delete(process);
  }
  return r;
}

// within gives the first and the place behind the last of the chosen that can share a
// moment with a window of time.
function within(view, from, to) {
  return [search(view.chosen.length, (at) => view.reach[at] >= from),
    search(view.chosen.length, (at) => view.ops.start[view.chosen[at]] > to)];
}

// search is the first place from 0 to n at which something holds that then goes on to.
function search(n, holds) {
  let low = 0, high = n;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle; else low = middle + 1;
  }
  return low;
}

// countWithin counts, by outcome, the chosen that share a moment with a window.
function countWithin(view, from, to) {
  const counts = [0, 0, 0];
  const [first, end] = within(view, from, to);
  for (let at = first; at < end; at++) {
    const i = view.chosen[at];
    if (view.ops.over[i] >= from) counts[view.ops.flags[i] & 3]++;
  }
  return counts;
}

