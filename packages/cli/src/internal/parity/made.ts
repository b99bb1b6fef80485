/** What a run has granted, and how it is taken back whatever happens. */
import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
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

type Known = ReadonlyMap<string, boolean>

/** The permissions of the project that the run does not know of, whatever else a listing shows. */
const unknown = (client: Service, { checkpoint, project }: Subject, known: Known) =>
  client.stream(checkpoint, { project_id: project }).pipe(
    Stream.filter(({ id, project_id }) => project_id === project && !known.has(id)),
    Stream.runCollect,
    Effect.map((all) => Array.from(all, ({ id }) => String(id)))
  )

const unread = (error: { readonly message: string }): ReadonlyArray<Left> => [
  { permissions: [], reason: `it is not known what a grant made, and reading fails: ${error.message}` }
]

/** What a create may have made; whose it is cannot be told, so it stays. */
const doubtful = (client: Service, subject: Subject, known: Known) =>
  unknown(client, subject, known).pipe(
    Effect.match({
      onFailure: unread,
      onSuccess: (permissions): ReadonlyArray<Left> => [
        permissions.length === 0
          ? { permissions, reason: "it is not known what a grant made, and the listing shows nothing of it so far" }
          : { permissions, reason: "it is not known what a grant made: they may be of this run" }
      ]
    })
  )

/** Takes back what a create made that was refused in part. */
const revealed = (client: Service, subject: Subject, known: Known, lag: number) =>
  Effect.sleep(lag).pipe(
    Effect.zipRight(unknown(client, subject, known)),
    Effect.matchEffect({
      onFailure: (error) => Effect.succeed(unread(error)),
      onSuccess: (ids) =>
        Effect.map(
          Effect.forEach(ids, (id) => takenBack(client, subject.checkpoint, id)),
          (left) => left.flat()
        )
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
    Effect.all({
      /** Each permission that was made, and whether it is still there. */
      ids: Ref.make<ReadonlyMap<string, boolean>>(new Map()),
      doubt: Ref.make(false),
      hidden: Ref.make(Option.none<number>())
    }),
    ({ doubt, hidden, ids }) => {
      const set = (id: string, isThere: boolean) => Ref.update(ids, (before) => new Map([...before, [id, isThere]]))
      return use({
        add: (id) => set(id, true),
        gone: (id) => set(id, false),
        doubt: Ref.set(doubt, true),
        hidden: (lag) => Ref.set(hidden, Option.some(lag)),
        shown: Ref.set(hidden, Option.none())
      })
    },
    ({ doubt, hidden, ids }) =>
      Effect.gen(function* () {
        const known = yield* ids
        const there = [...known].flatMap(([id, isThere]) => (isThere ? [id] : []))
        const failed = yield* Effect.forEach(there, (id) => takenBack(client, subject.checkpoint, id))
        const lag = yield* hidden
        const shown = Option.isNone(lag) ? [] : yield* revealed(client, subject, known, lag.value)
        const perhaps = (yield* doubt) ? yield* doubtful(client, subject, known) : []
        yield* Effect.forEach([...failed.flat(), ...shown, ...perhaps], onLeft)
      })
  )
