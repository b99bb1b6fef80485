/**
 * `checkpoint-permissions apply`: makes access as a policy or a plan says.
 *
 * @since 0.1.0
 */

import * as Access from "@checkpoint-permissions/access/Access"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { applyPlan, openFiles, showOnly, withLimit } from "../internal/apply/apply.ts"
import { applyLockOptions, hold } from "../internal/apply/locking.ts"
import { applyOptions } from "../internal/apply/options.ts"
import { refused, wrongUse } from "../internal/failure.ts"
import { readDocument } from "../internal/input/document.ts"
import { file, maxSnapshotAge, option, optional, policyFiles, sha256 } from "../internal/input/option.ts"
import { checkpointsOf, loadPolicy } from "../internal/input/saved.ts"
import { described, type Given } from "../internal/run.ts"
import { planOf } from "../internal/server/reading.ts"
import { fakeUrl, rate, serverOptions, withPermissions } from "../internal/server/server.ts"

const config = {
  file: policyFiles,
  plan: file("plan", "A plan that plan --out saved, instead of --file."),
  sha256: option("sha256", "digest", sha256).pipe(optional("With --plan: only this very file, as plan printed it.")),
  ...applyOptions,
  maxSnapshotAge,
  rate,
  ...applyLockOptions,
  ...serverOptions
}

type ApplyOptions = Given<typeof config>

const run = Effect.fnUntraced(function* (given: ApplyOptions) {
  const options = yield* withLimit(given)
  const fromPlan = Option.isSome(options.plan)
  if (fromPlan === options.file.length > 0) {
    return yield* wrongUse("pass --file <policy> or --plan <plan.json>, one of them")
  }
  if (Option.isSome(options.sha256) && !fromPlan) {
    return yield* wrongUse("--sha256 is the digest of a plan file: pass --plan too")
  }
  const source = yield* Option.match(options.plan, {
    onNone: () => Effect.map(loadPolicy(options.file), (policy) => ({ policy, plan: undefined })),
    onSome: (path) =>
      readDocument("plan", path, ["plan"]).pipe(
        Effect.flatMap(({ text }) => AccessPlan.fromJson(text, { sha256: Option.getOrUndefined(options.sha256) })),
        Effect.filterOrFail(
          (plan) => options.fake || plan.apiUrl !== fakeUrl,
          () => refused("apply: the plan was made with --fake: plan anew without it")
        ),
        Effect.map((plan) => ({ policy: plan.policy, plan }))
      )
  })
  const checkpoints = yield* checkpointsOf(source.policy)
  if (options.dryRun) {
    return yield* withPermissions(options, checkpoints, (_, connection) =>
      Effect.gen(function* () {
        const plan = source.plan ?? (yield* planOf(source.policy, connection))
        yield* Access.checkPlan(plan)
        yield* showOnly("apply", options, plan)
      })
    )
  }
  return yield* withPermissions(options, checkpoints, (permissions, connection) =>
    Effect.gen(function* () {
      yield* hold("apply", options, permissions.server)
      const { journal } = yield* openFiles(options)
      return { journal, plan: source.plan ?? (yield* planOf(source.policy, connection)) }
    }).pipe((prepare) => Effect.scoped(applyPlan("apply", options, prepare, { loaded: fromPlan })))
  )
})

/**
 * @category commands
 * @since 0.1.0
 */
export const apply = described("apply", config, run, {
  summary: "Make access as a policy or a saved plan says.",
  details: [
    "Shows the plan and asks; without a terminal it needs --yes. Grants come first, then revokes. Ctrl-C, SIGTERM and --max-duration let what is in flight finish and say what is left; the same command again reads every checkpoint anew and does the rest. A second Ctrl-C stops at once.",
    "Exits with 4 if only a part is done, with 5 if it is refused: too many revokes, not confirmed, another server, a checkpoint that somebody else changed since the plan, or another apply that runs on this machine."
  ],
  examples: {
    "apply -f policy.yaml": "shows the difference, and asks",
    "apply --plan plan.json --yes --max-revokes 25": "in CI, what was reviewed"
  }
})
