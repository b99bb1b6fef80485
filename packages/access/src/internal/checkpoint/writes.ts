import { finishInFlight, type Outcome } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as writes from "@checkpoint-permissions/protocol/writes"
import type * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { AccessStep } from "../apply/step.ts"
import type { Entry, Journal, JournalFailed } from "../journal.ts"
import type { ListedPermission } from "../plan/steps.ts"
import { errorOf, type FailureWithError, failureWithError, type Yielded } from "./read.ts"
import type { State } from "./state.ts"

/** The journal of a grant or a revoke. `E` is the error of the journal. */
export interface WriteOptions<E = JournalFailed> {
  /** The journal, with a line before and a line after each write. Default: none. */
  readonly journal?: Journal<E> | undefined
  /** The author of the lines. Default: none. */
  readonly actor?: string | undefined
}

/** The checkpoint and author of writes, and the receiver of finished steps. */
export interface Context<E = JournalFailed> extends WriteOptions<E> {
  readonly state: State
  readonly checkpoint: CheckpointId
  readonly planDigest?: string | undefined
  readonly emit: (step: AccessStep) => Effect.Effect<void>
}

type Granted = Extract<AccessStep, { readonly _tag: "Granted" }>

type Result = Pick<Entry, "outcome"> & Partial<Pick<Entry, "permission" | "error">>

/** The fields of a journal line that differ between the lines of a write. Missing fields are null. */
type Line = Pick<Entry, "project"> & Partial<Pick<Entry, "request"> & Result>

const outcomeOf = (error: PermissionsError): Result => ({
  outcome: error.mayHaveExecuted
    ? "unknown"
    : error.status !== undefined && error.status < 500 && error._tag !== "RateLimitError"
      ? "refused"
      : "failed",
  error: error.message
})

const stopped: Result = { outcome: "stopped" }

/** The result of a write whose reply arrived, but which was interrupted before the reply was processed. */
const unresolved: Result = { outcome: "unknown" }

/**
 * Makes the writes to one checkpoint. A request in flight is finished. The journal gets a line before and after each
 * write, even after an interruption. A step is emitted even if its line cannot be written, since the server has
 * executed the write.
 */
