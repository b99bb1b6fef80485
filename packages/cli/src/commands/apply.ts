/** `checkpoint-permissions apply`: applies a policy or a saved plan. */

import * as Access from "@checkpoint-permissions/access/Access"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as AppliedAccess from "@checkpoint-permissions/access/AppliedAccess"
import type { Server } from "@checkpoint-permissions/client/CheckpointPermissions"
import * as Organization from "@checkpoint-permissions/client/Organization"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { applyPlan, openFiles, showOnly, withLimits } from "../internal/apply/apply.ts"
import { useLock } from "../internal/apply/lock.ts"
import { checkSaved, needsNothing, planPolicy, reportLeftOut } from "../internal/apply/planning.ts"
import { checkRecord, checkServer, readRecord, readReviewed } from "../internal/apply/record.ts"
import { refused, wrongUse } from "../internal/failure.ts"
import { checkpointsOf, readDocument, sourcesOf } from "../internal/input/document.ts"
import {
  file,
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
import { check, removeTemporary } from "../internal/output/file.ts"
import { defineCommand, type OptionsOf } from "../internal/run.ts"
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
  state: file(
    "state",
    "Apply reviewed steps and access that has ended, by this record. Written after each checkpoint."
  ),
  reviewed: texts("reviewed", "plan", "Apply the steps of this plan that are still needed."),
  ...applyOptions,
  rate,
  ...lockOptions,
  ...serverOptions
}

type ApplyOptions = OptionsOf<typeof config>

/** Returns true if only reviewed steps are applied. */
const isReviewed = ({ reviewed, state }: ApplyOptions): boolean => Option.isSome(state) || reviewed.length > 0

const loadPlan = (path: string, { fake, sha256 }: ApplyOptions) =>
  readDocument("plan", path, ["plan"]).pipe(
    Effect.flatMap(({ text }) => AccessPlan.fromJson(text, { sha256: Option.getOrUndefined(sha256) })),
    Effect.filterOrFail(
      (plan) => fake || plan.apiUrl !== fakeUrl,
      () => refused("apply: the plan was made with --fake: make a new plan without it")
    )
  )

/** Returns the policy, and the effect that plans it and selects its reviewed steps. */
const reviewedSource = Effect.fnUntraced(function* (options: ApplyOptions) {
  const clash = firstGiven(options, "maxRevokes", "sha256")
  if (Option.isSome(options.plan))
    return yield* wrongUse("--state and --reviewed plan again: pass the saved plan as --reviewed")
  if (clash !== undefined) return yield* wrongUse(`${clash} cannot be combined with --state or --reviewed`)
  const record = yield* Effect.transposeMapOption(options.state, readRecord)
  const reviewed = yield* readReviewed(options.reviewed)
  const applied = Option.getOrUndefined(record)?.applied
  const sources = yield* sourcesOf(options.file)
  const policy = yield* AccessPolicy.merge(sources)
  const wanted = {
    policy,
    sources,
    scopeOn: (day: string) => AppliedAccess.scopeOf(policy, { applied, day, reviewed })
  }
  const planned = Effect.fnUntraced(function* (connection: Connection, server: Server) {
    if (Option.isSome(record)) yield* checkRecord("apply", record.value, server)
    yield* Effect.forEach(reviewed, (plan) => checkServer("apply", plan.name, plan, server))
    const { plan, ...checked } = yield* planPolicy("apply", connection, wanted)
    yield* reportLeftOut("apply", plan)
    const { logFrom } = AppliedAccess.select(plan, { applied, reviewed })
    const log = yield* Effect.transposeOption(Option.map(Option.fromNullable(logFrom), AppliedAccess.readLog)).pipe(
      Effect.provideServiceEffect(Organization.Organization, connection.organizationLists),
      Effect.map(Option.getOrUndefined)
    )
    const selected = AppliedAccess.select(plan, { applied, reviewed, log: log?.changes })
    if (log?.failure !== undefined) {
      yield* Screen.warn(`apply: reviewed grants not checked against the audit log: ${log.failure}`)
    }
    return { ...checked, plan: selected.plan, review: { record, selected, unchecked: log?.failure } }
  })
  return { policy, planned, isSaved: false, keyless: yield* needsNothing(wanted) }
})

/** Returns the policy, and the effect that makes its plan or checks the saved one. */
const sourceOf = Effect.fnUntraced(function* (options: ApplyOptions) {
  if (isReviewed(options)) return yield* reviewedSource(options)
  if (Option.isSome(options.format)) return yield* wrongUse("--format requires --state or --reviewed")
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
  const options = yield* withLimits(given, !isReviewed(given))
  const checkpoints = yield* checkpointsOf(policy)
  yield* withPermissions({ ...options, keyless }, checkpoints, ({ server }, connection) => {
    if (options.dryRun) return Effect.flatMap(planned(connection, server), (shown) => showOnly(options, shown))
    const prepare = Effect.gen(function* () {
      yield* Effect.withClock(useLock("apply", options, server), connection.time.machine)
      const files = yield* openFiles(options)
      const record = Option.map(options.state, (path) => ({ what: "record", path, force: true }))
      yield* Effect.transposeMapOption(record, (target) => Effect.zipRight(removeTemporary(target), check(target)))
      const shown = yield* planned(connection, server)
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
    "--state and --reviewed apply only reviewed steps, and revoke access that has ended. Other steps are left out; a new one is exit code 4.",
    "Exits with 4 if it is incomplete, with 5 if it is refused: too many revokes, not confirmed, another server, changed since the plan, or locked."
  ],
  examples: {
    "apply -f policy.yaml": "shows the changes, and asks",
    "apply --state applied.json --reviewed plan.json --yes": "in a pipeline"
  }
})
