/** Unchecked input: its kind, its form in messages, and its properties. */
import { singleLine } from "../text.ts"

/** The reason why input is refused before a request is sent. */
export interface Refusal {
  /** The name of the parameter or option. */
  readonly field: string
  readonly reason: string
}

/** Checked input, or the reason why it is refused. */
export type Checked<A> = { readonly ok: A } | Refusal

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Hides an API key that was passed in the wrong place. */
const withoutKeys = (text: string): string => text.replace(/\bsk-\S*/g, "sk-…")

export const nameOf = (key: PropertyKey): string => singleLine(withoutKeys(String(key)), 80)

const kindOf = (value: unknown): string => {
  if (typeof value === "function") return "a function"
  try {
    return Array.isArray(value) ? "an array" : "an object"
  } catch {
    // a revoked proxy
    return "an object"
  }
}

/** Returns a refused value for a message: a primitive as it is, an object as its kind. Never throws. */
export const shown = (value: unknown): string => {
  if (typeof value === "string") return singleLine(JSON.stringify(withoutKeys(value)), 80)
  if (typeof value === "object" ? value !== null : typeof value === "function") return kindOf(value)
  return nameOf(String(value))
}

/** Returns the reason why a value is refused, and what to do. Returns `undefined` if it is accepted. */
type Rule = (value: unknown, field: string) => string | undefined

/**
 * Reads each property once, and checks it by its rule if it is present. With `foreignNames`, unknown names are refused,
 * since a misspelt name would have no effect. `foreignNames` maps names of other libraries, in upper or lower case, to
 * ours.
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
      const meant = Object.entries(foreignNames ?? {}).find(([key]) => key.toLowerCase() === name.toLowerCase())
      const suggestion = meant === undefined ? "" : `did you mean ${meant[1]}? `
      return { field: name, reason: `unknown name: ${suggestion}known names: ${names.join(", ")}` }
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
