/** Compares two runs of the same requests: which replies differ, and how. */
import * as Arr from "effect/Array"
import { isFields } from "../../server/body.ts"
import { isName, isTime, type Reply, type Request } from "./grammar.ts"

/** Pairs of placeholders, and of the ranks of times, that correspond in both runs. */
const pairs = () => {
  const forward = new Map<string, string>()
  const backward = new Map<string, string>()
  const times = new Map<number, number>()
  const rank = (time: string): number => Number(time.slice("time_".length))
  /** Returns true if the two correspond so far: the same id, or times in the same order. */
  return (a: string, b: string): boolean => {
    if (!forward.has(a) && !backward.has(b)) {
      forward.set(a, b)
      backward.set(b, a)
      if (!isTime(a)) return true
      const isInOrder = [...times].every(([x, y]) => Math.sign(x - rank(a)) === Math.sign(y - rank(b)))
      times.set(rank(a), rank(b))
      return isInOrder
    }
    return forward.get(a) === b && backward.get(b) === a
  }
}

type Same = ReturnType<typeof pairs>

const shown = (value: unknown): string => {
  if (value === undefined) return "absent"
  if (Array.isArray(value)) return `${value.length} items`
  return isFields(value) ? "an object" : JSON.stringify(value)
}

const kindOf = (text: string): string => text.replace(/_\d+$/, "")

/** Returns a line for each difference of two values. */
const differences = (a: unknown, b: unknown, at: string, same: Same): ReadonlyArray<string> => {
  const different = [`${at}: recorded ${shown(a)}, replayed ${shown(b)}`]
  if (Array.isArray(a) && Array.isArray(b)) {
    const length = a.length === b.length ? [] : different
    return [...length, ...a.slice(0, b.length).flatMap((one, i) => differences(one, b[i], `${at}.${i}`, same))]
  }
  if (isFields(a) && isFields(b)) {
    const names = [...new Set([...Object.keys(a), ...Object.keys(b)])]
    return names.flatMap((name) => differences(a[name], b[name], at === "" ? name : `${at}.${name}`, same))
  }
  const isNamed = typeof a === "string" && typeof b === "string" && isName(a) && kindOf(a) === kindOf(b)
  if (!isNamed) return a === b ? [] : different
  return same(a, b) ? [] : [`${at}: ${isTime(a) ? "another time, or times in another order" : "another id"}`]
}

/** Returns the different replies in sequence, without rate-limit headers, since the rate is not replayed. */
const repliesOf = (requests: ReadonlyArray<Request | undefined>): ReadonlyArray<Reply> =>
  Arr.dedupeAdjacentWith(
    requests.flatMap((request) => {
      const reply = request?.reply
      const isCompared = (header: string) => !/^(?:x-ratelimit-|retry-after)/.test(header)
      return reply ? [{ ...reply, headers: reply.headers.filter(isCompared) }] : []
    }),
    (one, other) => JSON.stringify(one) === JSON.stringify(other)
  )

/**
 * Compares the replies to the same requests in the same order. Returns a line for each difference. Equal polls between
 * two writes are one group. Consecutive equal replies in a group count once.
 */
export const compare = (recorded: ReadonlyArray<Request>, replayed: ReadonlyArray<Request>): ReadonlyArray<string> => {
  const same = pairs()
  let writes = 0
  const numbered = recorded.map((request, i) => {
    if (request.method !== "GET") writes += 1
    return { number: i + 1, request, other: replayed[i], writes }
  })
  const groups = Arr.groupBy(numbered, ({ request: { method, path, query }, writes }) =>
    JSON.stringify([writes, method, path, query])
  )
  return Object.values(groups).flatMap((group) => {
    const [{ number, request }] = group
    const query = request.query.map(([name, value]) => `${name}=${value}`).join("&")
    const name = `request ${number}, ${request.method} ${request.path}${query === "" ? "" : `?${query}`}`
    const before = repliesOf(group.map(({ request }) => request))
    const after = repliesOf(group.map(({ other }) => other))
    const count =
      before.length === after.length
        ? []
        : [`${name}: recorded ${before.length} different replies in sequence, replayed ${after.length}`]
    const found = before.slice(0, after.length).flatMap((reply, i) => differences(reply, after[i], "", same))
    return [...count, ...found.map((line) => `${name}: ${line}`)]
  })
}
