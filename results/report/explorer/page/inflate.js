// Unpacking. Browsers do it themselves; for those that cannot there is inflate.

// unpack gives the bytes of a blob: Base64 of a zlib stream.
async function unpack(text) {
  const packed = bytesOf(text);
  if (typeof DecompressionStream === "undefined") return inflate(packed.subarray(2));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function bytesOf(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

// Lengths and distances of RFC 1951, 3.2.5: where each code begins, and how many bits
// follow it.
const lengthBase = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const lengthBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const distanceBase = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
const distanceBits = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
const orderOfLengths = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

// inflate unpacks a deflate stream (RFC 1951). The page made it: it is not checked.
function inflate(packed) {
  let out = new Uint8Array(packed.length * 4 + 1024);
  let size = 0, at = 0, held = 0, count = 0;

  function bits(n) {
    while (count < n) { held |= packed[at++] << count; count += 8; }
    const value = held & ((1 << n) - 1);
    held >>>= n; count -= n;
    return value;
  }
  // symbol reads bits until they are one of a canonical Huffman code.
  function symbol(code) {
    let value = 0, first = 0, index = 0;
    for (let length = 1; length <= 15; length++) {
      value |= bits(1);
      const n = code.counts[length];
      if (value - n < first) return code.symbols[index + value - first];
      index += n; first = (first + n) << 1; value <<= 1;
    }
    throw new Error("the packed data of the page is damaged");
  }
  function room(n) {
    if (size + n <= out.length) return;
    const larger = new Uint8Array(Math.max(out.length * 2, size + n));
    larger.set(out); out = larger;
  }
  function stored() {
    held = count = 0;
    const n = packed[at] | packed[at + 1] << 8;
    at += 4; room(n);
    out.set(packed.subarray(at, at + n), size);
    at += n; size += n;
  }
  function compressed(literals, distances) {
    for (;;) {
      const s = symbol(literals);
      if (s === 256) return;
      if (s < 256) { room(1); out[size++] = s; continue; }
      const length = lengthBase[s - 257] + bits(lengthBits[s - 257]);
      const d = symbol(distances);
      const distance = distanceBase[d] + bits(distanceBits[d]);
      room(length);
      for (let i = 0; i < length; i++, size++) out[size] = out[size - distance];
    }
  }
  function dynamic() {
    const literals = bits(5) + 257, distances = bits(5) + 1, n = bits(4) + 4;
    const lengths = new Uint8Array(320);
    for (let i = 0; i < n; i++) lengths[orderOfLengths[i]] = bits(3);
    const code = huffman(lengths.subarray(0, 19));
    const all = new Uint8Array(literals + distances);
    for (let i = 0; i < all.length;) {
      const s = symbol(code);
      if (s < 16) { all[i++] = s; continue; }
      const last = s === 16 ? all[i - 1] : 0;
      const times = s === 16 ? 3 + bits(2) : s === 17 ? 3 + bits(3) : 11 + bits(7);
      all.fill(last, i, i + times); i += times;
    }
    compressed(huffman(all.subarray(0, literals)), huffman(all.subarray(literals)));
  }
  function fixed() {
    const lengths = new Uint8Array(288).fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280);
    compressed(huffman(lengths), huffman(new Uint8Array(30).fill(5)));
  }

  for (let last = 0; !last;) {
    last = bits(1);
    [stored, fixed, dynamic][bits(2)]();
  }
  return out.subarray(0, size);
}

// huffman is the canonical code with these lengths.
function huffman(lengths) {
  const counts = new Uint16Array(16), next = new Uint16Array(16), symbols = new Uint16Array(lengths.length);
  for (const l of lengths) counts[l]++;
  counts[0] = 0;
  for (let l = 1; l < 16; l++) next[l] = next[l - 1] + counts[l - 1];
  lengths.forEach((l, s) => { if (l) symbols[next[l]++] = s; });
  return { counts, symbols };
}

