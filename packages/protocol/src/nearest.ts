/** Suggestions for misspelt names. */

/** Returns the number of letters to insert, delete, replace or swap to change one text into the other. */
const distance = (from: string, to: string): number => {
  const rows = [Array.from({ length: to.length + 1 }, (_, column) => column)]
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Number.POSITIVE_INFINITY
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    rows.push(current)
    for (let column = 1; column <= to.length; column++) {
      const replaced = from[row - 1] === to[column - 1] ? 0 : 1
      const isSwapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      const swapped = isSwapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY
      current.push(
        Math.min(at(row - 1, column) + 1, at(row, column - 1) + 1, at(row - 1, column - 1) + replaced, swapped)
      )
    }
  }
  return at(from.length, to.length)
}

/**
 * Returns the known name that is most similar to `word`. Returns `undefined` if none is similar: at most every third
 * letter may differ, or `limit` letters. Two swapped letters count as one.
 */
export const nearest = (word: string, known: Iterable<string>, limit?: number): string | undefined => {
  // the comparison of longer names would take long, and without a limit they are not typed by hand
  const longest = limit === undefined ? 64 : 256
  let best: { readonly candidate: string; readonly at: number } | undefined
  for (const candidate of known) {
    const most = limit ?? Math.max(1, Math.floor(candidate.length / 3))
    if (Math.max(word.length, candidate.length) > longest || Math.abs(word.length - candidate.length) > most) continue
    const at = distance(word.toLowerCase(), candidate.toLowerCase())
    if (at <= most && (best === undefined || at < best.at)) best = { candidate, at }
  }
  return best?.candidate
}

const withoutStep = (checkpoint: string): string => checkpoint.replace(/(:ckpt-step-)\d+$/, "$1")

/**
 * Returns the known checkpoint that a name may have been meant to be, and that is no other step of the same job. At most
 * two letters differ, since the last part of a name is random.
 */
export const nearestCheckpoint = (checkpoint: string, known: Iterable<string>): string | undefined =>
  nearest(
    checkpoint,
    Array.from(known).filter((one) => withoutStep(one) !== withoutStep(checkpoint)),
    2
  )
