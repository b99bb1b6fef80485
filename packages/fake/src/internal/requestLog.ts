import type { RecordedRequest } from "../http.ts"

/** Requests that are kept unless another number is asked for. */
export const defaultLimit = 10_000

/** Characters of bodies that are kept. */
const maxBodyCharacters = 16_777_216

/** The newest requests that a server has seen. */
export interface RequestLog {
  readonly add: (record: RecordedRequest) => void
  /** What became of a request. What was forgotten, abandoned or answered before stays so; says whether it changed. */
  readonly settle: (record: RecordedRequest) => boolean
  readonly find: (requestId: string) => RecordedRequest | undefined
  /** In the order in which they came. */
  readonly all: () => ReadonlyArray<RecordedRequest>
  /** How many have come since the start or `clear`, forgotten ones too. */
  readonly count: () => number
  readonly clear: () => void
}

/** Keeps `limit` requests, and no more bodies than fit; the oldest are forgotten first. */
export const make = (limit: number): RequestLog => {
  let records = new Map<string, RecordedRequest>()
  /** Their ids in the order in which they came; those before `first` are forgotten. */
  let order: Array<string> = []
  let first = 0
  let bodyCharacters = 0
  let count = 0

  const forgetOldest = () => {
    const requestId = order[first] ?? ""
    bodyCharacters -= records.get(requestId)?.body.length ?? 0
    records.delete(requestId)
    first += 1
    if (first <= limit) return
    order = order.slice(first)
    first = 0
  }

  return {
    add: (record) => {
      records.set(record.requestId, record)
      order.push(record.requestId)
      bodyCharacters += record.body.length
      count += 1
      while (records.size > limit || (bodyCharacters > maxBodyCharacters && records.size > 1)) forgetOldest()
    },
    settle: (record) => {
      if (records.get(record.requestId)?.outcome !== "pending") return false
      records.set(record.requestId, record)
      return true
    },
    find: (requestId) => records.get(requestId),
    all: () => [...records.values()],
    count: () => count,
    clear: () => {
      records = new Map()
      order = []
      first = 0
      bodyCharacters = 0
      count = 0
    }
  }
}
