/** A vector of length 1 that depends on nothing but the text and the size. */
export function unitVector(text: string, size: number): Float32Array {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  }
  const vector = new Float32Array(size);
  let squares = 0;
  for (let index = 0; index < size; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    const value = state / 0x80000000;
    vector[index] = value;
    squares += value * value;
  }
  const scale = 1 / Math.sqrt(squares || 1);
  return vector.map((value) => value * scale);
}

/** Little-endian 32-bit floats, as OpenAI packs them. */
export function base64Of(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString("base64");
}
