/**
 * A set of texts. What was added to it gives another set. Its parts grow by powers of two, so that a page takes time in
 * proportion to its own size, but for a logarithm.
 */
export type IdSet = ReadonlyArray<ReadonlySet<string>>

export const empty: IdSet = []

export const has = (set: IdSet, id: string): boolean => set.some((part) => part.has(id))

export const sizeOf = (set: IdSet): number => set.reduce((size, part) => size + part.size, 0)

export const add = (set: IdSet, ids: Iterable<string>): IdSet => {
  let added = new Set(ids)
  let kept = set.length
  for (let part = set[kept - 1]; part !== undefined && part.size <= added.size; part = set[kept - 1]) {
    added = new Set([...part, ...added])
    kept -= 1
  }
  return [...set.slice(0, kept), added]
}
