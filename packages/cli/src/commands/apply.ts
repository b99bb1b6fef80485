/** `checkpoint-permissions apply`: applies a policy or a saved plan. */

import * as Access from "@checkpoint-permissions/access/Access"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as Organization from "@checkpoint-permissions/client/Organization"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { applyPlan, openFiles, showOnly, withLimits } from "../internal/apply/apply.ts"
import { baseOf, checkSaved, needsNothing, planPolicy, reportLeftOut } from "../internal/apply/planning.ts"
import { useLock } from "../internal/change/lock.ts"
import { refused, wrongUse } from "../internal/command/failure.ts"
import { defineCommand, type OptionsOf } from "../internal/command/run.ts"
import { checkpointsOf, readDocument, sourcesOf } from "../internal/input/document.ts"
import {
  firstGiven,
  formOf,
  option,
  optional,
  optionalArgument,
  parsed,
  textArgument,
  texts
} from "../internal/input/option.ts"
import { applyOptions, lockOptions, policyFiles, rate, serverOptions } from "../internal/input/options.ts"
import { type Connection, fakeUrl, withPermissions } from "../internal/server/server.ts"
import * as Screen from "../internal/terminal/screen.ts"

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
  changed: texts(
    "changed",
    "base",
    "Apply only steps that the difference from this base policy explains, and access that has ended."
  ),
  since: option(
    "since",
    "time",
    parsed((text) => Option.getOrUndefined(DateTime.make(text)), "not a time")
  ).pipe(optional("With --changed: leave out steps whose access changed on the server after this time. Default: now.")),
  ...applyOptions,
  rate,
  ...lockOptions,
  ...serverOptions
}

type ApplyOptions = OptionsOf<typeof config>

const isPart = ({ changed }: ApplyOptions): boolean => changed.length > 0

const loadPlan = (path: string, { fake, sha256 }: ApplyOptions) =>
  readDocument("plan", path, ["plan"]).pipe(
    Effect.flatMap(({ text }) => AccessPlan.fromJson(text, { sha256: Option.getOrUndefined(sha256) })),
    Effect.filterOrFail(
      (plan) => fake || plan.apiUrl !== fakeUrl,
      () => refused("apply: the plan was made with --fake: make a new plan without it")
    )
  )

/** Returns the policy, and the effect that plans the steps that its difference from a base explains. */
const changedSource = Effect.fnUntraced(function* (options: ApplyOptions) {
  const clash = firstGiven(options, "maxRevokes", "sha256")
  if (Option.isSome(options.plan)) return yield* wrongUse("--changed plans again: leave out the saved plan")
  if (clash !== undefined) return yield* wrongUse(`${clash} cannot be combined with --changed`)
  const sources = yield* sourcesOf(options.file)
  const policy = yield* AccessPolicy.merge(sources)
  const read = yield* baseOf(options.changed)
  const base = read?.isValid === true ? read.base : policy
  const since = Option.getOrElse(options.since, () => DateTime.unsafeMake(0))
  const scopeOn = (day: string) =>
    Either.flatMap(AccessPlan.scopeOf(policy, base), (scope) => AccessPlan.withEnded(scope, policy, day))
  const wanted = { policy, sources, scopeOn }
  const planned = Effect.fnUntraced(function* (connection: Connection) {
    const { plan, ...checked } = yield* planPolicy("apply", connection, wanted)
    yield* reportLeftOut("apply", plan)
    const losses = yield* AccessPlan.readLosses(since).pipe(
      Effect.provideServiceEffect(Organization.Organization, connection.organizationLists)
    )
    if (losses.failure !== undefined) {
      yield* Screen.warn(`apply: grants are left out, since the audit log was not read: ${losses.failure}`)
    }
    return { ...checked, plan: yield* AccessPlan.newest(plan, base, since, losses) }
  })
  return { policy, planned, isSaved: false, keyless: yield* needsNothing(wanted) }
})

/** Returns the policy, and the effect that makes its plan or checks the saved one. */
const sourceOf = Effect.fnUntraced(function* (options: ApplyOptions) {
  if (isPart(options)) return yield* changedSource(options)
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
  const options = yield* withLimits(given, !isPart(given))
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
    "--out saves the executed plan and the previous access, which show --before prints as a policy. While the apply runs, they are in <file>.partial.",
    "--changed applies the changes of the policy since a base, and revokes access that has ended. Access that changed on the server since then is left as it is.",
    "Exits with 4 if it is incomplete, with 5 if it is refused: too many revokes, not confirmed, another server, changed since the plan, or locked."
  ],
  examples: {
    "apply -f policy.yaml": "shows the changes, and asks",
    "apply --changed base/ --since 2027-01-31T09:00Z --yes": "in a pipeline"
  }
})
