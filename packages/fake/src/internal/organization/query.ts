import type { Reply, ServerRequest } from "../../http.ts"
import * as Envelope from "../api/envelope.ts"
import { json } from "../api/reply.ts"

/** The parameters of a request by name, each with its values. */
export type Query = ReadonlyMap<string, ReadonlyArray<string>>

/** Refuses what is not known, and what is given twice unless its name ends with `[]`. */
export const queryOf = (request: ServerRequest, isKnown: (name: string) => boolean): Query | Reply => {
  const query = new Map<string, ReadonlyArray<string>>()
  for (const [name, value] of request.query) {
    if (name === "api-version") continue
    if (!isKnown(name)) return Envelope.unknownParameter(name)
    const before = query.get(name)
    if (before !== undefined && !name.endsWith("[]")) return Envelope.invalidValue(name, "it was given more than once.")
    query.set(name, [...(before ?? []), value])
  }
  return query
}

export const isReply = (value: object): value is Reply => "status" in value

export const one = (query: Query, name: string): string | undefined => query.get(name)?.[0]

/** A whole number, or `undefined` if it is not given. */
export const integer = (query: Query, name: string): number | undefined | Reply => {
  const text = one(query, name)
  if (text === undefined) return undefined
  return /^[+-]?\d+$/.test(text)
    ? Number(text)
    : Envelope.failure(400, `Invalid type for '${name}': expected an integer, but got '${text}' instead.`, {
        param: name,
        code: "invalid_type"
      })
}

/** `true` or `false`; false if it is not given. */
export const flag = (query: Query, name: string): boolean | Reply => {
  const text = one(query, name) ?? "false"
  return text === "true" || text === "false"
    ? text === "true"
    : Envelope.failure(400, `Invalid type for '${name}': expected a boolean, but got '${text}' instead.`, {
        param: name,
        code: "invalid_type"
      })
}

/** The documented range of a `limit` is 1 to 100. */
export const limitOf = (query: Query, byDefault: number): number | Reply => {
  const limit = integer(query, "limit") ?? byDefault
  if (typeof limit !== "number") return limit
  if (limit < 1) {
    return Envelope.invalidValue(
      "limit",
      `integer below minimum value. Expected a value >= 1, but got ${limit} instead.`,
      "integer_below_min_value"
    )
  }
  if (limit > 100) {
    return Envelope.invalidValue(
      "limit",
      `integer above maximum value. Expected a value <= 100, but got ${limit} instead.`,
      "integer_above_max_value"
    )
  }
  return limit
}

interface Identified {
  readonly id: string
}

export interface Slice<T> {
  readonly data: ReadonlyArray<T>
  readonly hasMore: boolean
}

/** The part of a list that `after`, `before` and `limit` ask for. */
export const slice = <T extends Identified>(
  all: ReadonlyArray<T>,
  query: Query,
  byDefault: number
): Slice<T> | Reply => {
  const limit = limitOf(query, byDefault)
  if (typeof limit !== "number") return limit
  for (const name of ["after", "before"] as const) {
    const cursor = one(query, name)
    if (cursor === undefined) continue
    const at = all.findIndex(({ id }) => id === cursor)
    if (at < 0) return Envelope.invalidValue(name, `there is no object with id '${cursor}'.`)
    return name === "after"
      ? { data: all.slice(at + 1, at + 1 + limit), hasMore: all.length > at + 1 + limit }
      : { data: all.slice(Math.max(0, at - limit), at), hasMore: at > limit }
  }
  return { data: all.slice(0, limit), hasMore: all.length > limit }
}

/** A page with `first_id` and `last_id`. */
export const page = ({ data, hasMore }: Slice<Identified>): Reply =>
  json(200, {
    object: "list",
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: hasMore
  })
