/**
 * The grammar of recordings: each string is a placeholder, a word of the API, or a text of the catalogue of errors. It
 * allows nothing else, so a file that passes cannot name an organization, a project, a model or a user.
 */
import * as Emulator from "@checkpoint-permissions/fake/emulator"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { accepted } from "../input/document.ts"
import { nothing } from "./meanings.ts"
import * as Words from "./words.ts"

/** An id is recorded as a kind and a number, in the order of appearance. */
const placeholder = /^(?:checkpoint|permission|project|event)_[1-9]\d{0,5}$/

/** A time is recorded as its rank among the times of a recording. */
const time = /^time_[1-9]\d{0,5}$/

export const isPlaceholder = (text: string): boolean => placeholder.test(text)

export const isTime = (text: string): boolean => time.test(text)

/** Headers that describe the server. */
export const isHeader = (name: string): boolean =>
  /^(?:content-type|retry-after|retry-after-ms|x-should-retry|x-ratelimit-(?:limit|remaining|reset)-requests|openai-version|allow)$/.test(
    name
  )

const isSegment = (text: string): boolean => Words.segments.has(text) || isPlaceholder(text)

const isPath = (path: string): boolean => path.startsWith("/") && path.slice(1).split("/").every(isSegment)

/** Returns true if a string is an enumerated value of a field or parameter. */
export const isValueOf = (name: string, text: string): boolean =>
  Object.hasOwn(Words.values, name) && Words.values[name]?.has(text) === true

const isQueryValue = (name: string, text: string): boolean =>
  text === "string" || isPlaceholder(text) || isValueOf(name, text) || (name === "limit" && /^-?\d{1,6}$/.test(text))

export const isParameter = (name: string): boolean => Words.parameters.has(name)

export const isField = (name: string): boolean => Words.fields.has(name)

/** The settings that a run can find. */
const findable = new Set([
  "regrant",
  "partialCreate",
  "overLimit",
  "underLimit",
  "deleteGone",
  "unknownAfter",
  "shortPages",
  "listingLag",
  "defaultLimit",
  "maxLimit",
  "missingScopeStatus",
  "unknownCheckpoints",
  "unsetModelPermissions",
  "auditLog",
  "auditLag",
  "repeatEvents",
  "auditResources"
])

export type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [name: string]: Json }

const Json: Schema.Schema<Json> = Schema.suspend(() =>
  Schema.Union(
    Schema.Null,
    Schema.Boolean,
    Schema.Number,
    Schema.String,
    Schema.Array(Json),
    Schema.Record({ key: Schema.String, value: Json })
  )
)

const text = (isAllowed: (text: string) => boolean) =>
  Schema.String.pipe(Schema.filter(isAllowed, { message: () => "not in the grammar" }))

const Count = Schema.Int.pipe(Schema.between(0, 1e9))

const orString = (words: ReadonlySet<string>) =>
  Schema.NullOr(text((one) => one === "string" || (one !== "" && words.has(one))))

const ApiError = Schema.Struct({
  type: orString(Words.errors.type),
  code: orString(Words.errors.code),
  param: orString(Words.errors.param),
  text: orString(new Set(Words.texts))
})

const Reply = Schema.Struct({
  status: Count,
  /** The names of headers. */
  headers: Schema.Array(text(isHeader)),
  /** The error of a refusal, `null` without an envelope. */
  error: Schema.optional(Schema.NullOr(ApiError)),
  /** The body of any other reply. */
  body: Schema.optional(Json)
})

const Request = Schema.Struct({
  /** Milliseconds since the first request. */
  sent: Count,
  method: Schema.Literal("GET", "POST", "DELETE"),
  path: text(isPath),
  query: Schema.Array(Schema.Tuple(text(isParameter), Schema.String)),
  /** The projects of a create. */
  projects: Schema.optional(Schema.Array(text(isPlaceholder))),
  /** `null` if no reply arrived. */
  reply: Schema.NullOr(Reply)
})

