/**
 * `checkpoint-permissions plan`: shows the changes that a policy requires.
 *
 * @since 0.1.0
 */

import * as Access from "@checkpoint-permissions/access/Access"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { pluralize, visibleJson } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { baseOf, needsNothing, planPolicy } from "../internal/apply/planning.ts"
import { incomplete, pending } from "../internal/failure.ts"
import * as documents from "../internal/input/document.ts"
import { flag, formOf, texts } from "../internal/input/option.ts"
import { force, out, planFormat, policyFiles, rate, serverOptions } from "../internal/input/options.ts"
import { caveats } from "../internal/output/audit.ts"
import * as output from "../internal/output/file.ts"
import * as difference from "../internal/output/plan.ts"
import { defineCommand, type OptionsOf } from "../internal/run.ts"
import { withPermissions } from "../internal/server/server.ts"
import * as Screen from "../internal/terminal/screen.ts"

const config = {
  file: policyFiles,
  changed: texts(
    "changed",
    "base",
    "Plan only what differs from this base policy, such as that of the main branch, and access that has ended. Several files are one policy; a missing file is empty."
  ),
  out: out("Save the plan in this file, for apply.", "an existing plan"),
  force,
  json: flag("json", "Print the plan as JSON."),
  exitCode: flag("exit-code", "Exit with 3 if there are changes."),
  format: planFormat,
  rate,
  ...serverOptions
}

const run = Effect.fnUntraced(function* (options: OptionsOf<typeof config>) {
  const screen = yield* Screen.Screen
  const form = yield* formOf(options, "text")
  const sources = yield* documents.sourcesOf(options.file)
  const policy = yield* AccessPolicy.merge(sources)
  const base = yield* baseOf(options.changed)
  const target = yield* output.targetOf(options, "plan file", "plan")
  const wanted = { policy, sources, part: base && { base } }
  const keyless = yield* needsNothing(wanted)
  const checkpoints = yield* documents.checkpointsOf(policy)
  yield* withPermissions({ ...options, keyless }, checkpoints, (_, connection) =>
    Effect.gen(function* () {
      const { names, plan } = yield* planPolicy("plan", connection, wanted)
      yield* connection.time.report
      const json = yield* AccessPlan.toJson(plan)
      const sha256 = Option.isSome(target) ? yield* AccessPlan.sha256Of(plan) : undefined
      // Applying the saved plan reads every checkpoint again.
      const estimate = yield* Access.estimate({ ...plan, snapshots: undefined })
      if (form === "json") yield* Effect.forEach(caveats(plan), screen.warn)
      const unread = pluralize(plan.counts.unread, "checkpoint")
      yield* output.deliverResult(target, {
        text: json,
        shown: {
          json: () => visibleJson(json),
          markdown: () => difference.markdown(plan, { estimate, names, sha256 }),
          text: () => difference.text(plan, screen.out, { estimate, names, sha256 })
        }[form](),
        incomplete:
          plan.counts.unread === 0
            ? undefined
            : incomplete(`plan: ${unread} could not be read: no changes planned there`)
      })
      if (options.exitCode && !AccessPlan.isEmpty(plan)) return yield* pending
    })
  )
})

/** @category commands */
export const plan = defineCommand("plan", config, run, {
  summary: "Show the changes of a policy, without making them.",
  details: [
    "Reads each checkpoint of the policy; a read-only key is enough. Exits with 4 if a checkpoint could not be read. Without --file, the policy is access/policy.yaml."
  ],
  examples: {
    "plan -f policy.yaml": "the changes",
    "plan -f policy.yaml -o plan.json --format markdown": "saved for apply, and shown for a review",
    "plan -f policy.yaml --changed main.yaml": "only differences from main.yaml"
  }
})
