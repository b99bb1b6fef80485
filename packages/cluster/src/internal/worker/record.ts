/** What happens at a checkpoint, on its way to the store. */
import { type Entry, type Journal, JournalFailed } from "@checkpoint-permissions/access/Journal"
import * as Effect from "effect/Effect"
import type { Happening } from "../../Job.ts"
import { append } from "../store/events.ts"
import type { Service as Store } from "../store/store.ts"
import { type Begun, intend } from "../store/tasks.ts"
import { untilReached } from "./again.ts"

const lineOf =
  ({ plan }: Begun) =>
  (entry: Entry): Happening => ({ _tag: "Journaled", entry: { ...entry, plan: plan ?? null } })

const failed = (reason: string) => new JournalFailed({ journal: "the store of jobs", reason })

/**
 * The journal of a job. An intent is stored only while nobody else has begun the checkpoint, and its write is not sent
 * otherwise. What a write came to is a fact, whoever works there now.
 */
export const journalOf = (store: Store, begun: Begun): Journal => ({
  write: (entries) => {
    const lines = entries.map(lineOf(begun))
    const isIntent = entries.every(({ event }) => event === "intent")
    const written = isIntent
      ? intend(store, begun, lines)
      : append(store, begun.job, lines).pipe(store.sql.withTransaction, Effect.as(true))
    return written.pipe(
      Effect.catchAll(({ message }) => failed(message ?? "it is away")),
      Effect.flatMap((isOurs) => (isOurs ? Effect.void : failed("another worker has begun this checkpoint since")))
    )
  }
})

/** Stores what was done. */
export const record = (store: Store, { job }: Begun, happenings: ReadonlyArray<Happening>): Effect.Effect<void> =>
  untilReached("to store what was done")(store.sql.withTransaction(append(store, job, happenings)))