export const writesOf = <E>({ actor, checkpoint, emit, journal, planDigest, state }: Context<E>) => {
  const service = state.permissions
  const deleted = new Map<string, DateTime.Utc>()
  /** The number of creates of each project whose reply did not name it. */
  const unconfirmed = new Map<string, number>()
  /** Steps of projects whose create was sent twice. They wait for {@link emitResent}. */
  const resent = new Map<string, Granted>()
  /** Emits the step of a grant, after `creates` earlier creates of the project that may have been executed. */
  const emitGranted = (step: Granted, creates: number): Effect.Effect<void> =>
    creates === 0 ? emit(step) : Effect.sync(() => void resent.set(step.project_id, step))
  const write = (action: Entry["action"], event: Entry["event"], lines: ReadonlyArray<Line>): Effect.Effect<void, E> =>
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
              plan: planDigest ?? null,
              checkpoint,
              permission: null,
              request: null,
              outcome: null,
              error: null,
              ...line
            }))
          )
        )

  /** Sends a write. Returns its exit, and its outcome even if it was interrupted in the meantime. */
  const send = <A>(call: Effect.Effect<A, PermissionsError>) =>
    Effect.suspend(() => {
      let outcome: Outcome | undefined
      const sent = finishInFlight(call, (ended) =>
        Effect.sync(() => {
          outcome = ended
        })
      )
      return Effect.map(Effect.zipLeft(Effect.exit(sent), state.recordWrite(checkpoint)), (exit) => {
        // a call that fails before it is sent has no outcome
        const refused = Exit.isFailure(exit) ? Option.getOrUndefined(Cause.failureOption(exit.cause)) : undefined
        return { exit, outcome, error: outcome?.error ?? refused, request: outcome?.requestId ?? null }
      })
    })

  const create = (projects: Arr.NonEmptyReadonlyArray<ProjectId>) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const intents = projects.map((project) => ({ project }))
        yield* write("grant", "intent", intents)
        const { error, exit, outcome, request } = yield* send(restore(service.create(checkpoint, projects)))
        // a service that replaces the client reports no outcome
        const reply = Exit.isSuccess(exit) ? exit.value : outcome?.operation === "create" ? outcome.reply : undefined
        const created = new Map(Array.from(writes.byProject(reply?.data ?? []), ([project, [{ id }]]) => [project, id]))
        const results: Array<Line> = []
        for (const project_id of projects) {
          const permission = created.get(project_id)
          const base = { project: project_id, request }
          const creates = unconfirmed.get(project_id) ?? 0
          if (permission === undefined) unconfirmed.set(project_id, creates + 1)
          if (permission !== undefined) {
            yield* emitGranted({ _tag: "Granted", checkpoint, project_id, permission, confirmed: true }, creates)
            results.push({ ...base, permission, outcome: "done" })
          } else if (error !== undefined) results.push({ ...base, ...outcomeOf(error) })
          else if (reply === undefined) results.push({ ...base, ...stopped })
          else results.push({ ...base, ...unresolved, error: "the reply does not name it" })
        }
        yield* write("grant", "result", results)
        return yield* Effect.match(exit, {
          onFailure: (error) => ({ failure: failureWithError(error) }),
          onSuccess: (page) => ({ page })
        })
      })
    )

  const remove = (permission: ListedPermission): Effect.Effect<void, PermissionsError | E> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const { id, project_id } = permission
        const line = { project: project_id, permission: id }
        yield* write("revoke", "intent", [line])
        const { error, exit, outcome, request } = yield* send(restore(service.delete(checkpoint, id)))
        const reply = Exit.isSuccess(exit) ? exit.value : outcome?.operation === "delete" ? outcome.reply : undefined
        const replied = reply === undefined ? error && { failure: failureWithError(error) } : { reply }
        const calls: writes.DeleteCalls<Yielded, FailureWithError> = {
          checkpoint,
          // a listing is not a write, and may be interrupted
          isListed: service.stream(checkpoint, { project_id }).pipe(
            Stream.filter((listed) => listed.id === id),
            Stream.runHead,
            Effect.map(Option.isSome),
            restore
          ),
          fail: (failure) => Effect.fail(errorOf(failure))
        }
        const resolved = replied && (yield* Effect.exit(Effect.gen(() => writes.afterDelete(calls, replied))))
        const result: Result =
          resolved === undefined
            ? stopped
            : Exit.match(resolved, {
                onFailure: (cause) =>
                  Option.match(Cause.failureOption(cause), { onNone: () => unresolved, onSome: outcomeOf }),
                onSuccess: (outcome) => ({ outcome })
              })
        if (result.outcome === "done" || result.outcome === "gone") {
          deleted.set(id, yield* DateTime.now)
          yield* emit(
            result.outcome === "done"
              ? { _tag: "Revoked", checkpoint, project_id, permission: id }
              : { _tag: "AlreadyDone", checkpoint, action: "revoke", project_id }
          )
        }
        yield* write("revoke", "result", [{ ...result, ...line, request }])
        yield* resolved === undefined || reply?.deleted === true ? exit : resolved
      })
    )

  return {
    create,
    /** Deletes a permission. Succeeds if it was already deleted. */
    delete: remove,
    /** The time of the delete's reply for each deleted permission, by its id. */
    deleted,
    /** Called with a permission that a listing shows after a create without a reply. */
    onFound: ({ id, project_id }: ListedPermission) =>
      Effect.uninterruptible(
        Effect.zipRight(
          emitGranted(
            { _tag: "Granted", checkpoint, project_id, permission: id, confirmed: false },
            (unconfirmed.get(project_id) ?? 1) - 1
          ),
          write("grant", "found", [{ project: project_id, permission: id }])
        )
      ),
    /** Emits the steps of projects whose create was sent twice. Without `duplicated`, each may have a duplicate. */
    emitResent: (duplicated?: ReadonlySet<string>) =>
      Effect.suspend(() => {
        const steps = [...resent.values()].map((step) =>
          duplicated?.has(step.project_id) === false ? step : { ...step, mayBeDuplicated: true as const }
        )
        resent.clear()
        return Effect.forEach(steps, emit, { discard: true })
      })
  }
}
