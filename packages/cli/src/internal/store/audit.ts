/** `audit --store`: the workers of a store read, and the rows come back. */
import type * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import type * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import { targetOf } from "@checkpoint-permissions/cluster/Job"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Given } from "../input/checkpoints.ts"
import { actor } from "../input/environment.ts"
import { matrixWith } from "../server/reading.ts"
import { type ServerOptions, withPermissions } from "../server/server.ts"
import * as Screen from "../terminal/screen.ts"
import type { SqliteFile, StoreAddress } from "./address.ts"
import { submitted, tell, verdict } from "./follow.ts"
import { elsewhere, hasKey, type Workplace, workedOn } from "./open.ts"

const name = "audit"

export interface Options extends ServerOptions {
  readonly maxDuration: Option.Option<Duration.Duration>
}

/** Submits the audit, and makes a matrix of the rows that come back until the job has ended. */
const audited = (
  { maxDuration }: Options,
  store: StoreAddress,
  workplace: Workplace,
  server: CheckpointPermissions.Server,
  { checkpoints, names, owners }: Given
) =>
  Effect.gen(function* () {
    const who = yield* actor
    const submit = Effect.gen(function* () {
      const { job } = yield* workplace.jobs.audit(targetOf(server), checkpoints, { actor: who })
      const readers = (yield* workplace.worksHere) ? "this process reads" : "its workers read"
      yield* Screen.complain(`${name}: job ${job.id} is in ${store.name}: ${readers}`)
      return job
    })
    const { job, signal, told } = yield* submitted(
      name,
      { maxDuration, store, workplace, actor: who },
      submit,
      (job, events, signal) =>
        Effect.map(tell(name, job, events, { json: false }), (told) => ({ job, told, signal: signal() }))
    )
    const wrong = verdict(name, job, told)
    if (Option.isSome(wrong) && wrong.value._tag === "Failed") return yield* wrong.value
    const readAt = yield* DateTime.now
    const unread = (checkpoint: CheckpointId): AccessMatrix.Row => ({
      checkpoint,
      readAt,
      complete: false,
      reason: `job ${job.id} ended before it was read`,
      permissions: []
    })
    const matrix = yield* matrixWith(server, {
      names,
      rows: checkpoints.map((checkpoint) => {
        const row = told.rows.get(checkpoint) ?? unread(checkpoint)
        const owner = owners[checkpoint]
        return owner === undefined ? row : { ...row, owner }
      })
    })
    return { matrix, signal }
  })

/** This process works on audits, and says what it leaves to others, since it would change something. */
const worksHere = (store: SqliteFile) =>
  Effect.gen(function* () {
    const { workplace } = yield* workedOn(name, store, { only: ["audit"] })
    if (yield* workplace.worksHere) return workplace
    const active = yield* workplace.jobs.list({ active: true })
    const writing = active.find(({ kind }) => kind !== "audit")
    if (writing !== undefined) {
      yield* Screen.complain(
        `${name}: job ${writing.id} (${writing.kind}) in ${store.name} has not ended, and an audit changes nothing: it begins when that has ended (apply it again, jobs stop ${writing.id}), or with checkpoint-permissions worker --store ${store.name}`
      )
    }
    return workplace
  })

/**
 * The rows that workers read, as a matrix. The caller needs no key; with one it works on a file itself, as long as
 * nobody else does, on audits only.
 */
export const auditInStore = (options: Options, store: StoreAddress, given: Given) =>
  Effect.gen(function* () {
    const file = store._tag === "Sqlite" && (yield* hasKey(options)) ? store : undefined
    return yield* withPermissions({ ...options, refusesFake: true, keyless: file === undefined }, [], ({ server }) =>
      Effect.gen(function* () {
        const workplace = yield* file === undefined ? elsewhere(name, store) : worksHere(file)
        return yield* audited(options, store, workplace, server, given)
      })
    )
  }).pipe(Effect.scoped)
