import { nearest } from "../nearest.ts"
import { isObject } from "./isObject.ts"
import type { Checked } from "./refusal.ts"
import { nameOf, shown } from "./text.ts"

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
  elsewhere?: Readonly<Record<string, string>> | undefined
): Checked<{ readonly [K in Name]?: unknown }> => {
  let field = whole
  try {
    if (!isObject(value)) return { field, reason: `${whole} is ${shown(value)}: pass an object` }
    const names = Object.keys(rules)
    const isUnknown = (key: string | symbol) => typeof key === "symbol" || !names.includes(key)
    const unknown = elsewhere === undefined ? undefined : Reflect.ownKeys(value).find(isUnknown)
    if (unknown !== undefined) {
      const name = nameOf(unknown)
      const other = Object.entries(elsewhere ?? {}).find(([key]) => key.toLowerCase() === name.toLowerCase())
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
