/** The clean-up after a run with writes. It deletes every permission that the run made. */
import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** The record of a run's grants. */
export interface Created {
  /** The permissions that the run made. The value is true while the permission exists. */
  readonly ids: Map<string, boolean>
  /** True if it is unknown which permissions a create made. */
  isUnconfirmed: boolean
  /**
   * Set while a create may be executed only in part: the time in milliseconds after which its permissions are listed.
   */
  listingDelay: number | undefined
}

export const nothing = (): Created => ({ ids: new Map(), isUnconfirmed: false, listingDelay: undefined })

export interface Subject {
  readonly checkpoint: string
  readonly project: string
}

/** The permissions that a run could not delete, and the reason. */
export interface Leftover {
  readonly permissions: ReadonlyArray<string>
  readonly reason: string
}

type Leftovers = Effect.Effect<ReadonlyArray<Leftover>>

/** Returns the permissions that a create may have made. Another client may have made them, so they are not deleted. */
const unconfirmed = (permissions: ReadonlyArray<string>): Leftovers =>
  Effect.succeed([
    permissions.length === 0
      ? { permissions, reason: "the result of a grant is unknown, and the listing shows no permission yet" }
      : { permissions, reason: "the result of a grant is unknown: these permissions may be of this run" }
  ])

/** Deletes the permissions of the run, and those of a create that was refused in part. */
const deleteCreated = Effect.fnUntraced(function* (
  client: Service,
  { checkpoint, project }: Subject,
  created: Created
) {
  /** Deletes permissions with the client's retries. A 404 is a success. */
  const remove = (ids: ReadonlyArray<string>): Leftovers =>
    Effect.map(
      Effect.forEach(ids, (id) =>
        client.delete(checkpoint, id).pipe(
          Effect.as([]),
          Effect.catchTag("NotFoundError", () => Effect.succeed([])),
          Effect.catchAll(({ message }) => Effect.succeed([{ permissions: [id], reason: message }]))
        )
      ),
      (all) => all.flat()
    )
  /** Passes to `use` the project's permissions that this run did not record. Other projects are ignored. */
  const withUnrecorded = (use: (ids: ReadonlyArray<string>) => Leftovers): Leftovers =>
    client.stream(checkpoint, { project_id: project }).pipe(
      Stream.filter(({ id, project_id }) => project_id === project && !created.ids.has(id)),
      Stream.runCollect,
      Effect.flatMap((all) => use(Array.from(all, ({ id }) => String(id)))),
      Effect.catchAll(({ message }) =>
        Effect.succeed([{ permissions: [], reason: `the result of a grant is unknown, and listing fails: ${message}` }])
      )
    )
  const left = yield* remove([...created.ids].flatMap(([id, exists]) => (exists ? [id] : [])))
  const { listingDelay } = created
  const inPart = listingDelay === undefined ? [] : yield* Effect.delay(withUnrecorded(remove), listingDelay)
  return [...left, ...inPart, ...(created.isUnconfirmed ? yield* withUnrecorded(unconfirmed) : [])]
})

/**
 * Runs `use`, then deletes the permissions that it left, even after an interruption. `onLeftover` is called with those
 * that could not be deleted.
 */
export const withCleanup = <A, E, R, R2>(
  client: Service,
  subject: Subject,
  use: (created: Created) => Effect.Effect<A, E, R>,
  onLeftover: (left: Leftover) => Effect.Effect<void, never, R2>
) =>
  Effect.acquireUseRelease(Effect.sync(nothing), use, (created) =>
    Effect.flatMap(deleteCreated(client, subject, created), Effect.forEach(onLeftover))
  )
