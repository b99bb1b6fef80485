import type { Outcome, RecordedRequest, ServerRequest } from "../../http.ts"
import { keyOf, redactedHeaders } from "../api/auth.ts"
import type { Route } from "../api/route.ts"
import { isReply } from "../paging/query.ts"

/** Each parameter with its value, or with its values where it was given several times. */
const queryOf = (query: ServerRequest["query"]): RecordedRequest["query"] => {
  const values = new Map<string, Array<string>>()
  for (const [name, value] of query) {
    const before = values.get(name)
    if (before === undefined) values.set(name, [value])
    else before.push(value)
  }
  return Object.fromEntries(Array.from(values, ([name, all]) => [name, all.length === 1 ? (all[0] ?? "") : all]))
}

/** The record of a request that has come. */
export const pending = (
  request: ServerRequest,
  route: Route,
  details: Pick<RecordedRequest, "time" | "requestId" | "fault">
): RecordedRequest => {
  const matched = isReply(route) ? undefined : route
  const key = keyOf(request.headers)
  // each field by its name: a spread costs as much as the rest of a request
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

/** The record once it is known what became of the request. */
export const settled = (
  record: RecordedRequest,
  outcome: Outcome | "abandoned",
  answeredAt: number
): RecordedRequest =>
  outcome === "abandoned"
    ? { ...record, outcome, answeredAt }
    : outcome._tag === "Dropped"
      ? { ...record, outcome: "dropped", answeredAt }
      : { ...record, outcome: "replied", status: outcome.reply.status, answeredAt }
