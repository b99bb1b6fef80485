/** What a run has granted, and how it is taken back whatever happens. */
import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** What the run has granted so far. */
export interface Made {
  /** Each permission that was made, and whether it is still there. */
  readonly ids: Map<string, boolean>
  /** There is a create of which it is not known what it made. */
  doubt: boolean
  /** A create may have been refused in part: what it made shows in a listing after so many milliseconds. */
  hidden: number | undefined
}

export const nothing = (): Made => ({ ids: new Map(), doubt: false, hidden: undefined })

export interface Subject {
  readonly checkpoint: CheckpointId
  readonly project: string
}

/** What there is still, and why. */
export interface Left {
  readonly permissions: ReadonlyArray<string>
  readonly reason: string
}

/** What a create may have made; whose it is cannot be told, so it stays. */
const doubtful = (permissions: ReadonlyArray<string>): ReadonlyArray<Left> => [
  permissions.length === 0
    ? { permissions, reason: "it is not known what a grant made, and the listing shows nothing of it so far" }
    : { permissions, reason: "it is not known what a grant made: they may be of this run" }
]

/** Deletes what was made, and what a create made that was refused in part. */
const takeBack = Effect.fnUntraced(function* (client: Service, { checkpoint, project }: Subject, made: Made) {
  /** With the client's own rules; a 404 is what was wanted. */
  const remove = (ids: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Left>> =>
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
  /** What is done with the permissions of the project that the run does not know of, whatever else a listing shows. */
  const withUnknown = (use: (ids: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Left>>) =>
    client.stream(checkpoint, { project_id: project }).pipe(
      Stream.filter(({ id, project_id }) => project_id === project && !made.ids.has(id)),
      Stream.runCollect,
      Effect.flatMap((all) => use(Array.from(all, ({ id }) => String(id)))),
      Effect.catchAll(({ message }) =>
        Effect.succeed([
          { permissions: [], reason: `it is not known what a grant made, and reading fails: ${message}` }
        ])
      )
    )
  const left = [...(yield* remove([...made.ids].flatMap(([id, isThere]) => (isThere ? [id] : []))))]
  if (made.hidden !== undefined) {
    yield* Effect.sleep(made.hidden)
    left.push(...(yield* withUnknown(remove)))
  }
  if (made.doubt) left.push(...(yield* withUnknown((ids) => Effect.succeed(doubtful(ids)))))
  return left
})

/**
 * Runs `use`, then deletes what it made and did not delete, also when it is interrupted. `onLeft` is told what could
 * not be deleted.
 */
export const takingBack = <A, E, R, R2>(
  client: Service,
  subject: Subject,
  use: (made: Made) => Effect.Effect<A, E, R>,
  onLeft: (left: Left) => Effect.Effect<void, never, R2>
) =>
  Effect.acquireUseRelease(Effect.sync(nothing), use, (made) =>
    Effect.flatMap(takeBack(client, subject, made), Effect.forEach(onLeft))
  )
