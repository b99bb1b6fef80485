/** Services with the mistakes that others make, to see that the model finds them. */
import type { CheckpointPermissions } from "@checkpoint-permissions/client"
import { type Permission, PermissionsError } from "@checkpoint-permissions/core"
import { Chunk, Effect, Option, Stream } from "effect"
import type { Mutate } from "./modelRun.ts"

/** Sends a create again whose reply was lost. */
export const resendsAmbiguousCreate: Mutate = (service) => ({
  ...service,
  create: (checkpoint, projects) =>
    Effect.catchIf(
      service.create(checkpoint, projects),
      (error) => error.mayHaveExecuted,
      () => service.create(checkpoint, projects)
    )
})

/** Pages as the server gives them, for as long as it says that there are more. `guarded`: nothing may come twice. */
const trusting =
  (service: CheckpointPermissions.Service, guarded: boolean): CheckpointPermissions.Service["pages"] =>
  (checkpoint, params) =>
    Stream.suspend(() => {
      const seen = new Set<string>()
      const twice = (id: string) => guarded && seen.size === seen.add(id).size
      return Stream.paginateEffect(params?.after, (after: string | undefined) =>
        Effect.gen(function* () {
          const page = yield* service.list(checkpoint, { limit: 3, ...params, after })
          const cursor = page.last_id ?? page.data.at(-1)?.id
          const next = page.has_more ? Option.fromNullable(cursor) : Option.none()
          if (page.data.some(({ id }) => twice(id)) || (Option.isSome(next) && twice(`after ${next.value}`))) {
            const reason = "something comes a second time"
            return yield* new PermissionsError.IncompleteListing({ operation: "list", checkpoint, reason, received: 0 })
          }
          if (page.has_more && guarded && Option.isNone(next)) {
            const reason = "there is more, but not from where"
            return yield* new PermissionsError.IncompleteListing({ operation: "list", checkpoint, reason, received: 0 })
          }
          return [page, next] as const
        })
      )
    })

const withPages = (
  service: CheckpointPermissions.Service,
  pages: CheckpointPermissions.Service["pages"]
): CheckpointPermissions.Service => ({
  ...service,
  pages,
  stream: (checkpoint, params) =>
    Stream.mapConcatChunk(pages(checkpoint, params), ({ data }) => Chunk.fromIterable(data))
})

/** Takes an empty page for the end. */
export const stopsOnEmptyPage: Mutate = (service) =>
  withPages(service, (checkpoint, params) =>
    Stream.takeUntil(service.pages(checkpoint, params), ({ data }) => data.length === 0)
  )

/** Asks again for a page that it had, if the server says so. */
export const ignoresRepeatedCursor: Mutate = (service) => withPages(service, trusting(service, false))

/** Takes an empty last page for the end, though what it asked to go on after may be gone. */
export const believesEmptyLastPage: Mutate = (service) => withPages(service, trusting(service, true))

/** Deletes with a duplicate the one that should stay. */
export const deletesBothDuplicates: Mutate = (service) => ({
  ...service,
  delete: (checkpoint, id) =>
    Effect.gen(function* () {
      const all = yield* Effect.orElseSucceed(Stream.runCollect(service.stream(checkpoint)), () =>
        Chunk.empty<Permission.Permission>()
      )
      const project = Chunk.toReadonlyArray(all).find((permission) => permission.id === id)?.project_id
      for (const other of all) {
        if (other.project_id === project && other.id !== id) yield* service.delete(checkpoint, other.id)
      }
      return yield* service.delete(checkpoint, id)
    })
})
