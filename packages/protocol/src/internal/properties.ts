import { nearest } from "../nearest.ts"
import { isObject } from "./isObject.ts"
import type { Checked } from "./refusal.ts"
import { nameOf, shown } from "./text.ts"

export type Properties<Name extends string> = { readonly [K in Name]?: unknown }

/**
 * The named properties of what a caller passed, each read once. Properties with other names are refused, since what is
 * misspelt would have no effect. `elsewhere` has what other libraries call a property, in upper or lower case.
 */
export const readProperties = <Name extends string>(
  whole: string,
  value: unknown,
  names: ReadonlyArray<Name>,
  elsewhere: Readonly<Record<string, Name>> = {}
): Checked<Properties<Name>> => {
  let field = whole
  try {
    if (!isObject(value)) return { field, reason: `${whole} is ${shown(value)}: pass an object` }
    const known = new Set<PropertyKey>(names)
    const unknown = Reflect.ownKeys(value).find((key) => !known.has(key))
    if (unknown !== undefined) {
      const name = nameOf(unknown)
      const other = Object.entries(elsewhere).find(([key]) => key.toLowerCase() === name.toLowerCase())
      const meant = other?.[1] ?? nearest(name, names)
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
