/** `apply --store`: plans and asks here, and hands the confirmed plan to the workers of a store. */

import * as Access from "@checkpoint-permissions/access/Access"
import type { AccessPlan } from "@checkpoint-permissions/access/AccessPlan"
import type { AccessPolicy } from "@checkpoint-permissions/access/AccessPolicy"
import { oneLine } from "@checkpoint-permissions/access/TerminalText"
import type * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { actorOf, confirmPlan, limitOf, openFiles, writeBackup } from "../apply/apply.ts"
import type { ApplyOptions } from "../apply/options.ts"
import * as Tally from "../apply/tally.ts"
import { planOf } from "../server/reading.ts"
import { type ServerOptions, withPermissions } from "../server/server.ts"
import * as Locks from "../state/locks.ts"
import * as Screen from "../terminal/screen.ts"
import { jsonLine } from "../terminal/style.ts"
import type { Rate } from "../terminal/time.ts"
import type { StoreAddress } from "./address.ts"
import { submitted, tell, verdict } from "./follow.ts"
import { elsewhere, hasKey, postgres, type Workplace, workedOn } from "./open.ts"
import * as pace from "./pace.ts"

export interface Options extends ApplyOptions, ServerOptions, Locks.Options {
  readonly rate: Option.Option<Rate>
}

interface Source {
  readonly policy: AccessPolicy
  /** The one that was saved; otherwise it is made. */
  readonly plan: AccessPlan | undefined
}

const name = "apply"

const confirm = (options: Options, plan: AccessPlan, estimate: Access.Estimate | undefined) =>
  Effect.zipRight(confirmPlan(name, options, { plan }, estimate), writeBackup(name, options, plan))

/** Submits a confirmed plan and follows it. While this process works on the jobs itself, they wait when it ends. */
const handOver = Effect.fnUntraced(function* (
  { json, ...options }: Options,
  store: StoreAddress,
  plan: AccessPlan,
  workplace: Workplace
) {
  const screen = yield* Screen.Screen
  const actor = yield* actorOf(options)
  const submit = Effect.gen(function* () {
    const { job, joined } = yield* workplace.jobs.submit(plan, { actor, maxRevokes: limitOf(options) })
    yield* Screen.complain(
      joined
        ? `${name}: job ${job.id}, which ${oneLine(job.actor ?? "unknown")} submitted, wants the same already: it goes on with what was confirmed then`
        : `${name}: job ${job.id} is in ${store.name}`
    )
    return job
  })
  return yield* submitted(name, { ...options, store, workplace, actor }, submit, (job, events, signal) =>
    Effect.gen(function* () {
      const result = yield* tell(name, job, events, { json, policy: plan.policy })
      const { ended, tally } = result
      if (json) {
        yield* screen.print(
          jsonLine({ _tag: "Summary", job: job.id, outcome: ended?.outcome, ...Tally.numbers(tally) })
        )
      }
      const wrong = verdict(name, job, result, plan, signal())
      if (Option.isSome(wrong)) return yield* Effect.fail(wrong.value)
      if (!json) yield* screen.print(`${screen.out.green("✓")} ${Tally.summary(tally, plan)}.\n`)
    })
  )
})

/** The pace of a server, and who works on its jobs. With a key this process does so on a file, unless another one does. */
const opened = Effect.fnUntraced(function* (options: Options, store: StoreAddress) {
  if (store._tag === "Sqlite") {
    const worksHere = (server: CheckpointPermissions.Server) =>
      Effect.flatMap(Locks.checkpointsOf(name, options, server), ({ locks }) => workedOn(name, store, { locks }))
    return { pacing: undefined, workplaceOf: worksHere }
  }
  const workplace = yield* elsewhere(name, store)
  const pacing = yield* pace.make(options, yield* Layer.build(postgres(store)))
  return { pacing, workplaceOf: () => Effect.succeed({ workplace }) }
})

/**
 * Submits the plan of a policy, or a saved one, which needs no key, and follows it to its end.
 */
export const applyInStore = (options: Options, store: StoreAddress, source: Source) =>
  Effect.gen(function* () {
    const { plan: saved, policy } = source
    yield* openFiles({ backup: options.backup, journal: Option.none() })
    if (saved !== undefined && (store._tag === "Postgres" || !(yield* hasKey(options)))) {
      const workplace = yield* elsewhere(name, store)
      yield* confirm(options, saved, undefined)
      return yield* handOver(options, store, saved, workplace)
    }
    const { pacing, workplaceOf } = yield* opened(options, store)
    return yield* withPermissions({ ...options, pacing, refusesFake: true }, [], ({ server }) =>
      Effect.gen(function* () {
        const plan = saved ?? (yield* planOf(policy))
        yield* Access.checkPlan(plan)
        // Workers read every checkpoint, also one that this process has just read.
        yield* confirm(options, plan, yield* Access.estimate({ ...plan }))
        const { workplace } = yield* workplaceOf(server)
        return yield* handOver(options, store, plan, workplace)
      })
    )
  }).pipe(
    Effect.scoped,
    // a signal interrupts only what comes before the submission
    Effect.onInterrupt(() =>
      Screen.complain(`checkpoint-permissions: ${name}: interrupted before anything was submitted`)
    )
  )
