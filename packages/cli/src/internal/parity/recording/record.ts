/** Converts a run to the grammar of recordings. */
import * as behaviors from "@checkpoint-permissions/fake/behavior"
import * as Emulator from "@checkpoint-permissions/fake/emulator"
import * as Either from "effect/Either"
import * as Record from "effect/Record"
import { errorOf, isFields, valueAt } from "../../server/body.ts"
import type { ApiResponse } from "../exchange.ts"
import { type Outcomes, stateOf } from "../outcomes.ts"
import type { Sent } from "../transport.ts"
import type { ApiError, Recording, Reply, Request } from "./grammar.ts"
import * as Grammar from "./grammar.ts"
import { seedOf } from "./state.ts"
import * as Words from "./words.ts"

type Kind = "checkpoint" | "permission" | "project" | "event"

const isTimeField = (name: string): boolean => name.endsWith("_at")

/** Returns the values of all fields below a value, with the names of the fields. */
export const leavesOf = (value: unknown, name = ""): ReadonlyArray<readonly [name: string, value: unknown]> => {
  if (Array.isArray(value)) return value.flatMap((one) => leavesOf(one))
  if (!isFields(value)) return [[name, value]]
  return Object.entries(value).flatMap(([key, one]) => [[key, undefined] as const, ...leavesOf(one, key)])
}

/** Returns functions from the ids and times of a run to placeholders and ranks. */
const namesOf = (sent: ReadonlyArray<Sent>) => {
  const times = sent
    .flatMap(({ answer }) => leavesOf(answer?.body))
    .flatMap(([name, value]) => (typeof value === "number" && isTimeField(name) ? [value] : []))
  const ranks = new Map([...new Set(times)].sort((a, b) => a - b).map((time, i) => [time, i + 1]))
  const ids = new Map<string, string>()
  const counts = new Map<Kind, number>()
  return {
    id: (kind: Kind, text: string): string => {
      const found = ids.get(text)
      if (found !== undefined) return found
      const count = (counts.get(kind) ?? 0) + 1
      counts.set(kind, count)
      ids.set(text, `${kind}_${count}`)
      return `${kind}_${count}`
    },
    /** Returns the placeholder of a known id, and `string` for any other text. */
    known: (text: string): string => ids.get(text) ?? "string",
    time: (seconds: number): string => `time_${ranks.get(seconds) ?? 0}`
  }
}

type Names = ReturnType<typeof namesOf>

/** The kinds of the ids that follow each segment of a path. */
const kinds = new Map<string | undefined, Kind>([
  ["checkpoints", "checkpoint"],
  ["permissions", "permission"],
  ["projects", "project"],
  ["audit_logs", "event"]
])

const queryValue = (name: string, text: string, route: string, names: Names): string => {
  if (name === "after" || name === "before") return names.id(kinds.get(route) ?? "permission", text)
  if (name === "project_id") return names.id("project", text)
  if (name === "limit" && /^-?\d{1,6}$/.test(text)) return text
  return Grammar.isValueOf(name, text) ? text : names.known(text)
}

/** Returns the kind of an id in a body, from its field, the enclosing field and the route. */
const kindOf = (field: string, around: string, route: string): Kind | undefined => {
  if (field === "project_id") return "project"
  if (field === "fine_tuned_model_checkpoint") return "checkpoint"
  const isOfItem = field === "id" && (around === "" || around === "data")
  if (field === "first_id" || field === "last_id" || isOfItem) return kinds.get(route)
  if (field !== "id") return undefined
  return around === "project" ? "project" : around.startsWith("checkpoint.permission.") ? "permission" : undefined
}

/** Returns a body in the grammar. */
const anonymize = (value: unknown, route: string, names: Names, field = "", around = ""): unknown => {
  if (value === null || typeof value === "boolean") return value
  if (Array.isArray(value)) return value.map((one) => anonymize(one, route, names, field, around))
  if (typeof value === "number") return isTimeField(field) ? names.time(value) : "number"
  if (typeof value === "string") {
    const kind = kindOf(field, around, route)
    return kind === undefined ? (Grammar.isValueOf(field, value) ? value : "string") : names.id(kind, value)
  }
  if (!isFields(value)) return "string"
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) =>
      Words.fields.has(name) ? [name, anonymize(one, route, names, name, field)] : ["other", "string"]
    )
  )
}

