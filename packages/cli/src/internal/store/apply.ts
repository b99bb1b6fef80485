/** `apply --store`: plans and asks here, and hands the confirmed plan to the workers of a store. */

import * as Access from "@checkpoint-permissions/access/Access"
import type { AccessPlan } from "@checkpoint-permissions/access/AccessPlan"
import type { AccessPolicy } from "@checkpoint-permissions/access/AccessPolicy"
import { oneLine } from "@checkpoint-permissions/access/TerminalText"
import * as Jobs from "@checkpoint-permissions/cluster/Jobs"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { actorOf, backupOf, confirmPlan, limitOf, writeBackup } from "../apply/apply.ts"
import type { ApplyOptions } from "../apply/options.ts"
import * as Tally from "../apply/tally.ts"
import { checkpointsOf } from "../input/policy.ts"
import type { ServerOptions } from "../server/options.ts"
import { planOf } from "../server/reading.ts"
import { withPermissions } from "../server/server.ts"
import * as Locks from "../state/locks.ts"
import { stoppable } from "../terminal/interruption.ts"
import * as Screen from "../terminal/screen.ts"
import { jsonLine } from "../terminal/text.ts"
import type { Rate } from "../terminal/time.ts"
import type { StoreAddress } from "./address.ts"
import { goesOn, stopping, tell, unlessBegun, verdict, whenStopped } from "./follow.ts"
import { hasKey, here, keyless, type Workplace } from "./here.ts"
import { postgres } from "./open.ts"
import * as pace from "./pace.ts"

export interface Options extends ApplyOptions, ServerOptions, Locks.Options {
  readonly rate: Option.Option<Rate>
}

type Source =
  | { readonly policy: AccessPolicy; readonly plan: undefined }
  | { readonly policy: AccessPolicy; readonly plan: AccessPlan }

const name = "apply"

const confirm = Effect.fnUntraced(function* (
  options: Options,
  plan: AccessPlan,
  estimate: Access.Estimate | undefined
) {
  yield* confirmPlan(name, options, { plan }, estimate)
  if (Option.isNone(options.backup)) return
  yield* writeBackup(yield* backupOf(name, options.backup.value), plan)
})

/** Submits a confirmed plan and follows it. While this process works on the jobs itself, they wait when it ends. */
const handOver = Effect.fnUntraced(function* (
  options: Options,
  store: StoreAddress,
  plan: AccessPlan,
  workplace: Workplace
) {
  const { jobs } = workplace
  const screen = yield* Screen.Screen
  const actor = yield* actorOf(options)
  return yield* stoppable(options, stopping(name, workplace), (stop, signal) =>
    Effect.gen(function* () {
      const { job, joined } = yield* jobs.submit(plan, { actor, maxRevokes: limitOf(options) })
      yield* screen.complain(
        joined
          ? `${name}: job ${job.id}, which ${oneLine(job.actor ?? "unknown")} submitted, wants the same already: it goes on with what was confirmed then`
          : `${name}: job ${job.id} is in ${store.name}`
      )
      const told = tell(name, job, unlessBegun(name, job, store.name)(jobs.follow(job.id)), {
        json: options.json,
        policy: plan.policy
      })
      const stopped = whenStopped(name, job, store.name, workplace, actor, { stop, signal })
      const result = yield* told.pipe(goesOn(name, job, store.name), Effect.raceFirst(stopped))
      if (options.json) {
        yield* screen.print(
          jsonLine({ _tag: "Summary", job: job.id, outcome: result.ended?.outcome, ...Tally.numbers(result.tally) })
        )
      }
      const wrong = verdict(name, job, plan, result, signal())
      if (Option.isSome(wrong)) return yield* Effect.fail(wrong.value)
      if (!options.json) yield* screen.print(`${screen.out.green("✓")} ${Tally.summary(result.tally, plan)}.\n`)
    })
  )
})

/** Reads, plans and asks with the key of the caller. */
const planned = (options: Options, source: Source) =>
  Effect.gen(function* () {
    const plan = source.plan ?? (yield* planOf(source.policy))
    yield* Access.checkPlan(plan)
    // Workers read every checkpoint, also one that this process has just read.
    yield* confirm(options, plan, yield* Access.estimate({ ...plan }))
    return plan
  })

const inPostgres = (options: Options, store: Extract<StoreAddress, { _tag: "Postgres" }>, source: Source) =>
  Effect.gen(function* () {
    const database = yield* Layer.build(postgres(store))
    return yield* Effect.gen(function* () {
      const jobs = yield* Effect.provide(Jobs.Jobs, yield* Layer.build(Jobs.layer()))
      const workplace = { jobs, worksHere: Effect.succeed(false) }
      if (source.plan !== undefined) {
        yield* confirm(options, source.plan, undefined)
        return yield* handOver(options, store, source.plan, workplace)
      }
      const pacing = yield* pace.ofDatabase({ rate: options.rate })
      const checkpoints = yield* checkpointsOf(source.policy)
      const plan = yield* withPermissions({ ...options, pacing, refusesFake: true }, checkpoints, () =>
        planned(options, source)
      )
      return yield* handOver(options, store, plan, workplace)
    }).pipe(Effect.provide(database))
  })

/** With a key this process works on the job, unless another one works on the file already. */
const inFile = (options: Options, store: Extract<StoreAddress, { _tag: "Sqlite" }>, source: Source) =>
  Effect.gen(function* () {
    if (source.plan !== undefined && !(yield* hasKey(options))) {
      const { plan } = source
      yield* confirm(options, plan, undefined)
      return yield* handOver(options, store, plan, yield* keyless(name, store))
    }
    const checkpoints = yield* checkpointsOf(source.policy)
    return yield* withPermissions({ ...options, refusesFake: true }, checkpoints, (permissions) =>
      Effect.gen(function* () {
        const plan = yield* planned(options, source)
        const { locks } = yield* Locks.checkpointsOf(name, options, permissions.server)
        return yield* handOver(options, store, plan, yield* here(name, store, { locks }))
      })
    )
  })

/** Submits the plan of a policy, or a saved one, which needs no key, and follows it to its end. */
export const applyInStore = (options: Options, store: StoreAddress, source: Source) =>
  Effect.gen(function* () {
    return yield* store._tag === "Postgres" ? inPostgres(options, store, source) : inFile(options, store, source)
  }).pipe(
    Effect.scoped,
    // a signal interrupts only what comes before the submission
    Effect.onInterrupt(() =>
      Effect.flatMap(Screen.Screen, (screen) =>
        screen.complain(`checkpoint-permissions: ${name}: interrupted before anything was submitted`)
      )
    )
  )
