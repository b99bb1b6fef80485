import { isObject } from "./isObject.ts"
import type { Checked } from "./refusal.ts"
import { nameOf, shown } from "./text.ts"

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z]/g, "")

/** How many single-character edits turn one text into the other. */
const editDistance = (from: string, to: string): number => {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [i, a] of [...from].entries()) {
    const next = [i + 1]
    for (const [j, b] of [...to].entries()) {
      next.push(Math.min((row[j] ?? 0) + (a === b ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}

/** The known name that was probably meant: at most every third letter differs. */
const nearest = (name: string, names: ReadonlyArray<string>): string | undefined => {
  const given = plain(name)
  if (given.length > 40) return undefined
  return names
    .map((known) => ({ known, distance: editDistance(given, plain(known)), limit: plain(known).length / 3 }))
    .filter(({ distance, limit }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)[0]?.known
}

export type Properties<Name extends string> = { readonly [K in Name]?: unknown }

/**
 * The named properties of what a caller passed, each read once. Properties with
 * other names are refused, since what is misspelt would have no effect.
 */
export const readProperties = <Name extends string>(
  whole: string,
  value: unknown,
  names: ReadonlyArray<Name>
): Checked<Properties<Name>> => {
  let field = whole
  try {
    if (!isObject(value)) return { field, reason: `${whole} is ${shown(value)}: pass an object` }
    const known = new Set<PropertyKey>(names)
    const unknown = Reflect.ownKeys(value).find((key) => !known.has(key))
    if (unknown !== undefined) {
      const name = nameOf(unknown)
      const meant = nearest(name, names)
      return {
        field: name,
        reason: `unknown name: ${meant === undefined ? "" : `did you mean ${meant}? `}known are ${names.join(", ")}`
      }
    }
    const properties: { [K in Name]?: unknown } = {}
    for (const name of names) {
      field = name
      properties[name] = value[name]
    }
    return { ok: properties }
  } catch {
    return { field, reason: "it cannot be read: pass a plain object" }
  }
}
