/** `checkpoint-permissions apply`: applies a policy or a saved plan. */

import * as Access from "@checkpoint-permissions/access/Access"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { applyPlan, showOnly, withLimits } from "../internal/apply/apply.ts"
import {
  checkSaved,
  isWhole,
  needsNothing,
  planCommits,
  planPolicy,
  reportLeftOut,
  wantedBy
} from "../internal/apply/planning.ts"
import { openFiles } from "../internal/change/files.ts"
import { useLock } from "../internal/change/lock.ts"
import { refused, wrongUse } from "../internal/command/failure.ts"
import { defineCommand, type OptionsOf } from "../internal/command/run.ts"
import { readCommits } from "../internal/git/commits.ts"
import { checkpointsOf, readDocument, sourcesOf } from "../internal/input/document.ts"
import {
  file,
  firstGiven,
  formOf,
  option,
  optional,
  optionalArgument,
  parsed,
  textArgument
} from "../internal/input/option.ts"
import { applyOptions, lockOptions, policyFiles, rate, serverOptions, sinceOption } from "../internal/input/options.ts"
import { type Connection, fakeUrl, withPermissions } from "../internal/server/server.ts"

const config = {
  plan: optionalArgument(textArgument("plan.json", "A plan saved by plan --out, instead of a policy.")),
  file: policyFiles,
  sha256: option(
    "sha256",
    "digest",
    parsed(
      (text) => (/^(sha256:)?[0-9a-f]{64}$/i.test(text) ? text : undefined),
      "not a SHA-256: pass the 64 hex digits that plan printed"
    )
  ).pipe(optional("With a saved plan: its digest, as plan printed it. Any other file is refused.")),
  since: sinceOption("Apply"),
  approved: file("approved", "With --since: a plan whose steps were approved."),
  ...applyOptions,
  rate,
  ...lockOptions,
  ...serverOptions
}

type ApplyOptions = OptionsOf<typeof config>

const loadPlan = (path: string, { fake, sha256 }: Pick<ApplyOptions, "fake" | "sha256">) =>
  readDocument("plan", path, ["plan"]).pipe(
    Effect.flatMap(({ text }) => AccessPlan.fromJson(text, { sha256: Option.getOrUndefined(sha256) })),
    Effect.filterOrFail(
      (plan) => fake || plan.apiUrl !== fakeUrl,
      () => refused("apply: the plan was made with --fake: make a new plan without it")
    )
  )

/** Returns the policy at HEAD, and the effect that plans what its commits and the approved plan ask for. */
const commitsSource = Effect.fnUntraced(function* (options: ApplyOptions, since: string) {
  const clash = firstGiven(options, "plan", "sha256", "maxRevokes")
  if (clash !== undefined)
    return yield* wrongUse(`${clash.replace("--plan", "a saved plan")} cannot be combined with --since`)
  const approved = yield* Effect.transposeMapOption(options.approved, (path) => loadPlan(path, options))
  const plan = Option.getOrUndefined(approved)
  const read = yield* readCommits(options.file, since)
  // without a base, an approved plan of the whole policy is one: its commit
  const { commits: planned } = plan !== undefined && isWhole(plan) ? plan : { commits: undefined }
  const commits =
    read.changes.base === undefined && planned !== undefined ? yield* readCommits(options.file, planned.head.id) : read
  return {
    policy: commits.changes.policy,
    planned: Effect.fnUntraced(function* (connection: Connection) {
      if (plan !== undefined) {
        // the clock of this machine may be behind that of the plan
        yield* connection.askTime
        yield* Access.checkPlan(plan, { maxAge: Duration.infinity })
      }
      const planned = yield* planCommits("apply", connection, commits, { approved: plan })
      yield* reportLeftOut("apply", planned.plan)
      return planned
    }),
    isSaved: false,
    keyless: yield* needsNothing(wantedBy(commits, { approved: plan }))
  }
})

/** Returns the policy, and the effect that makes its plan or checks the saved one. */
const sourceOf = Effect.fnUntraced(function* (options: ApplyOptions) {
  if (Option.isSome(options.since)) return yield* commitsSource(options, options.since.value)
  if (Option.isSome(options.approved)) return yield* wrongUse("--approved requires --since")
  if (Option.isSome(options.plan)) {
    const clash = firstGiven(options, "file")
    if (clash !== undefined) return yield* wrongUse(`a saved plan cannot be combined with ${clash}`)
    const plan = yield* loadPlan(options.plan.value, options)
    return {
      policy: plan.policy,
      planned: (connection: Connection) =>
        Effect.gen(function* () {
          // before the first reply the clock of this machine counts, and it may be wrong
          yield* Effect.catchIf(
            Access.checkPlan(plan),
            ({ reason }) => reason === "age",
            () => Effect.void
          )
          yield* connection.askTime
          yield* Access.checkPlan(plan)
          return yield* checkSaved(connection, plan)
        }),
      isSaved: true,
      keyless: false
    }
  }
  if (Option.isSome(options.sha256)) return yield* wrongUse("--sha256 requires a saved plan")
  const sources = yield* sourcesOf(options.file)
  const policy = yield* AccessPolicy.merge(sources)
  const planned = (connection: Connection) => planPolicy("apply", connection, { policy, sources })
  return { policy, planned, isSaved: false, keyless: false }
})

const run = Effect.fnUntraced(function* (given: ApplyOptions) {
  yield* formOf(given, "text")
  const { isSaved, keyless, planned, policy } = yield* sourceOf(given)
  const options = yield* withLimits(given, Option.isNone(given.since))
  const checkpoints = yield* checkpointsOf(policy)
  yield* withPermissions({ ...options, keyless }, checkpoints, ({ server }, connection) => {
    if (options.dryRun) return Effect.flatMap(planned(connection), (shown) => showOnly(options, shown))
    const prepare = Effect.gen(function* () {
      yield* Effect.withClock(useLock("apply", options, server), connection.time.machine)
      const files = yield* openFiles(options)
      const shown = yield* planned(connection)
      yield* connection.time.report
      return { ...files, ...shown }
    })
    return Effect.scoped(applyPlan(options, prepare, isSaved))
  })
})

/** @category commands */
export const apply = defineCommand("apply", config, run, {
  usage: "[<plan.json>] [options]",
  summary: "Apply a policy or a saved plan.",
  details: [
    "Shows the plan and asks for confirmation; without a terminal it needs --yes. Grants come first, then revokes. Ctrl-C, SIGTERM and --max-duration finish requests in flight. A second Ctrl-C stops immediately.",
    "--out saves the executed plan; of an apply that is incomplete, in <file>.partial. With --journal, plan --undo plans the inverse of the changes.",
    "--since applies what the commits after it changed in the policy, and revokes access that has ended. Access that changed on the server after its commit is left as it is. Without the audit log, no access is granted.",
    "Exits with 4 if it is incomplete, with 5 if it is refused: too many revokes, not confirmed, another server, changed since the plan, or locked."
  ],
  examples: {
    "apply -f policy.yaml": "shows the changes, and asks",
    "apply --since 3f9c2d1 --yes": "in a pipeline: the commits after the last apply"
  }
})
