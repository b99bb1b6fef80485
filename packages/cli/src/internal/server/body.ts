/** Fields of bodies. A server may send any value, so no schema is assumed. */
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

export type Fields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is Fields => Predicate.isRecord(value)

/** Returns the value at a path of field names, or `undefined` if a field is missing. */
export const valueAt = (value: unknown, ...names: ReadonlyArray<string>): unknown =>
  names.reduce<unknown>((inner, name) => (isFields(inner) ? inner[name] : undefined), value)

export const textAt = (value: unknown, ...names: ReadonlyArray<string>): string | undefined => {
  const found = valueAt(value, ...names)
  return typeof found === "string" ? found : undefined
}

export const itemsOf = (body: unknown): ReadonlyArray<Fields> => {
  const data = valueAt(body, "data")
  return Array.isArray(data) ? data.filter(isFields) : []
}

const json = Schema.decodeOption(Schema.parseJson())

export const parseJson = (text: string): unknown => Option.getOrUndefined(json(text))
