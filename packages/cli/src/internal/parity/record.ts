/** Converts a run to the grammar of recordings. */
import * as behaviors from "@checkpoint-permissions/fake/behavior"
import * as Emulator from "@checkpoint-permissions/fake/emulator"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import { type ApiResponse, errorOf } from "./exchange.ts"
import type { ApiError, Json, Recording, Reply, Request } from "./grammar.ts"
import * as Grammar from "./grammar.ts"
import type { Outcomes } from "./meanings.ts"
import type { Sent } from "./recorder.ts"
import { seedOf } from "./seed.ts"
import * as Words from "./words.ts"

type Kind = "checkpoint" | "permission" | "project" | "event"

/** Ids and times of a run as placeholders and ranks. */
interface Names {
  readonly id: (kind: Kind, text: string) => string
  /** The placeholder of a known id, and `string` for any other. */
  readonly known: (text: string) => string
  readonly time: (seconds: number) => string
}

const isTimeField = (name: string): boolean => name.endsWith("_at")

const timesOf = (value: unknown, name = ""): ReadonlyArray<number> => {
  if (typeof value === "number") return isTimeField(name) ? [value] : []
  if (Array.isArray(value)) return value.flatMap((one) => timesOf(one))
  return Predicate.isRecord(value) ? Object.entries(value).flatMap(([key, one]) => timesOf(one, key)) : []
}

const namesOf = (sent: ReadonlyArray<Sent>): Names => {
  const all = [...new Set(sent.flatMap(({ answer }) => timesOf(answer?.body)))].sort((a, b) => a - b)
  const ranks = new Map(all.map((time, i) => [time, i + 1]))
  const ids = new Map<string, string>()
  const counts = new Map<Kind, number>()
  return {
    id: (kind, text) => {
      const found = ids.get(text)
      if (found !== undefined) return found
      const count = (counts.get(kind) ?? 0) + 1
      counts.set(kind, count)
      ids.set(text, `${kind}_${count}`)
      return `${kind}_${count}`
    },
    known: (text) => ids.get(text) ?? "string",
    time: (seconds) => `time_${ranks.get(seconds) ?? 0}`
  }
}

/** The kind of the ids behind a segment of a path. */
const ofSegment: Readonly<Record<string, Kind>> = {
  checkpoints: "checkpoint",
  permissions: "permission",
  projects: "project",
  audit_logs: "event"
}

const kindAfter = (word: string): Kind | undefined => (Object.hasOwn(ofSegment, word) ? ofSegment[word] : undefined)

/** Returns the last segment of a path that is a word of the API. */
const routeOf = (path: ReadonlyArray<string>): string => path.findLast((part) => Words.segments.has(part)) ?? ""

/** Returns the part of a URL below the base URL, in segments. */
const segmentsOf = (url: URL, base: URL): ReadonlyArray<string> =>
  url.pathname
    .slice(base.pathname.replace(/\/$/, "").length + 1)
    .split("/")
    .map(decodeURIComponent)

const pathOf = (path: ReadonlyArray<string>, names: Names): string =>
  path
    .map((part, i) => {
      const kind = kindAfter(path[i - 1] ?? "")
      if (kind !== undefined && kind !== "event") return `/${names.id(kind, part)}`
      return `/${Words.segments.has(part) ? part : names.id("project", part)}`
    })
    .join("")

const queryValue = (name: string, text: string, route: string, names: Names): string => {
  if (name === "after" || name === "before") return names.id(kindAfter(route) ?? "permission", text)
  if (name === "project_id") return names.id("project", text)
  if (name === "limit" && /^-?\d{1,6}$/.test(text)) return text
  return Grammar.isValueOf(name, text) ? text : names.known(text)
}

/** Returns the kind of an id in a body by its field, the field around it, and the route. */
const kindOf = (field: string, around: string, route: string): Kind | undefined => {
  if (field === "project_id") return "project"
  if (field === "fine_tuned_model_checkpoint") return "checkpoint"
  if (field === "first_id" || field === "last_id") return kindAfter(route)
  if (field !== "id") return undefined
  if (around === "" || around === "data") return kindAfter(route)
  return around === "project" ? "project" : around.startsWith("checkpoint.permission.") ? "permission" : undefined
}

const anonymize = (value: unknown, route: string, names: Names, field = "", around = ""): Json => {
  if (value === null || typeof value === "boolean") return value
  if (Array.isArray(value)) return value.map((one) => anonymize(one, route, names, field, around))
  if (Predicate.isRecord(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) =>
        Grammar.isField(name) ? [name, anonymize(one, route, names, name, field)] : ["other", "string"]
      )
    )
  }
  if (typeof value === "number") return isTimeField(field) ? names.time(value) : "number"
  if (typeof value !== "string") return "string"
  const kind = kindOf(field, around, route)
  if (kind !== undefined) return names.id(kind, value)
  return Grammar.isValueOf(field, value) ? value : "string"
}

const matches = (message: string, text: string): boolean => {
  const pattern = text.split("…").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"))
  return new RegExp(`^${pattern.join("[\\s\\S]*?")}$`).test(message)
}

const wordOf = (words: ReadonlySet<string>, text: string | undefined): string | null =>
  text === undefined ? null : words.has(text) ? text : "string"

