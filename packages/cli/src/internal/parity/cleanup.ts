/** The clean-up after a run with writes. It deletes every permission that the run made. */
import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import * as Arr from "effect/Array"
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

/** Deletes the permissions of the run, and those of a create that was refused in part. Returns those that are left. */
export const deleteCreated = Effect.fnUntraced(function* (
  client: Service,
  { checkpoint, project }: Subject,
  { ids, isUnconfirmed, listingDelay }: Created
) {
  /** Deletes permissions with the client's retries. A 404 is a success. */
  const remove = (permissions: ReadonlyArray<string>): Leftovers =>
    Effect.map(
      Effect.forEach(permissions, (id) =>
        client.delete(checkpoint, id).pipe(
          Effect.as([]),
          Effect.catchTag("NotFoundError", () => Effect.succeed([])),
          Effect.catchAll(({ message }) => Effect.succeed([{ permissions: [id], reason: message }]))
        )
      ),
      Arr.flatten
    )
  /** Passes to `use` the project's permissions that this run did not record. Other projects are ignored. */
  const withUnrecorded = (use: (permissions: ReadonlyArray<string>) => Leftovers): Leftovers =>
    client.stream(checkpoint, { project_id: project }).pipe(
      Stream.filter(({ id, project_id }) => project_id === project && !ids.has(id)),
      Stream.runCollect,
      Effect.flatMap((all) => use(Array.from(all, ({ id }) => id))),
      Effect.catchAll(({ message }) =>
        Effect.succeed([{ permissions: [], reason: `the result of a grant is unknown, and listing fails: ${message}` }])
      )
    )
  /** Returns the permissions that a create may have made. Another client may have made them: they are not deleted. */
  const unconfirmed = (permissions: ReadonlyArray<string>): Leftovers => {
    const reason =
      permissions.length === 0
        ? "the result of a grant is unknown, and the listing shows no permission yet"
        : "the result of a grant is unknown: these permissions may be of this run"
    return Effect.succeed([{ permissions, reason }])
  }
  const left = yield* remove([...ids].flatMap(([id, exists]) => (exists ? [id] : [])))
  const inPart = listingDelay === undefined ? [] : yield* Effect.delay(withUnrecorded(remove), listingDelay)
  return [...left, ...inPart, ...(isUnconfirmed ? yield* withUnrecorded(unconfirmed) : [])]
})
