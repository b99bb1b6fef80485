/** The whole run: reads, and a grant that is taken back if that is allowed. */
import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import { pluralize } from "@checkpoint-permissions/protocol/text"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { failed, refused } from "../failure.ts"
import * as Screen from "../terminal/screen.ts"
import type { Exchange } from "./exchange.ts"
import { nothing, type Outcomes } from "./meanings.ts"
import { reads } from "./reads.ts"
import * as Transport from "./transport.ts"
import { type Left, type Subject, takingBack, writes } from "./writes.ts"

/** GETs of a run without writes. */
export const mostReads = 20

/** A run with writes looks for a minute at most, once a second at most. */
const mostRequests = 200

interface Options {
  readonly checkpoint: CheckpointId | undefined
  /** What is granted; only reads without it. */
  readonly subject: Subject | undefined
  readonly interval: Duration.Duration
}

/** What a run with writes sends, in words. */
export const announced = ({ checkpoint, project }: Subject): ReadonlyArray<string> => [
  `POST   /fine_tuning/checkpoints/${checkpoint}/permissions {"project_ids":["${project}"]}  twice`,
  `POST   /fine_tuning/checkpoints/${checkpoint}/permissions {"project_ids":["${project}","${project}"]}  once, if the second of these is refused`,
  `DELETE /fine_tuning/checkpoints/${checkpoint}/permissions/…  only what these have made, and one of them twice`,
  `GET    /fine_tuning/checkpoints/${checkpoint}/permissions?project_id=${project}, /organization/audit_logs  until it shows, for a minute at most`
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

/** A server that refuses every listing tells nothing. */
const isRefused = (exchanges: ReadonlyArray<Exchange>): number | undefined => {
  const statuses = exchanges.filter(({ question }) => question.operation === "list").map(({ answer }) => answer.status)
  const [first] = statuses
  return first === undefined || statuses.some((status) => status !== 401 && status !== 403) ? undefined : first
}

/** Asks the server; what it made and could not delete stands in `left`. */
export const run = Effect.fnUntraced(function* (
  client: Service,
  http: HttpClient.HttpClient,
  { checkpoint, interval, subject }: Options
) {
  const { progress } = yield* Screen.Screen
  const left: Array<Left> = []
  const { ask, exchanges, rested } = Transport.make(http, {
    interval,
    most: subject === undefined ? mostReads : mostRequests,
    onAsk: (question, sent) => progress(`parity: ${question.operation}, ${pluralize(sent, "request")} sent`)
  })
  if (subject !== undefined) yield* refuseAccess(client, subject)
  const read = yield* reads(ask, checkpoint)
  if (exchanges().length === 0) {
    return yield* failed("parity: no request is answered: check the network and the base URL")
  }
  const status = isRefused(exchanges())
  if (status !== undefined) {
    return yield* failed(`parity: every listing is answered with ${status}: check the key and its scopes`)
  }
  const known =
    subject === undefined
      ? read
      : yield* Effect.zipRight(
          rested,
          takingBack(
            client,
            subject,
            (made) => writes(ask, subject, made, read),
            (one) =>
              Effect.suspend(() => {
                left.push(one)
                const what = one.permissions.length === 0 ? "perhaps a permission" : one.permissions.join(", ")
                return Screen.complain(
                  `parity: left at ${subject.checkpoint}, project ${subject.project}: ${what}; ${one.reason}`
                )
              })
          )
        )
  yield* Screen.clear
  const outcomes: Outcomes = { ...nothing, ...known }
  return { outcomes, left }
})
