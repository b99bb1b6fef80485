/** `audit --store`: the workers of a store read, and the rows come back. */
import type * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as Jobs from "@checkpoint-permissions/cluster/Jobs"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Failed } from "../failure.ts"
import type { Given } from "../input/checkpoints.ts"
import { actor } from "../input/environment.ts"
import type { ServerOptions } from "../server/options.ts"
import { matrixWith } from "../server/reading.ts"
import { withPermissions } from "../server/server.ts"
import { Interruption } from "../terminal/interruption.ts"
import * as Screen from "../terminal/screen.ts"
import type { StoreAddress } from "./address.ts"
import { goesOn, left, unlessBegun } from "./follow.ts"
import { jobsOf } from "./open.ts"

const name = "audit"

const followed = (store: StoreAddress, jobs: Jobs.Service, job: Jobs.Submitted["job"]) =>
  Effect.gen(function* () {
    const screen = yield* Screen.Screen
    const { gracefully } = yield* Interruption
    const rows: Array<AccessMatrix.Row> = []
    const all = jobs.follow(job.id).pipe(
      unlessBegun(name, job, store.name),
      Stream.runForEach(({ happening }) => {
        if (happening._tag === "Audited") rows.push(happening.row)
        if (happening._tag === "Ended" && happening.outcome === "failed") {
          return new Failed({
            message: `${name}: job ${job.id} failed: ${happening.reason ?? "for a reason it does not say"}`
          })
        }
        return screen.progress(`${name}: job ${job.id}: ${rows.length} of ${job.checkpoints.total} checkpoints read`)
      })
    )
    yield* gracefully((signal) =>
      Effect.raceFirst(
        all,
        Effect.flatMap(signal, (which) => left(name, job, store.name, which))
      )
    )
    yield* screen.clear
    return rows
  }).pipe(goesOn(name, job, store.name))

/** The rows that workers read, as a matrix. The caller needs no key. */
export const auditInStore = (options: ServerOptions, store: StoreAddress, { checkpoints, names, owners }: Given) =>
  Effect.gen(function* () {
    const screen = yield* Screen.Screen
    const server = yield* withPermissions({ ...options, keyless: true }, [], ({ server }) => Effect.succeed(server))
    const jobs = yield* Jobs.Jobs
    const target = {
      apiUrl: server.apiUrl,
      ...(server.organization === undefined ? {} : { organization: server.organization })
    }
    const { job } = yield* jobs.audit(target, checkpoints, { actor: (yield* actor) ?? "unknown" })
    yield* screen.complain(`${name}: job ${job.id} is in ${store.name}: its workers read`)
    const rows = yield* followed(store, jobs, job)
    const read = new Map(rows.map((row) => [row.checkpoint, row]))
    const readAt = yield* DateTime.now
    const unread = (checkpoint: CheckpointId): AccessMatrix.Row => ({
      checkpoint,
      readAt,
      complete: false,
      reason: `job ${job.id} ended before it was read`,
      permissions: []
    })
    return yield* matrixWith(server, {
      names,
      rows: checkpoints.map((checkpoint) => {
        const row = read.get(checkpoint) ?? unread(checkpoint)
        const owner = owners[checkpoint]
        return owner === undefined ? row : { ...row, owner }
      })
    })
  }).pipe(Effect.provide(jobsOf(store)))
