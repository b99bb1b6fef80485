/** Carries out the programs of `protocol/settling` with a service. */
import * as settling from "@checkpoint-permissions/protocol/settling"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { CheckpointId, ProjectId } from "../Identifiers.ts"
import { withoutWaiting } from "../Pacing.ts"
import type { Permission } from "../Permission.ts"
import { type PermissionsError, toFailure } from "../PermissionsError.ts"
import { finishInFlight } from "./region.ts"
import type { Service } from "./service.ts"

/**
 * One whole listing. One project is asked for by name; several are picked from
 * the whole listing, which is one request for a hundred permissions. The newest
 * come first, as `protocol/settling` wants it.
 */
export const read = Effect.fnUntraced(function* (
  service: Service,
  checkpoint: CheckpointId,
  projects: ReadonlyArray<ProjectId> | undefined
): Effect.fn.Return<settling.Reading<Permission>, PermissionsError> {
  const wanted = projects === undefined ? undefined : new Set(projects)
  const filter = projects?.length === 1 ? { project_id: projects[0] } : {}
  const pages = yield* service.pages(checkpoint, { order: "descending", ...filter }).pipe(
    Stream.map(({ data }) => data.filter(({ project_id }) => wanted?.has(project_id) ?? true)),
    Stream.runCollect,
    Effect.retry({ times: settling.limits.restarts, while: (error) => error._tag === "IncompleteListing" })
  )
  return settling.readingOf(pages)
})

/**
 * Deletes a permission, and says so as soon as it is gone. Already deleted counts as success, unless it is still listed:
 * a proxy may have answered.
 */
export const deletePermission = (
  service: Service,
  checkpoint: CheckpointId,
  { id, project_id }: Permission,
  onDeleted: () => void = () => {}
): Effect.Effect<void, PermissionsError> =>
  finishInFlight(Effect.map(service.delete(checkpoint, id), onDeleted)).pipe(
    Effect.catch((error) =>
      settling.onDelete(toFailure(error), false) === "absent"
        ? service.stream(checkpoint, { project_id }).pipe(
            Stream.runForEach((listed) => (listed.id === id ? Effect.fail(error) : Effect.void)),
            Effect.map(onDeleted)
          )
        : Effect.fail(error)
    )
  )

const answer = Effect.fnUntraced(function* (
  service: Service,
  checkpoint: CheckpointId,
  ask: settling.Ask<ProjectId, Permission>
): Effect.fn.Return<Omit<settling.Answer<Permission>, "now">, PermissionsError> {
  switch (ask.ask) {
    case "read":
      return { reading: yield* read(service, checkpoint, ask.projects) }
    case "create": {
      const sent = yield* Effect.result(finishInFlight(service.create(checkpoint, ask.projects)))
      return {
        reply: Result.match(sent, {
          onFailure: (error) => ({ failure: toFailure(error) }),
          onSuccess: (page) => ({ page })
        })
      }
    }
    case "delete": {
      let isDeleted = false
      const remove = deletePermission(service, checkpoint, ask.permission, () => {
        isDeleted = true
      })
      // what is in flight then is finished
      yield* Effect.timeoutOption(ask.atOnce ? withoutWaiting(remove) : remove, ask.within)
      return { isDeleted }
    }
    case "turn":
      yield* Effect.flatMap(service.estimate({ delete: 1 }), Effect.sleep)
      return {}
    case "sleep":
      yield* Effect.sleep(ask.millis * (ask.jittered ? 0.8 + 0.4 * (yield* Random.next) : 1))
      return {}
    case "found":
      return {}
  }
})

export const run = Effect.fnUntraced(function* <A>(
  service: Service,
  checkpoint: CheckpointId,
  program: settling.Program<A, ProjectId, Permission>
): Effect.fn.Return<A, PermissionsError> {
  let next = program.next({ now: 0 })
  while (next.done !== true) {
    const answered = yield* answer(service, checkpoint, next.value)
    next = program.next({ ...answered, now: yield* Clock.currentTimeMillis })
  }
  return next.value
})
