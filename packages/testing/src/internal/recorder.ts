import type { RecordedRequest } from "../FakePermissions.ts"
import { keyOf, redactedHeaders } from "./auth.ts"
import type { Fault } from "./faultModel.ts"
import type { Outcome, ServerRequest } from "./http.ts"
import type { Route } from "./route.ts"

/** Settles a recorded request. */
export type Settle = (outcome: Outcome | "abandoned", now: number) => void

export interface Recorder {
  readonly record: (
    request: ServerRequest,
    route: Route,
    details: { readonly time: number; readonly requestId: string; readonly fault: Fault | undefined }
  ) => Settle
  readonly all: () => ReadonlyArray<RecordedRequest>
  readonly clear: () => void
  /** Calls back once `count` requests have arrived; gives the means to stop. */
  readonly onCount: (count: number, callback: () => void) => () => void
}

export const make = (): Recorder => {
  let requests: Array<RecordedRequest> = []
  let waiting: ReadonlyArray<{ readonly count: number; readonly callback: () => void }> = []
  const notify = () => {
    const due = waiting.filter(({ count }) => requests.length >= count)
    waiting = waiting.filter(({ count }) => requests.length < count)
    for (const { callback } of due) callback()
  }
  return {
    record: (request, route, { fault, requestId, time }) => {
      const matched = route._tag === "Refused" ? undefined : route
      const pending: RecordedRequest = {
        method: request.method,
        url: request.url,
        path: request.path,
        query: Object.fromEntries(request.query),
        headers: redactedHeaders(request.headers),
        key: keyOf(request.headers),
        body: request.body,
        time,
        operation: matched?.operation,
        checkpoint: matched?.checkpoint,
        permissionId: matched?._tag === "Delete" ? matched.permissionId : undefined,
        requestId,
        fault,
        status: undefined,
        outcome: "pending",
        answeredAt: undefined
      }
      const list = requests
      const at = list.push(pending) - 1
      notify()
      return (outcome, answeredAt) => {
        list[at] =
          outcome === "abandoned"
            ? { ...pending, outcome, answeredAt }
            : outcome._tag === "Dropped"
              ? { ...pending, outcome: "dropped", answeredAt }
              : { ...pending, outcome: "replied", status: outcome.reply.status, answeredAt }
      }
    },
    all: () => [...requests],
    clear: () => {
      requests = []
    },
    onCount: (count, callback) => {
      const one = { count, callback }
      waiting = [...waiting, one]
      notify()
      return () => {
        waiting = waiting.filter((other) => other !== one)
      }
    }
  }
}
