/**
 * `checkpoint-permissions apply`: applies a policy or a saved plan.
 *
 * @since 0.1.0
 */

import * as Access from "@checkpoint-permissions/access/Access"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as Args from "@effect/cli/Args"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { applyPlan, openFiles, showOnly, withLimit } from "../internal/apply/apply.ts"
import { acquireLock, applyLockOptions } from "../internal/apply/locking.ts"
import { applyOptions } from "../internal/apply/options.ts"
import { checkSaved, planPolicy, scopedBy } from "../internal/apply/planning.ts"
import { refused, wrongUse } from "../internal/failure.ts"
import { readDocument } from "../internal/input/document.ts"
import { firstGiven, flag, maxSnapshotAge, option, optional, policyFiles, sha256 } from "../internal/input/option.ts"
import { checkpointsOf, sourcesOf } from "../internal/input/saved.ts"
import { defineCommand, type OptionsOf } from "../internal/run.ts"
import { type Connection, fakeUrl, rate, serverOptions, withPermissions } from "../internal/server/server.ts"

const config = {
  plan: Args.text({ name: "plan.json" }).pipe(
    Args.withDescription("A plan that plan --out saved, instead of a policy."),
    Args.optional
  ),
  file: policyFiles,
  sha256: option("sha256", "digest", sha256).pipe(
    optional("With a saved plan: only this very file, as plan printed it.")
  ),
  ended: flag("ended", "Revoke only access that has ended (until), for a schedule."),
  ...applyOptions,
  maxSnapshotAge,
  rate,
  ...applyLockOptions,
  ...serverOptions
}

type ApplyOptions = OptionsOf<typeof config>

const loadPlan = (path: string, { fake, sha256 }: ApplyOptions) =>
  readDocument("plan", path, ["plan"]).pipe(
    Effect.flatMap(({ text }) => AccessPlan.fromJson(text, { sha256: Option.getOrUndefined(sha256) })),
    Effect.filterOrFail(
      (plan) => fake || plan.apiUrl !== fakeUrl,
      () => refused("apply: the plan was made with --fake: plan anew without it")
    )
  )

/** Returns the policy, and the effect that makes its plan or checks the saved one. */
const sourceOf = Effect.fnUntraced(function* (options: ApplyOptions) {
  if (Option.isSome(options.plan)) {
    const clash = firstGiven(options, "file", "ended")
    if (clash !== undefined) return yield* wrongUse(`a saved plan holds its policy: leave out ${clash}, or the plan`)
    const plan = yield* loadPlan(options.plan.value, options)
    return {
      policy: plan.policy,
      planned: (connection: Connection) => Effect.as(checkSaved(connection, plan), plan),
      saved: plan
    }
  }
  if (Option.isSome(options.sha256)) {
    return yield* wrongUse("--sha256 is the digest of a plan file: pass the plan too")
  }
  const sources = yield* sourcesOf(options.file)
  const policy = yield* AccessPolicy.merge(sources)
  const wanted = { policy, sources, scopeAt: options.ended ? scopedBy(policy, undefined) : undefined }
  return { policy, planned: (connection: Connection) => planPolicy("apply", connection, wanted), saved: undefined }
})

const run = Effect.fnUntraced(function* (given: ApplyOptions) {
  const options = yield* withLimit(given)
  const { planned, policy, saved } = yield* sourceOf(options)
  const checkpoints = yield* checkpointsOf(policy)
  yield* withPermissions(options, checkpoints, ({ server }, connection) => {
    if (options.dryRun) {
      return Effect.gen(function* () {
        if (saved !== undefined) yield* Access.checkPlan(saved)
        yield* showOnly("apply", options, yield* planned(connection))
      })
    }
    const prepare = Effect.gen(function* () {
      yield* acquireLock("apply", options, server)
      const files = yield* openFiles(options)
      if (saved !== undefined) yield* Access.checkPlan(saved)
      const plan = yield* planned(connection)
      yield* connection.time.report
      return { ...files, plan }
    })
    return Effect.scoped(applyPlan("apply", options, prepare, { loaded: saved !== undefined }))
  })
})

/**
 * @category commands
 * @since 0.1.0
 */
export const apply = defineCommand("apply", config, run, {
  summary: "Apply a policy or a saved plan.",
  details: [
    "Shows the plan and asks; without a terminal it needs --yes. Grants come first, then revokes. Ctrl-C, SIGTERM and --max-duration let what is in flight finish; the same command again does the rest. A second Ctrl-C stops immediately.",
    "--out saves the executed plan with the access before, which show --before prints as a policy. Until the end it is in <file>.partial.",
    "Exits with 4 if only a part is done, with 5 if it is refused: too many revokes, not confirmed, another server, a checkpoint that changed since the plan, or another apply on this machine."
  ],
  examples: {
    "apply -f policy.yaml": "shows the difference, and asks",
    "apply plan.json --yes --max-revokes 25": "in CI, a plan that was reviewed",
    "apply --ended --yes": "revokes what has ended, on a schedule"
  }
})
