import { finishInFlight, type Service, tapReplies } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import { byProject } from "@checkpoint-permissions/protocol/settling"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import type { AccessStep } from "../../AccessStep.ts"
import type { Entry, Journal, JournalFailed } from "../../Journal.ts"
import { confirmGone, isAbsent, together } from "../checkpoint/deletePermission.ts"
import type { Writes } from "../checkpoint/settleCreate.ts"
import type { Found } from "../plan/model.ts"

/** Who changes what, for the journal, and who is told of each finished step. */
export interface Surroundings {
  readonly service: Service
  readonly checkpoint: CheckpointId
  readonly journal: Journal | undefined
  readonly actor: string | undefined
  readonly planDigest: string
  readonly emit: (step: AccessStep) => Effect.Effect<void>
}

type Result = Pick<Entry, "permission" | "outcome" | "error">

const outcomeOf = (error: PermissionsError): Result => ({
  permission: null,
  outcome: error.mayHaveExecuted
    ? "unknown"
    : error.status !== undefined && error.status < 500 && error._tag !== "RateLimited"
      ? "refused"
      : "failed",
  error: error.message
})

const stopped: Result = { permission: null, outcome: "stopped", error: null }

/** Answered, but stopped before it was found out what the answer means. */
const unsettled: Result = { permission: null, outcome: "unknown", error: null }

/** The writes to one checkpoint: a line before and a line after each, even when the apply is interrupted meanwhile. */
export const journaled = ({ actor, checkpoint, emit, journal, planDigest, service }: Surroundings) => {
  const write = (
    action: Entry["action"],
    lines: ReadonlyArray<{ readonly project: string; readonly request: string | null } & Partial<Result>>,
    event: Entry["event"]
  ): Effect.Effect<void, JournalFailed> =>
    journal === undefined || lines.length === 0
      ? Effect.void
      : Effect.flatMap(Clock.currentTimeMillis, (now) =>
          journal.write(
            lines.map((line) => ({
              time: new Date(now).toISOString(),
              event,
              action,
              actor: actor ?? null,
              server: service.server.apiUrl,
              organization: service.server.organization ?? null,
              plan: planDigest,
              checkpoint,
              permission: null,
              outcome: null,
              error: null,
              ...line
            }))
          )
        )

  /** Sends a write, and answers what came of it together with the id of the last reply. */
  const send = <A>(call: Effect.Effect<A, PermissionsError>) =>
    Effect.suspend(() => {
      let request: string | null = null
      return call.pipe(
        tapReplies((reply) =>
          Effect.sync(() => {
            request = reply.requestId ?? null
          })
        ),
        Effect.either,
        Effect.exit,
        Effect.map((exit) => ({ exit, request }))
      )
    })

  const create: Writes<JournalFailed>["create"] = (portion) =>
    finishInFlight(
      Effect.gen(function* () {
        const intents = portion.map((project) => ({ project, request: null }))
        yield* write("grant", intents, "intent")
        const { exit, request } = yield* send(service.create(checkpoint, portion))
        const made = Exit.isSuccess(exit) && Either.isRight(exit.value) ? byProject(exit.value.right.data) : new Map()
        const resultOf = (project: string): Result => {
          if (Exit.isFailure(exit)) return stopped
          if (Either.isLeft(exit.value)) return outcomeOf(exit.value.left)
          const permission: Found | undefined = made.get(project)?.[0]
          return permission === undefined
            ? { permission: null, outcome: "unknown", error: "the reply does not name it" }
            : { permission: permission.id, outcome: "done", error: null }
        }
        yield* write(
          "grant",
          portion.map((project) => ({ project, request, ...resultOf(project) })),
          "result"
        )
        for (const project of portion) {
          const permission: Found | undefined = made.get(project)?.[0]
          if (permission !== undefined) {
            yield* emit({ _tag: "Granted", checkpoint, project_id: project, permission: permission.id })
          }
        }
        return yield* exit
      })
    )

  /** Whether the delete was carried out: not by this call, if all is as it should be. */
  const confirmed = (permission: Found, error: PermissionsError) =>
    confirmGone(service, checkpoint, permission, error).pipe(Effect.as(false), Effect.either)

  /**
   * Deletes one permission. Already deleted counts as success. The reading after
   * a 404 is no write: it may be interrupted wherever the caller may be.
   */
  const revokeIn = (
    permission: Found,
    isInterruptible: boolean
  ): Effect.Effect<void, PermissionsError | JournalFailed> =>
    finishInFlight(
      Effect.gen(function* () {
        const line = { project: permission.project_id, permission: permission.id }
        yield* write("revoke", [{ ...line, request: null }], "intent")
        const { exit: sent, request } = yield* send(service.delete(checkpoint, permission.id))
        const exit =
          Exit.isSuccess(sent) && Either.isLeft(sent.value) && isAbsent(sent.value.left)
            ? yield* Effect.exit(
                isInterruptible
                  ? Effect.interruptible(confirmed(permission, sent.value.left))
                  : confirmed(permission, sent.value.left)
              )
            : Exit.map(
                sent,
                Either.map((reply) => reply.deleted)
              )
        const result: Result = Exit.isFailure(exit)
          ? Exit.isFailure(sent)
            ? stopped
            : unsettled
          : Either.isLeft(exit.value)
            ? outcomeOf(exit.value.left)
            : { permission: null, outcome: exit.value.right ? "done" : "gone", error: null }
        yield* write("revoke", [{ ...result, ...line, request }], "result")
        const reply = yield* exit
        if (Either.isLeft(reply)) return yield* reply.left
        yield* emit({ _tag: "Revoked", checkpoint, project_id: permission.project_id, permission: permission.id })
      })
    )

  const revoke = (permission: Found): Effect.Effect<void, PermissionsError | JournalFailed> =>
    Effect.checkInterruptible((isInterruptible) => revokeIn(permission, isInterruptible))

  const writes: Writes<JournalFailed> = {
    create,
    remove: (permissions) => Effect.forEach(permissions, revoke, together)
  }

  /** A grant that only a reading showed to be done. */
  const noteGranted = (permission: Found): Effect.Effect<void, JournalFailed> =>
    Effect.uninterruptible(
      Effect.zipRight(
        write(
          "grant",
          [{ project: permission.project_id, request: null, permission: permission.id, outcome: "done" }],
          "result"
        ),
        emit({ _tag: "Granted", checkpoint, project_id: permission.project_id, permission: permission.id })
      )
    )

  return { writes, revoke, noteGranted }
}