const errorIn = (answer: ApiResponse): ApiError | null => {
  const { code, message, param, type } = errorOf(answer)
  if (message === undefined) return null
  return {
    type: wordOf(Words.errors.type, type),
    code: wordOf(Words.errors.code, code),
    param: wordOf(Words.errors.param, param),
    text: Words.texts.find((one) => matches(message, one)) ?? "string"
  }
}

const replyOf = (answer: ApiResponse, route: string, names: Names): Reply => ({
  status: answer.status,
  headers: Object.keys(answer.headers).filter(Grammar.isHeader).sort(),
  ...(answer.status < 400 ? { body: anonymize(answer.body, route, names) } : { error: errorIn(answer) })
})

const methodOf = (method: string): Request["method"] => (method === "POST" || method === "DELETE" ? method : "GET")

/** Returns what was sent to `apiUrl`, in the grammar. */
export const requestsOf = (sent: ReadonlyArray<Sent>, apiUrl: string): ReadonlyArray<Request> => {
  const names = namesOf(sent)
  const base = new URL(apiUrl)
  const since = sent[0]?.at ?? 0
  return sent.map(({ answer, at, body, method, url }): Request => {
    const path = segmentsOf(url, base)
    const route = routeOf(path)
    const projects =
      Predicate.hasProperty(body, "project_ids") && Array.isArray(body.project_ids) ? body.project_ids : []
    return {
      sent: Math.max(0, Math.round(at - since)),
      method: methodOf(method),
      path: pathOf(path, names),
      query: [...url.searchParams].flatMap(([name, value]): Request["query"] =>
        Grammar.isParameter(name) ? [[name, queryValue(name, value, route, names)]] : []
      ),
      ...(projects.length === 0 ? {} : { projects: projects.map((one) => names.id("project", String(one))) }),
      reply: answer === undefined ? null : replyOf(answer, route, names)
    }
  })
}

const stringsOf = (value: unknown): ReadonlyArray<string> => {
  if (typeof value === "string") return [value]
  if (Array.isArray(value)) return value.flatMap(stringsOf)
  return Predicate.isRecord(value) ? Object.entries(value).flatMap(([key, one]) => [key, ...stringsOf(one)]) : []
}

const vocabulary = JSON.stringify([
  "behavior parity version server openai other settings found observable asked requests method path query projects",
  [...Object.keys(behaviors.unknowns), ...Object.values(behaviors.unknowns).flat()],
  [...Words.fields, ...Words.parameters, ...Words.segments],
  [...Object.values(Words.values), ...Object.values(Words.errors)].map((all) => [...all]),
  Words.texts,
  "application/json"
])

/**
 * Returns true if a text has a key, id, name or address of the run. It does not rely on the grammar. Short strings and
 * numbers, and parts of words of the API, are not searched for.
 */
const containsSecret = (text: string, sent: ReadonlyArray<Sent>): boolean => {
  const seen = sent.flatMap(({ answer, body, secrets, url }) => [
    ...secrets,
    ...stringsOf(body),
    ...url.pathname.split("/").map(decodeURIComponent),
    ...url.searchParams.values(),
    ...stringsOf(answer?.body),
    ...Object.entries(answer?.headers ?? {}).flatMap(([name, value]) => (Grammar.isHeader(name) ? [] : [value]))
  ])
  return [...new Set(seen)].some(
    (one) => one.length >= 6 && !/^-?\d{1,6}$/.test(one) && !vocabulary.includes(one) && text.includes(one)
  )
}

interface Run {
  readonly outcomes: Outcomes
  readonly sent: ReadonlyArray<Sent>
  readonly apiUrl: string
  /** A time in ISO 8601. Only its day is recorded. */
  readonly at: string
}

/**
 * Returns the recording of a run: settings for the emulator, and the evidence. Returns faults if it does not pass the
 * grammar, or has a key, id or name of the run.
 */
export const recordOf = ({ apiUrl, at, outcomes, sent }: Run): Either.Either<Recording, ReadonlyArray<string>> => {
  const found = Object.entries(outcomes).flatMap(([name, outcome]) =>
    "found" in outcome ? [[name, outcome.found]] : []
  )
  const requests = requestsOf(sent, apiUrl)
  const behavior = Emulator.formatBehavior(Object.fromEntries(found))
  const recording = {
    behavior,
    parity: {
      version: 2,
      at: at.slice(0, 10),
      server: new URL(apiUrl).hostname === "api.openai.com" ? "openai" : "other",
      seed: seedOf(behavior, requests),
      settings: Object.fromEntries(
        Object.entries(outcomes).map(([name, outcome]) => [
          name,
          "found" in outcome ? "found" : "notAsked" in outcome ? "not asked" : "not observable"
        ])
      ),
      requests
    }
  }
  return containsSecret(JSON.stringify(recording), sent)
    ? Either.left(["an id, a name or the key of this run is in it"])
    : Grammar.read(recording)
}

/** Returns a recording as text, with a line for each request. */
export const textOf = ({ behavior, parity: { requests, ...parity } }: Recording): string => {
  const head = JSON.stringify({ behavior, parity }, undefined, 2).replace(/\n {2}\}\n\}$/, "")
  const lines = requests.map((request) => `      ${JSON.stringify(request)}`)
  return `${head},\n    "requests": [\n${lines.join(",\n")}\n    ]\n  }\n}\n`
}
