import type { Outcome, RecordedRequest, ServerRequest } from "../../http.ts"
import { keyOf, redactedHeaders } from "../api/auth.ts"
import { isReply } from "../api/reply.ts"
import type { Route } from "../api/route.ts"

/** Returns each parameter with its value, or with a list if it has several values. */
const queryOf = (query: ServerRequest["query"]): RecordedRequest["query"] => {
  const values = new Map<string, Array<string>>()
  for (const [name, value] of query) {
    const before = values.get(name)
    if (before === undefined) values.set(name, [value])
    else before.push(value)
  }
  return Object.fromEntries(Array.from(values, ([name, all]) => [name, all.length === 1 ? (all[0] ?? "") : all]))
}

export const pending = (
  request: ServerRequest,
  route: Route,
  details: Pick<RecordedRequest, "time" | "requestId" | "fault">
): RecordedRequest => {
  const matched = isReply(route) ? undefined : route
  const key = keyOf(request.headers)
  // lists each field: a spread costs as much as the rest of a request
  return {
    method: request.method,
    url: request.url,
    path: request.path,
    query: queryOf(request.query),
    headers: redactedHeaders(request.headers),
    key: () => key,
    body: request.body,
    time: details.time,
    operation: matched?.endpoint.operation,
    checkpoint: matched?.params["checkpoint"],
    permissionId: matched?.params["permission"],
    requestId: details.requestId,
    fault: details.fault,
    status: undefined,
    outcome: "pending",
    answeredAt: undefined
  }
}

/** Adds the outcome to the record of a request. */
export const withOutcome = (
  record: RecordedRequest,
  outcome: Outcome | "abandoned",
  answeredAt: number
): RecordedRequest =>
  outcome === "abandoned"
    ? { ...record, outcome, answeredAt }
    : outcome._tag === "Dropped"
      ? { ...record, outcome: "dropped", answeredAt }
      : { ...record, outcome: "replied", status: outcome.reply.status, answeredAt }

/** The default number of requests that are kept. */
export const defaultLimit = 10_000

/** The maximum number of characters in all logs of one memory together. */
const maxCharacters = 16_777_216

/** The characters counted for a field, in addition to its name and value. */
const perField = 32

const ofFields = (fields: Readonly<Record<string, string | ReadonlyArray<string>>>): number => {
  let sum = 0
  for (const [name, value] of Object.entries(fields)) {
    sum += name.length + perField
    if (typeof value === "string") sum += value.length
    else for (const one of value) sum += one.length + perField
  }
  return sum
}

const charactersOf = ({ body, headers, method, path, query, url }: RecordedRequest): number =>
  method.length + url.length + path.length + body.length + ofFields(query) + ofFields(headers)

/** The newest requests of a server. */
export interface RequestLog {
  readonly add: (record: RecordedRequest) => void
  /** Records an outcome. Returns false for a request that was removed from the log, abandoned or already answered. */
  readonly recordOutcome: (record: RecordedRequest) => boolean
  readonly find: (requestId: string) => RecordedRequest | undefined
  readonly all: () => ReadonlyArray<RecordedRequest>
  /** Returns the number of requests since the start or `clear`, including those removed from the log. */
  readonly count: () => number
  readonly clear: () => void
  readonly characters: () => number
  readonly forgetOldest: () => void
}

/**
 * The memory for the requests of several servers. If it is full, the largest log drops its oldest requests.
 */
export interface Memory {
  characters: number
  readonly logs: Set<RequestLog>
}

export const memory = (): Memory => ({ characters: 0, logs: new Set() })

const fullest = ({ logs }: Memory): RequestLog | undefined => {
  let found: RequestLog | undefined
  for (const log of logs) if (log.characters() > (found?.characters() ?? 0)) found = log
  return found
}

/** Makes a log of at most `limit` requests, within the memory of `shared`. The oldest are removed first. */
export const make = (limit: number, shared: Memory): RequestLog => {
  const records = new Map<string, RecordedRequest>()
  /** The ids of the kept requests, oldest first. */
  const ids = records.keys()
  let characters = 0
  let count = 0

  const grow = (by: number) => {
    characters += by
    shared.characters += by
    if (characters === 0) shared.logs.delete(self)
    else shared.logs.add(self)
  }

  const self: RequestLog = {
    add: (record) => {
      records.set(record.requestId, record)
      grow(charactersOf(record))
      count += 1
      while (records.size > limit) self.forgetOldest()
      while (shared.characters > maxCharacters) {
        const log = fullest(shared)
        // the newest request is kept, whatever its size
        if (log === undefined || (log === self && records.size === 1)) break
        log.forgetOldest()
      }
    },
    recordOutcome: (record) => {
      if (records.get(record.requestId)?.outcome !== "pending") return false
      records.set(record.requestId, record)
      return true
    },
    find: (requestId) => records.get(requestId),
    all: () => [...records.values()],
    count: () => count,
    clear: () => {
      grow(-characters)
      records.clear()
      count = 0
    },
    characters: () => characters,
    forgetOldest: () => {
      const { value: requestId = "" } = ids.next()
      const record = records.get(requestId)
      records.delete(requestId)
      if (record !== undefined) grow(-charactersOf(record))
    }
  }
  return self
}
