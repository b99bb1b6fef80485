/** Input that nobody has checked yet: what it is, how it is shown, and how its properties are read. */
import { nearest } from "../nearest.ts"
import { singleLine } from "../text.ts"

/** Input that is refused before a request exists. */
export interface Refusal {
  /** The parameter or option, by the name that the caller knows. */
  readonly field: string
  readonly reason: string
}

/** What was checked, or why it is refused. */
export type Checked<A> = { readonly ok: A } | Refusal

/** A JSON object: neither null nor an array. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** An API key that was passed in the wrong place is not repeated. */
const withoutKeys = (text: string): string => text.replace(/\bsk-\S*/g, "sk-…")

export const nameOf = (key: PropertyKey): string => singleLine(withoutKeys(String(key)), 80)

const kindOf = (value: unknown): string => {
  if (typeof value === "function") return "a function"
  try {
    return Array.isArray(value) ? "an array" : "an object"
  } catch {
    // A proxy that was revoked.
    return "an object"
  }
}

/** A refused value, for a message: a primitive itself, an object by its kind only. Never throws. */
export const shown = (value: unknown): string => {
  if (typeof value === "string") return singleLine(JSON.stringify(withoutKeys(value)), 80)
  if (typeof value === "object" ? value !== null : typeof value === "function") return kindOf(value)
  return nameOf(String(value))
}

/** Why a value is refused, and what to do; `undefined` when it is not. */
type Rule = (value: unknown, field: string) => string | undefined

/**
 * Reads each property that a caller passed once, and checks it by its rule if it is there. Where `elsewhere` is given,
 * other names are refused, since a misspelt one would have no effect: it has the names that other libraries use, in
 * upper or lower case.
 */
export const readProperties = <Name extends string>(
  whole: string,
  value: unknown,
  rules: Readonly<Record<Name, Rule>>,
  foreignNames?: Readonly<Record<string, string>> | undefined
): Checked<{ readonly [K in Name]?: unknown }> => {
  let field = whole
  try {
    if (!isObject(value)) return { field, reason: `${whole} is ${shown(value)}: pass an object` }
    const names = Object.keys(rules)
    const isUnknown = (key: string | symbol) => typeof key === "symbol" || !names.includes(key)
    const unknown = foreignNames === undefined ? undefined : Reflect.ownKeys(value).find(isUnknown)
    if (unknown !== undefined) {
      const name = nameOf(unknown)
      const other = Object.entries(foreignNames ?? {}).find(([key]) => key.toLowerCase() === name.toLowerCase())
      const meant = other?.[1] ?? nearest(name, names)
      return {
        field: name,
        reason: `unknown name: ${meant === undefined ? "" : `did you mean ${meant}? `}known are ${names.join(", ")}`
      }
    }
    const properties: { [K in Name]?: unknown } = {}
    for (const name in rules) {
      field = name
      properties[name] = value[name]
    }
    for (const name in rules) {
      const reason = properties[name] === undefined ? undefined : rules[name](properties[name], name)
      if (reason !== undefined) return { field: name, reason }
    }
    return { ok: properties }
  } catch {
    return { field, reason: "it cannot be read: pass a plain object" }
  }
}
