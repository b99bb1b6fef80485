/** What the programs of `protocol/settling` are made of, with a service. */
import type { Failure } from "@checkpoint-permissions/protocol/failure"
import * as settling from "@checkpoint-permissions/protocol/settling"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import type { ProjectId } from "../Identifiers.ts"
import { withoutWaiting } from "../Pacing.ts"
import type { Permission } from "../Permission.ts"
import { fromFailure, type PermissionsError, toFailure } from "../PermissionsError.ts"
import * as observer from "./observer.ts"
import { FinishInFlight } from "./retry/region.ts"
import type { Service } from "./service.ts"

const finishInFlight = observer.add(FinishInFlight)

/**
 * One whole listing. One project is asked for by name; several are picked from
 * the whole listing, which is one request for a hundred permissions. The newest
 * come first, as `protocol/settling` wants it.
 */
export const read = Effect.fnUntraced(function* (
  service: Service,
  checkpoint: string,
  projects: ReadonlyArray<ProjectId> | undefined
): Effect.fn.Return<settling.Reading<Permission>, PermissionsError> {
  const wanted = projects === undefined ? undefined : new Set(projects)
  const filter = projects?.length === 1 ? { project_id: projects[0] } : {}
  const pages = yield* service.pages(checkpoint, { order: "descending", ...filter }).pipe(
    Stream.map(({ data }) => data.filter(({ project_id }) => wanted?.has(project_id) ?? true)),
    Stream.runCollect,
    Effect.retry({ times: settling.limits.restarts, while: (error) => error._tag === "IncompleteListingError" })
  )
  return settling.readingOf(pages, yield* Clock.currentTimeMillis)
})

/**
 * Deletes a permission, and says so as soon as it is gone. Already deleted counts as success, unless it is still listed:
 * a proxy may have answered.
 */
export const deletePermission = (
  service: Service,
  checkpoint: string,
  { id, project_id }: Permission,
  onDeleted: () => void = () => {}
): Effect.Effect<void, PermissionsError> =>
  finishInFlight(service.delete(checkpoint, id), ({ error }) =>
    error === undefined ? Effect.sync(onDeleted) : Effect.void
  ).pipe(
    Effect.asVoid,
    Effect.catch((error) =>
      settling.onDelete(toFailure(error), false) === "absent"
        ? service.stream(checkpoint, { project_id }).pipe(
            Stream.runForEach((listed) => (listed.id === id ? Effect.fail(error) : Effect.void)),
            Effect.map(onDeleted)
          )
        : Effect.fail(error)
    )
  )

/** What a program yields. */
type Yielded = Effect.Effect<unknown, PermissionsError>

/** A create that failed, as the rules see it and as it is reported. */
type FailedCreate = Failure & { readonly error: PermissionsError }

/** The calls that the programs of a checkpoint are made of. */
export const calls = (service: Service, checkpoint: string): settling.Calls<Yielded, Permission, FailedCreate> => {
  const deleted = new Set<string>()
  return {
    checkpoint,
    read: (projects) => read(service, checkpoint, projects),
    create: (projects) =>
      Effect.match(
        finishInFlight(service.create(checkpoint, projects), () => Effect.void),
        {
          onFailure: (error) => ({ failure: { ...toFailure(error), error } }),
          onSuccess: (page) => ({ page })
        }
      ),
    onFound: () => Effect.void,
    delete: (permission, { atOnce, within }) => {
      const remove = deletePermission(service, checkpoint, permission, () => void deleted.add(permission.id))
      // what is in flight then is finished
      return Effect.timeoutOption(atOnce ? withoutWaiting(remove) : remove, within)
    },
    deleted,
    mayDelete: () => true,
    turn: Effect.flatMap(service.estimate({ delete: 1 }), ({ duration, unrefused }) =>
      Effect.sleep(unrefused ?? duration)
    ),
    sleep: (millis, { jittered }) =>
      Effect.flatMap(Random.next, (random) => Effect.sleep(millis * (jittered ? 0.8 + 0.4 * random : 1))),
    now: Clock.currentTimeMillis,
    each: (programs) =>
      Effect.forEach(programs, (program) => Effect.gen(program), { concurrency: settling.limits.concurrency }),
    fail: (failure) => Effect.fail("error" in failure ? failure.error : fromFailure(failure))
  }
}
