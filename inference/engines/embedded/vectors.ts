/** Cosine of two vectors of length 1. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}

/** Vectors of one width in one array, row by row, each of length 1. */
export interface Rows {
  readonly values: Float32Array<ArrayBuffer>;
  readonly count: number;
  readonly width: number;
}

/**
 * Late interaction of two texts: the mean over the rows of one of their best cosine with a row of the other, both ways.
 * Source: MaxSim of ColBERT (arXiv 2004.12832), here averaged so that lengths do not matter.
 */
export function maxSim(a: Rows, b: Rows): { readonly aToB: number; readonly bToA: number } {
  const bestOfA = new Float32Array(a.count).fill(-1);
  const bestOfB = new Float32Array(b.count).fill(-1);
  const { width } = a;
  for (let i = 0; i < a.count; i += 1) {
    const row = i * width;
    for (let j = 0; j < b.count; j += 1) {
      const other = j * width;
      let sum = 0;
      for (let k = 0; k < width; k += 1) sum += (a.values[row + k] ?? 0) * (b.values[other + k] ?? 0);
      if (sum > (bestOfA[i] ?? 1)) bestOfA[i] = sum;
      if (sum > (bestOfB[j] ?? 1)) bestOfB[j] = sum;
    }
  }
  return { aToB: mean(bestOfA), bToA: mean(bestOfB) };
}

function mean(values: Float32Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Scales a vector to length 1, in place; a vector of nothing stays one. */
export function toLengthOne(vector: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const norm = Math.sqrt(squares) || 1;
  for (let at = 0; at < vector.length; at += 1) vector[at] = (vector[at] ?? 0) / norm;
  return vector;
}