/** The state of the server before the run. */
const Seed = Schema.Struct({
  key: Schema.Literal("admin", "any"),
  /** The least number of permissions of each checkpoint. */
  permissions: Schema.Record({ key: text(isPlaceholder), value: Count }),
  projects: Count,
  events: Count,
  models: Count
})

const settingNames = new Set(Object.keys(nothing))

const Recording = Schema.Struct({
  behavior: Schema.Record({ key: text((name) => findable.has(name)), value: Json }),
  parity: Schema.Struct({
    version: Schema.Literal(2),
    at: text((day) => /^\d{4}-\d\d-\d\d$/.test(day)),
    server: Schema.Literal("openai", "other"),
    seed: Seed,
    settings: Schema.Record({
      key: text((name) => settingNames.has(name)),
      value: Schema.Literal("found", "not observable", "not asked")
    }),
    requests: Schema.Array(Request)
  })
})

/** A recording of version 2. */
export type Recording = typeof Recording.Type
export type Request = typeof Request.Type
export type Reply = typeof Reply.Type
export type ApiError = typeof ApiError.Type
export type Seed = typeof Seed.Type

const decode = Schema.decodeUnknownEither(Recording, { errors: "all", onExcessProperty: "error" })

const notAllowed = "not in the grammar"

/** Returns the faults of a body, by the names of its fields. */
const bodyFaults = (value: Json, at: string, field: string): ReadonlyArray<string> => {
  if (typeof value === "string") {
    const isAllowed =
      value === "string" || value === "number" || isPlaceholder(value) || isTime(value) || isValueOf(field, value)
    return isAllowed ? [] : [`${at}: ${notAllowed}`]
  }
  if (Array.isArray(value)) return value.flatMap((one: Json, i) => bodyFaults(one, `${at}.${i}`, field))
  if (Predicate.isRecord(value)) {
    return Object.entries<Json>(value).flatMap(([name, one]) =>
      name === "other" || isField(name) ? bodyFaults(one, `${at}.${name}`, name) : [`${at}: a field is ${notAllowed}`]
    )
  }
  return typeof value === "number" ? [`${at}: a number is ${notAllowed}`] : []
}

const requestFaults = ({ query, reply }: Request, i: number): ReadonlyArray<string> => {
  const at = `parity.requests.${i}`
  return [
    ...query.flatMap(([name, value], n) => (isQueryValue(name, value) ? [] : [`${at}.query.${n}: ${notAllowed}`])),
    ...(reply?.body === undefined ? [] : bodyFaults(reply.body, `${at}.reply.body`, ""))
  ]
}

/** Returns the places of faults, without a value of the file: the key of a record may be an id. */
const faultsOf = (error: ParseResult.ParseError): ReadonlyArray<string> => {
  const places = ParseResult.ArrayFormatter.formatErrorSync(error).map(({ path }) =>
    path.map((part) => (/^(?:[a-zA-Z]{1,12}|\d{1,6})$/.test(String(part)) ? String(part) : "…")).join(".")
  )
  const innermost = [...new Set(places)].filter((one) => !places.some((other) => other.startsWith(`${one}.`)))
  return innermost.map((place) => `${place === "" ? "the file" : place}: ${notAllowed}`)
}

/** Reads a recording, or returns a line for each fault. A fault repeats no value of the file. */
export const read = (json: unknown): Either.Either<Recording, ReadonlyArray<string>> =>
  Either.flatMap(Either.mapLeft(decode(json), faultsOf), (recording) => {
    const behavior = accepted(() => Emulator.parseSettings({ behavior: recording.behavior }))
    const faults = [
      ...Either.match(behavior, { onLeft: ({ field }) => [`${field}: ${notAllowed}`], onRight: () => [] }),
      ...recording.parity.requests.flatMap(requestFaults)
    ]
    return faults.length === 0 ? Either.right(recording) : Either.left(faults)
  })
