/**
 * Returns a random number from 0 to 2^32 - 1 for a seed and a position. It depends on nothing else (the finalizer of
 * murmur3).
 */
export const hash = (seed: number, position: number): number => {
  let h = (Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul((position + 1) | 0, 0x85ebca6b)) >>> 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** Returns a number from 0 up to, but not including, 1. */
export const fraction = (seed: number, position: number): number => hash(seed, position) / 4294967296

/** Draws a number from a range, at a position of a stream. Returns a plain number as it is. */
export const between = (
  range: number | { readonly min: number; readonly max: number },
  seed: number,
  position: number,
  stream: number
): number =>
  typeof range === "number"
    ? range
    : Math.round(range.min + fraction(hash(seed, stream), position) * (range.max - range.min))

/** Returns a random number for a position of a stream. Streams are independent of each other. */
export const draw = (seed: number, position: number, stream: number): number => hash(hash(seed, stream), position)
