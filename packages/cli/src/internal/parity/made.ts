/** What a run has granted, and how it is taken back whatever happens. */
import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import type { Made } from "./writes.ts"

interface Subject {
  readonly checkpoint: CheckpointId
  readonly project: string
}

/** What there is still, and why. */
export interface Left {
  readonly permissions: ReadonlyArray<string>
  readonly reason: string
}

/** Deletes with the client's own rules; a 404 is what was wanted. */
const takenBack = (client: Service, checkpoint: CheckpointId, id: string) =>
  client.delete(checkpoint, id).pipe(
    Effect.asVoid,
    Effect.catchTag("NotFound", () => Effect.void),
    Effect.either,
    Effect.map((result) => (result._tag === "Left" ? [{ permissions: [id], reason: result.left.message }] : []))
  )

/** What a create may have made whose answer is not known; whose it is cannot be told, so it stays. */
const doubtful = (client: Service, { checkpoint, project }: Subject) =>
  client.stream(checkpoint, { project_id: project }).pipe(
    Stream.runCollect,
    Effect.map((all) => Array.from(all, ({ id }) => String(id))),
    Effect.match({
      onFailure: ({ message }) => [
        { permissions: [], reason: `a grant was not answered, and reading fails: ${message}` }
      ],
      onSuccess: (permissions) =>
        permissions.length === 0 ? [] : [{ permissions, reason: "a grant was not answered: they may be of this run" }]
    })
  )

/**
 * Runs `use`, then deletes what it made and did not delete, also when it is
 * interrupted. `onLeft` is told what could not be deleted.
 */
export const takingBack = <A, E, R, R2>(
  client: Service,
  subject: Subject,
  use: (made: Made) => Effect.Effect<A, E, R>,
  onLeft: (left: Left) => Effect.Effect<void, never, R2>
): Effect.Effect<A, E, R | R2> =>
  Effect.acquireUseRelease(
    Effect.all([Ref.make<ReadonlySet<string>>(new Set()), Ref.make(false)]),
    ([there, doubt]) =>
      use({
        add: (id) => Ref.update(there, (ids) => new Set([...ids, id])),
        gone: (id) => Ref.update(there, (ids) => new Set([...ids].filter((one) => one !== id))),
        doubt: Ref.set(doubt, true)
      }),
    ([there, doubt]) =>
      Effect.gen(function* () {
        const failed = yield* Effect.forEach([...(yield* there)], (id) => takenBack(client, subject.checkpoint, id))
        const unknown = (yield* doubt) ? yield* doubtful(client, subject) : []
        yield* Effect.forEach([...failed.flat(), ...unknown], onLeft)
      })
  )
