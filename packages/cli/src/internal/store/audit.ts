/** `audit --store`: the workers of a store read, and the rows come back. */
import type * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import type * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import type { Event } from "@checkpoint-permissions/cluster/Job"
import type * as Jobs from "@checkpoint-permissions/cluster/Jobs"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Failed } from "../failure.ts"
import type { Given } from "../input/checkpoints.ts"
import { actor } from "../input/environment.ts"
import type { ServerOptions } from "../server/options.ts"
import { matrixWith } from "../server/reading.ts"
import { withPermissions } from "../server/server.ts"
import { makeRestOf } from "../terminal/estimate.ts"
import * as Screen from "../terminal/screen.ts"
import type { StoreAddress } from "./address.ts"
import { finishes, submitted } from "./follow.ts"
import { elsewhere, hasKey, here, keyless, type Workplace } from "./open.ts"

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
    const screen = yield* Screen.Screen
    const who = yield* actor
    const target = {
      apiUrl: server.apiUrl,
      ...(server.organization === undefined ? {} : { organization: server.organization })
    }
    const submit = Effect.gen(function* () {
      const { job } = yield* workplace.jobs.audit(target, checkpoints, { actor: who })
      const readers = (yield* workplace.worksHere) ? "this process reads" : "its workers read"
      yield* screen.complain(`${name}: job ${job.id} is in ${store.name}: ${readers}`)
      return job
    })
    const read = new Map<string, AccessMatrix.Row>()
    const { job, signal } = yield* submitted(
      name,
      { maxDuration, store, workplace, actor: who },
      submit,
      (job, events, signal) => {
        const rest = makeRestOf(job.checkpoints.total)
        const onEvent = ({ at, happening }: Event) => {
          rest.at(DateTime.toEpochMillis(at), finishes(happening))
          if (happening._tag === "Audited") read.set(happening.row.checkpoint, happening.row)
          if (happening._tag === "Ended" && happening.outcome === "failed") {
            const why = happening.reason ?? "for a reason it does not say"
            return new Failed({ message: `${name}: job ${job.id} failed: ${why}` })
          }
          return screen.progress(`${name}: job ${job.id}: ${read.size} of ${job.checkpoints.total} read${rest.words()}`)
        }
        return Effect.map(Stream.runForEach(events, onEvent), () => ({ job, signal: signal() }))
      }
    )
    yield* screen.clear
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
        const row = read.get(checkpoint) ?? unread(checkpoint)
        const owner = owners[checkpoint]
        return owner === undefined ? row : { ...row, owner }
      })
    })
    return { matrix, signal }
  })

/** What an audit does not do for others: it would change something. */
const tellOfWrites = (store: StoreAddress, jobs: Jobs.Service) =>
  Effect.gen(function* () {
    const screen = yield* Screen.Screen
    const active = yield* jobs.list({ active: true })
    const writing = active.find(({ kind }) => kind !== "audit")
    if (writing === undefined) return
    yield* screen.complain(
      `${name}: job ${writing.id} (${writing.kind}) in ${store.name} has not ended, and an audit changes nothing: it begins when that has ended (apply it again, jobs stop ${writing.id}), or with checkpoint-permissions worker --store ${store.name}`
    )
  })

/**
 * The rows that workers read, as a matrix. The caller needs no key; with one it works on a file itself, as long as
 * nobody else does, on audits only.
 */
export const auditInStore = (options: Options, store: StoreAddress, given: Given) =>
  Effect.gen(function* () {
    if (store._tag === "Sqlite" && (yield* hasKey(options))) {
      return yield* withPermissions({ ...options, refusesFake: true }, given.checkpoints, ({ server }) =>
        Effect.gen(function* () {
          const workplace = yield* here(name, store, { only: ["audit"] })
          if (!(yield* workplace.worksHere)) yield* tellOfWrites(store, workplace.jobs)
          return yield* audited(options, store, workplace, server, given)
        })
      )
    }
    const server = yield* withPermissions({ ...options, keyless: true }, [], ({ server }) => Effect.succeed(server))
    const workplace = yield* store._tag === "Sqlite" ? keyless(name, store) : elsewhere(store)
    return yield* audited(options, store, workplace, server, given)
  }).pipe(Effect.scoped)
