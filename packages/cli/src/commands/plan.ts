/** `checkpoint-permissions plan`: shows the changes that a policy requires. */

import * as Access from "@checkpoint-permissions/access/Access"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { visibleJson } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as planning from "../internal/apply/planning.ts"
import { pending } from "../internal/command/failure.ts"
import { defineCommand, type OptionsOf } from "../internal/command/run.ts"
import * as documents from "../internal/input/document.ts"
import { flag, formOf, texts } from "../internal/input/option.ts"
import { force, maxDuration, out, planFormat, policyFiles, rate, serverOptions } from "../internal/input/options.ts"
import { caveats } from "../internal/output/audit.ts"
import * as output from "../internal/output/file.ts"
import * as difference from "../internal/output/plan.ts"
import { withPermissions } from "../internal/server/server.ts"
import { stoppable } from "../internal/terminal/interruption.ts"
import * as Screen from "../internal/terminal/screen.ts"

const config = {
  file: policyFiles,
  changed: texts(
    "changed",
    "base",
    "Plan only entries that differ from this base policy, such as that of the main branch. Several files, or those of a folder, are one policy; a missing one is empty, with a warning."
  ),
  out: out("Save the plan in this file, for apply.", "an existing plan"),
  force,
  json: flag("json", "Print the plan as JSON."),
  exitCode: flag("exit-code", "Exit with 3 if there are changes."),
  format: planFormat,
  maxDuration,
  rate,
  ...serverOptions
}

/** Returns the part of the policy to plan, and the marks of its plan. */
const partOf = Effect.fnUntraced(function* ({ changed }: OptionsOf<typeof config>) {
  const read = yield* planning.baseOf(changed)
  if (read === undefined) return undefined
  const { base, isValid } = read
  return {
    scopeOn: (policy: AccessPolicy.AccessPolicy) => () =>
      Either.map(AccessPlan.scopeOf(policy, base), (scope) =>
        isValid ? scope : { ...scope, invalidBase: true as const }
      ),
    finish: (plan: AccessPlan.AccessPlan) => AccessPlan.withUnexplained(plan, isValid ? base : plan.policy)
  }
})

const run = Effect.fnUntraced(function* (options: OptionsOf<typeof config>) {
  const screen = yield* Screen.Screen
  const form = yield* formOf(options, "text")
  const sources = yield* documents.sourcesOf(options.file)
  const policy = yield* form === "json"
    ? documents.withDiagnostics(AccessPolicy.merge(sources))
    : AccessPolicy.merge(sources)
  const [part, baseWarnings] = yield* Screen.withWarnings(partOf(options))
  const target = yield* output.targetOf(options, "plan file", "plan")
  const onDiagnostics = (all: ReadonlyArray<AccessPolicy.Diagnostic>) => screen.print(documents.diagnosticsJson(all))
  const diagnostics = form === "json" ? { onDiagnostics } : {}
  const wanted = { policy, sources, scopeOn: part?.scopeOn(policy), ...diagnostics }
  const keyless = yield* planning.needsNothing(wanted)
  const checkpoints = yield* documents.checkpointsOf(policy)
  yield* withPermissions({ ...options, keyless }, checkpoints, (_, connection) =>
    stoppable("plan", "printing partial results", options, (stop, signal) =>
      Effect.gen(function* () {
        const [{ plan: planned, ...checked }, warnings] = yield* Screen.withWarnings(
          planning.planPolicy("plan", connection, { ...wanted, stop }).pipe(
            Effect.zipLeft(connection.time.report),
            Effect.tap(({ plan }) => planning.reportNames(plan))
          )
        )
        const plan = part === undefined ? planned : yield* part.finish(planned)
        yield* planning.reportLeftOut("plan", plan)
        const json = yield* AccessPlan.toJson(plan)
        const sha256 = Option.isSome(target) ? yield* AccessPlan.sha256Of(plan) : undefined
        // Applying the saved plan reads every checkpoint again.
        const estimate = yield* Access.estimate({ ...plan, snapshots: undefined })
        if (form === "json") yield* Effect.forEach(caveats(plan), screen.warn)
        const details = { ...checked, estimate, sha256 }
        yield* output.deliverResult(target, {
          text: json,
          shown: {
            json: () => visibleJson(json),
            markdown: () => difference.markdown(plan, { ...details, warnings: [...baseWarnings, ...warnings] }),
            text: () => difference.text(plan, screen.out, details)
          }[form](),
          incomplete: planning.incompletePlan("plan", plan, signal())
        })
        if (options.exitCode && !AccessPlan.isEmpty(plan)) return yield* pending
      })
    )
  )
})

/** @category commands */
export const plan = defineCommand("plan", config, run, {
  summary: "Show the changes of a policy, without making them.",
  details: [
    "Reads each checkpoint of the policy; a read-only key is enough. Exits with 4 if a checkpoint could not be read. Ctrl-C and --max-duration print partial results. Without --file, the policy is access/policy.yaml, or else the folder access."
  ],
  examples: {
    "plan -f policy.yaml": "the changes",
    "plan -f policy.yaml -o plan.json --format markdown": "saved for apply, and shown for a review",
    "plan -f policy.yaml --changed main.yaml": "only differences from main.yaml"
  }
})