const matches = (message: string, text: string): boolean => {
  const pattern = text.split("…").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"))
  return new RegExp(`^${pattern.join("[\\s\\S]*?")}$`).test(message)
}

const errorIn = (body: unknown): ApiError | null => {
  const error = errorOf(body)
  const { message } = error
  if (message === undefined) return null
  const words = Record.map(Words.errors, (words, name) => {
    const { [name]: word } = error
    return word === undefined ? null : words.has(word) ? word : "string"
  })
  return { ...words, text: Words.texts.find((one) => matches(message, one)) ?? "string" }
}

const replyOf = ({ body, headers, status }: ApiResponse, route: string, names: Names): Reply => ({
  status,
  headers: Object.keys(headers).filter(Grammar.isHeader).sort(),
  ...(status < 400 ? { body: anonymize(body, route, names) } : { error: errorIn(body) })
})

/** Returns the segments of a path, decoded. */
const segmentsOf = (path: string): ReadonlyArray<string> => path.split("/").map(decodeURIComponent)

/** Returns the requests to `apiUrl` in the grammar. */
export const requestsOf = (sent: ReadonlyArray<Sent>, apiUrl: string): ReadonlyArray<Request> => {
  const names = namesOf(sent)
  const base = new URL(apiUrl).pathname.replace(/\/$/, "")
  return sent.map(({ answer, at, body, method, url }): Request => {
    const segments = segmentsOf(url.pathname.slice(base.length + 1))
    const route = segments.findLast((part) => Words.segments.has(part)) ?? ""
    const path = segments.map((part, i) => {
      const kind = kinds.get(segments[i - 1])
      return `/${kind === undefined && Words.segments.has(part) ? part : names.id(kind ?? "project", part)}`
    })
    const projects = valueAt(body, "project_ids")
    return {
      sent: Math.max(0, Math.round(at - (sent[0]?.at ?? at))),
      method: method === "POST" || method === "DELETE" ? method : "GET",
      path: path.join(""),
      query: [...url.searchParams].flatMap(([name, value]): Request["query"] =>
        Words.parameters.has(name) ? [[name, queryValue(name, value, route, names)]] : []
      ),
      ...(Array.isArray(projects) ? { projects: projects.map((one) => names.id("project", String(one))) } : {}),
      reply: answer === undefined ? null : replyOf(answer, route, names)
    }
  })
}

/** All words that are allowed in a recording. */
const vocabulary = JSON.stringify(
  [
    "behavior parity version server openai other settings found observable asked requests method path query projects",
    ["application/json", behaviors.unknowns, { ...Words }]
  ],
  (_, value: unknown) => (value instanceof Set ? [...value] : value)
)

/**
 * Returns true if a text contains a key, id, name or address of the run. This check is independent of the grammar. It
 * ignores short strings, numbers and words of the API.
 */
const containsSecret = (text: string, sent: ReadonlyArray<Sent>): boolean => {
  const seen = sent.flatMap(({ answer, body, secrets, url }) => [
    ...secrets,
    ...segmentsOf(url.pathname),
    ...url.searchParams.values(),
    ...[body, answer?.body].flatMap((one) => leavesOf(one).flat()),
    ...Object.entries(answer?.headers ?? {}).flatMap(([name, value]) => (Grammar.isHeader(name) ? [] : [value]))
  ])
  return [...new Set(seen)].some(
    (one) =>
      typeof one === "string" &&
      one.length >= 6 &&
      !/^-?\d{1,6}$/.test(one) &&
      !vocabulary.includes(one) &&
      text.includes(one)
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
 * Returns the recording of a run: settings for the emulator, and the evidence. Returns faults if the recording violates
 * the grammar, or contains a key, id or name of the run.
 */
export const recordOf = ({ apiUrl, at, outcomes, sent }: Run): Either.Either<Recording, ReadonlyArray<string>> => {
  const requests = requestsOf(sent, apiUrl)
  const found = Object.entries(outcomes).flatMap(([name, one]) => ("found" in one ? [[name, one.found]] : []))
  const behavior = Emulator.formatBehavior(Object.fromEntries(found))
  const recording = {
    behavior,
    parity: {
      version: 2,
      at: at.slice(0, 10),
      server: new URL(apiUrl).hostname === "api.openai.com" ? "openai" : "other",
      seed: seedOf(behavior, requests),
      settings: Record.map(outcomes, stateOf),
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
