import { finishInFlight, type Service, tapReplies } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import { byProject } from "@checkpoint-permissions/protocol/settling"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import type { AccessStep } from "../../AccessStep.ts"
import { confirmGone, isAbsent } from "../checkpoint/deletePermission.ts"
import { makeDeleted, type Writes } from "../checkpoint/writes.ts"
import type { Entry, Journal, JournalFailed } from "../journal/model.ts"
import type { Found } from "../plan/model.ts"

/** Which checkpoint is changed and by whom, and who receives each finished step. */
export interface Context {
  readonly service: Service
  readonly checkpoint: CheckpointId
  readonly journal: Journal | undefined
  readonly actor: string | undefined
  readonly planDigest: string
  readonly emit: (step: AccessStep) => Effect.Effect<void>
}

type Result = Pick<Entry, "permission" | "outcome" | "error">

type Line = { readonly project: string; readonly request: string | null } & Partial<Result>

const outcomeOf = (error: PermissionsError): Result => ({
  permission: null,
  outcome: error.mayHaveExecuted
    ? "unknown"
    : error.status !== undefined && error.status < 500 && error._tag !== "RateLimitError"
      ? "refused"
      : "failed",
  error: error.message
})

const stopped: Result = { permission: null, outcome: "stopped", error: null }

/** Answered, but interrupted before it was found out what the answer means. */
const unsettled: Result = { permission: null, outcome: "unknown", error: null }

/** Sends a write; returns what came of it together with the request id of the last reply. */
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

/**
 * The writes to one checkpoint: a line before and a line after each, even when
 * the apply is interrupted meanwhile. A step is emitted although its line cannot
 * be written, since the server has carried it out.
 */
export const journaledWrites = ({
  actor,
  checkpoint,
  emit,
  journal,
  planDigest,
  service
}: Context): Writes<JournalFailed> => {
  const { deleted, onDeleted } = makeDeleted()
  const write = (
    action: Entry["action"],
    event: Entry["event"],
    lines: ReadonlyArray<Line>
  ): Effect.Effect<void, JournalFailed> =>
    journal === undefined || lines.length === 0
      ? Effect.void
      : Effect.flatMap(DateTime.now, (now) =>
          journal.write(
            lines.map((line) => ({
              time: DateTime.formatIso(now),
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

  const create: Writes<JournalFailed>["create"] = (projects) =>
    finishInFlight(
      Effect.gen(function* () {
        const intents = projects.map((project) => ({ project, request: null }))
        yield* write("grant", "intent", intents)
        const { exit, request } = yield* send(service.create(checkpoint, projects))
        const created: ReadonlyMap<string, readonly [Found, ...ReadonlyArray<Found>]> =
          Exit.isSuccess(exit) && Either.isRight(exit.value) ? byProject(exit.value.right.data) : new Map()
        for (const project of projects) {
          const permission = created.get(project)?.[0]
          if (permission !== undefined) {
            yield* emit({
              _tag: "Granted",
              checkpoint,
              project_id: project,
              permission: permission.id,
              answered: true
            })
          }
        }
        const resultOf = (project: string): Result => {
          if (Exit.isFailure(exit)) return stopped
          if (Either.isLeft(exit.value)) return outcomeOf(exit.value.left)
          const permission = created.get(project)?.[0]
          return permission === undefined
            ? { permission: null, outcome: "unknown", error: "the reply does not name it" }
            : { permission: permission.id, outcome: "done", error: null }
        }
        const results = projects.map((project) => ({ project, request, ...resultOf(project) }))
        yield* write("grant", "result", results)
        return yield* exit
      })
    )

  /** Whether the delete was carried out by this call. After a 404 it was somebody else's. */
  const confirmed = (permission: Found, error: PermissionsError) =>
    confirmGone(service, checkpoint, permission, error).pipe(Effect.as(false), Effect.either)

  /** The reading after a 404 is no write: it may be interrupted wherever the caller may be. */
  const deleteIn = (permission: Found, isInterruptible: boolean) =>
    finishInFlight(
      Effect.gen(function* () {
        const line = { project: permission.project_id, permission: permission.id }
        yield* write("revoke", "intent", [{ ...line, request: null }])
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
        if (Exit.isSuccess(exit) && Either.isRight(exit.value)) {
          yield* onDeleted(permission)
          const project_id = permission.project_id
          yield* emit(
            exit.value.right
              ? { _tag: "Revoked", checkpoint, project_id, permission: permission.id }
              : { _tag: "AlreadyDone", checkpoint, action: "revoke", project_id }
          )
        }
        const result: Result = Exit.isFailure(exit)
          ? Exit.isFailure(sent)
            ? stopped
            : unsettled
          : Either.isLeft(exit.value)
            ? outcomeOf(exit.value.left)
            : { permission: null, outcome: exit.value.right ? "done" : "gone", error: null }
        yield* write("revoke", "result", [{ ...result, ...line, request }])
        const reply = yield* exit
        if (Either.isLeft(reply)) return yield* reply.left
      })
    )

  return {
    create,
    deleted,
    delete: (permission) => Effect.checkInterruptible((isInterruptible) => deleteIn(permission, isInterruptible)),
    onFound: ({ id, project_id }) =>
      Effect.uninterruptible(
        Effect.zipRight(
          emit({ _tag: "Granted", checkpoint, project_id, permission: id, answered: false }),
          write("grant", "found", [{ project: project_id, request: null, permission: id }])
        )
      )
  }
}
