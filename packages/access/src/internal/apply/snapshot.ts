import { readingOf } from "@checkpoint-permissions/protocol/settling"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import type { Reading } from "../checkpoint/read.ts"
import type { State } from "../checkpoint/state.ts"
import type { AccessPlan, CheckpointPlan } from "../plan/model.ts"

/** How old a snapshot may be when its checkpoint is reached. */
export const defaultMaxSnapshotAge: Duration.DurationInput = "1 hour"

/**
 * Returns the snapshot of a checkpoint that a plan was made from, or nothing if the checkpoint is to be read again: this
 * `Access` did not read it, it has written there since, the snapshot is too old, or the plan deletes duplicates, which
 * needs the pages of a recent reading.
 */
export const snapshotsOf = (
  state: State,
  { snapshots }: AccessPlan,
  maxAge: Duration.DurationInput = defaultMaxSnapshotAge
): ((checkpoint: CheckpointPlan, now: number) => Reading | undefined) => {
  const maxMillis = Duration.toMillis(maxAge)
  return ({ checkpoint, found, readAt, readFrom, revokes }, now) => {
    if (revokes.some(({ reason }) => reason === "duplicate")) return
    if (snapshots?.token !== state.token || !snapshots.checkpoints.has(checkpoint) || readFrom === undefined) return
    const span = { readFrom: DateTime.toEpochMillis(readFrom), readAt: DateTime.toEpochMillis(readAt) }
    const age = now - span.readFrom
    // A negative age means that the clock was set back.
    if (age < 0 || age >= maxMillis) return
    if (span.readFrom <= (state.lastWrites.get(checkpoint) ?? Number.NEGATIVE_INFINITY)) return
    return readingOf([found], span)
  }
}
