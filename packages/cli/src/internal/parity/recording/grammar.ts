/**
 * The grammar of recordings: each string is a placeholder, a word of the API, or a text of the catalogue of errors.
 * Nothing else is allowed, so a valid file cannot name an organization, a project, a model or a user.
 */
import * as Emulator from "@checkpoint-permissions/fake/emulator"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { accepted } from "../../input/document.ts"
import { isFields } from "../../server/body.ts"
import { findable, initial } from "../outcomes.ts"
import * as Words from "./words.ts"

/** Returns true for an id in a recording: a kind and a number, in the order of appearance. */
export const isPlaceholder = (text: string): boolean =>
  /^(?:checkpoint|permission|project|event)_[1-9]\d{0,5}$/.test(text)

/** Returns true for a time in a recording: its rank among all times. */
export const isTime = (text: string): boolean => /^time_[1-9]\d{0,5}$/.test(text)

/** Returns true for an id or a time in a recording. */
export const isName = (text: string): boolean => isPlaceholder(text) || isTime(text)

/** Returns true for a header that describes the server. */
export const isHeader = (name: string): boolean =>
  /^(?:content-type|retry-after|retry-after-ms|x-should-retry|x-ratelimit-(?:limit|remaining|reset)-requests|openai-version|allow)$/.test(
    name
  )

const isPath = (path: string): boolean =>
  /^\//.test(path) &&
  path
    .slice(1)
    .split("/")
    .every((segment) => Words.segments.has(segment) || isPlaceholder(segment))

/** Returns true if a string is an enumerated value of a field or parameter. */
export const isValueOf = (name: string, text: string): boolean =>
  Object.hasOwn(Words.values, name) && Words.values[name]?.has(text) === true

const isQueryValue = (name: string, text: string): boolean =>
  text === "string" || isPlaceholder(text) || isValueOf(name, text) || (name === "limit" && /^-?\d{1,6}$/.test(text))

const notAllowed = "not allowed in a recording"

interface Fault {
  readonly path: ReadonlyArray<string | number>
  readonly message: string
}

/**
 * Returns the faults of a body. The names of its fields determine the allowed values. A field that is not allowed is a
 * fault of its object.
 */
const bodyFaults = (value: unknown, path: Fault["path"] = [], field = ""): ReadonlyArray<Fault> => {
  if (Array.isArray(value)) return value.flatMap((one, i) => bodyFaults(one, [...path, i], field))
  if (isFields(value)) {
    const fields = Object.entries(value)
    return fields.every(([name]) => name === "other" || Words.fields.has(name))
      ? fields.flatMap(([name, one]) => bodyFaults(one, [...path, name], name))
      : [{ path, message: notAllowed }]
  }
  const isAllowed =
    value === null ||
    typeof value === "boolean" ||
    (typeof value === "string" && (/^(?:string|number)$/.test(value) || isName(value) || isValueOf(field, value)))
  return isAllowed ? [] : [{ path, message: notAllowed }]
}

const text = (isAllowed: (text: string) => boolean) => Schema.String.pipe(Schema.filter(isAllowed))

const wordOf = (words: Iterable<string>) => {
  const allowed = new Set(["string", ...words])
  return Schema.NullOr(text((one) => one !== "" && allowed.has(one)))
}

const Count = Schema.Int.pipe(Schema.between(0, 1e9))

const ApiError = Schema.Struct({
  type: wordOf(Words.errors.type),
  code: wordOf(Words.errors.code),
  param: wordOf(Words.errors.param),
  text: wordOf(Words.texts)
})

const Reply = Schema.Struct({
  status: Count,
  /** The names of headers. */
  headers: Schema.Array(text(isHeader)),
  /** The error of a refusal, `null` without an envelope. */
  error: Schema.optional(Schema.NullOr(ApiError)),
  /** The body of any other reply. */
  body: Schema.optional(Schema.Unknown.pipe(Schema.filter((body) => bodyFaults(body))))
})

const Parameter = Schema.Tuple(
  text((name) => Words.parameters.has(name)),
  Schema.String
).pipe(Schema.filter(([name, value]) => isQueryValue(name, value)))

const Request = Schema.Struct({
  /** Milliseconds since the first request. */
  sent: Count,
  method: Schema.Literal("GET", "POST", "DELETE"),
  path: text(isPath),
  query: Schema.Array(Parameter),
  /** The projects that a create grants. */
  projects: Schema.optional(Schema.Array(text(isPlaceholder))),
  /** `null` if no reply arrived. */
  reply: Schema.NullOr(Reply)
})

/** The state of the server before the run. */
const Seed = Schema.Struct({
  key: Schema.Literal("admin", "any"),
  /** The minimum number of permissions of each checkpoint. */
  permissions: Schema.Record({ key: text(isPlaceholder), value: Count }),
  projects: Count,
  events: Count,
  models: Count
})

const isFindable = (name: string): boolean => findable.some((one) => one === name)

const Behavior = Schema.Record({ key: text(isFindable), value: Schema.Unknown }).pipe(
  Schema.filter((behavior) =>
    Either.match(
      accepted(() => Emulator.parseSettings({ behavior })),
      { onLeft: ({ field }) => ({ path: field.split(".").slice(1), message: notAllowed }), onRight: () => true }
    )
  )
)

const Recording = Schema.Struct({
  behavior: Behavior,
  parity: Schema.Struct({
    version: Schema.Literal(2),
    at: text((day) => /^\d{4}-\d\d-\d\d$/.test(day)),
    server: Schema.Literal("openai", "other"),
    seed: Seed,
    settings: Schema.Record({
      key: text((name) => Object.hasOwn(initial, name)),
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

/** Returns a line for each fault. It contains no value of the file, since the key of a record may be an id. */
const faultsOf = (error: ParseResult.ParseError): ReadonlyArray<string> => {
  const isSafe = (part: string) => /^(?:[a-zA-Z]{1,12}|\d{1,6})$/.test(part) || Words.fields.has(part)
  const places = ParseResult.ArrayFormatter.formatErrorSync(error).map(({ path }) =>
    path.map((part) => (isSafe(String(part)) ? String(part) : "…")).join(".")
  )
  const innermost = [...new Set(places)].filter((one) => !places.some((other) => other.startsWith(`${one}.`)))
  return innermost.map((place) => `${place === "" ? "the file" : place}: ${notAllowed}`)
}

const decode = Schema.decodeUnknownEither(Recording, { errors: "all", onExcessProperty: "error" })

/** Reads a recording, or returns a line for each fault. The line contains no value of the file. */
export const read = (json: unknown): Either.Either<Recording, ReadonlyArray<string>> =>
  Predicate.hasProperty(json, "parity")
    ? Either.mapLeft(decode(json), faultsOf)
    : Either.left(["not a recording: make one with parity --record"])
