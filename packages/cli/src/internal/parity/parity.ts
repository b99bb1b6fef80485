/** A complete run: reads, and with permission to write also a grant that is revoked again. */
import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import { pluralize } from "@checkpoint-permissions/protocol/text"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { failed, refused } from "../failure.ts"
import * as Screen from "../terminal/screen.ts"
import { deleteCreated, type Leftover, nothing, type Subject } from "./cleanup.ts"
import { initial, type Outcomes } from "./outcomes.ts"
import { reads } from "./reads.ts"
import * as Transport from "./transport.ts"
import { writes } from "./writes.ts"

/** The maximum number of requests of a run without writes. */
export const maxReads = 20

/** The maximum number of requests of a run with writes. Such a run lists once a second for at most a minute. */
const maxRequests = 200

interface Options {
  readonly checkpoint: CheckpointId | undefined
  /** The grant of a run with writes. Without it, the run only reads. */
  readonly subject: Subject | undefined
  readonly interval: Duration.Duration
}

/** Returns the requests of a run with writes, as text. */
export const requestsOfRun = ({ checkpoint, project }: Subject): ReadonlyArray<string> => [
  `POST   /fine_tuning/checkpoints/${checkpoint}/permissions {"project_ids":["${project}"]}  twice`,
  `POST   /fine_tuning/checkpoints/${checkpoint}/permissions {"project_ids":["${project}","${project}"]}  once, if the second of these is refused`,
  `DELETE /fine_tuning/checkpoints/${checkpoint}/permissions/…  only permissions of these, one of them twice`,
  `GET    /fine_tuning/checkpoints/${checkpoint}/permissions?project_id=${project}, /organization/audit_logs  until the grant is listed, for at most a minute`
]

const refuseAccess = Effect.fnUntraced(function* (client: Service, { checkpoint, project }: Subject) {
  const [permission] = yield* Stream.runCollect(
    client.stream(checkpoint, { project_id: project }).pipe(Stream.filter((one) => one.project_id === project))
  )
  if (permission !== undefined) {
    return yield* refused(
      `parity: ${project} has access to ${checkpoint} already (${permission.id}): pass a project that has none`
    )
  }
})

/** Runs all requests. `left` has the permissions that the run made and could not delete. */
export const run = Effect.fnUntraced(function* (
  client: Service,
  http: HttpClient.HttpClient,
  { checkpoint, interval, subject }: Options
) {
  const { progress } = yield* Screen.Screen
  const left: Array<Leftover> = []
  const { responses, send, waitUntilIdle } = Transport.make(http, {
    interval,
    maxRequests: subject === undefined ? maxReads : maxRequests,
    onRequest: ({ operation }, sent) => progress(`parity: ${operation}, ${pluralize(sent, "request")} sent`)
  })
  if (subject !== undefined) yield* refuseAccess(client, subject)
  const read = yield* reads(send, checkpoint)
  if (responses.length === 0) {
    return yield* failed("parity: no reply from the server: check the network and the base URL")
  }
  // if all listings were refused because of the key, the run has no result
  const ofLists = responses.flatMap(([operation, status]) => (operation === "list" ? [status] : []))
  const [status] = ofLists
  if (status !== undefined && ofLists.every((one) => one === 401 || one === 403)) {
    return yield* failed(`parity: every listing fails with status ${status}: check the key and its scopes`)
  }
  const outcomes: Outcomes = { ...initial, ...read }
  if (subject === undefined) return { outcomes, left }
  yield* waitUntilIdle
  const warnOf = (leftover: Leftover) => {
    left.push(leftover)
    const ids = leftover.permissions.length === 0 ? "possibly a permission" : leftover.permissions.join(", ")
    return Screen.warn(
      `parity: not deleted at ${subject.checkpoint}, project ${subject.project}: ${ids}; ${leftover.reason}`
    )
  }
  // the clean-up runs even after an interruption
  const written = yield* Effect.acquireUseRelease(
    Effect.sync(nothing),
    (created) => writes(send, subject, created, read),
    (created) => Effect.flatMap(deleteCreated(client, subject, created), Effect.forEach(warnOf))
  )
  return { outcomes: { ...outcomes, ...written }, left }
})
