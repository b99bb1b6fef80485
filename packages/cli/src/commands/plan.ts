/** `checkpoint-permissions plan`: shows the changes that a policy requires. */

import * as Access from "@checkpoint-permissions/access/Access"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { visibleJson } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as planning from "../internal/apply/planning.ts"
import { pending, wrongUse } from "../internal/command/failure.ts"
import { defineCommand, type OptionsOf } from "../internal/command/run.ts"
import { readCommits } from "../internal/git/commits.ts"
import * as documents from "../internal/input/document.ts"
import { inDocument, readDocument } from "../internal/input/document.ts"
import { file as fileOption, firstGiven, flag, formOf, texts } from "../internal/input/option.ts"
import {
  force,
  maxDuration,
  out,
  planFormat,
  policyFiles,
  rate,
  serverOptions,
  sinceOption
} from "../internal/input/options.ts"
import { caveats } from "../internal/output/audit.ts"
import * as output from "../internal/output/file.ts"
import { details } from "../internal/output/plan.ts"
import { type Connection, withPermissions } from "../internal/server/server.ts"
import { stoppable } from "../internal/terminal/interruption.ts"
import * as Screen from "../internal/terminal/screen.ts"

const config = {
  file: policyFiles,
  changed: texts(
    "changed",
    "base",
    "Plan only entries that differ from this base policy. Several files, or those of a folder, are one policy; a missing one is empty, with a warning."
  ),
  since: sinceOption("Plan"),
  all: flag("all", "With --since: make every difference a step, also those that an apply of the commits leaves out."),
  checkpoints: texts("checkpoint", "checkpoint", "With --all: only this checkpoint."),
  undo: fileOption("undo", "Plan the inverse of the changes in a journal, or in the JSON of history."),
  out: out("Save the plan in this file, for apply.", "an existing plan"),
  force,
  json: flag("json", "Print the plan as JSON."),
  exitCode: flag("exit-code", "Exit with 3 if there are changes."),
  format: planFormat,
  maxDuration,
  rate,
  ...serverOptions
}

type PlanOptions = OptionsOf<typeof config>

/** Returns the policy, and the effect that plans it: all of it, what differs from a base, or what commits ask for. */
const sourceOf = Effect.fnUntraced(function* (
  options: PlanOptions,
  diagnostics: Pick<planning.Wanted, "onDiagnostics">
) {
  const { all, changed, checkpoints, file, since, undo } = options
  if (Option.isSome(undo)) {
    const clash = firstGiven(options, "file", "changed", "since", "all", "checkpoints")
    if (clash !== undefined) return yield* wrongUse(`${clash} cannot be combined with --undo`)
    const document = yield* readDocument("changes", undo.value, ["journal", "history"])
    const changes = yield* inDocument(document)(AccessPlan.readUndo(document.text))
    return {
      ids: AccessPlan.undoneCheckpoints(changes),
      keyless: false,
      planned: (connection: Connection, stop: Effect.Effect<unknown>) => planning.planUndo(connection, changes, stop)
    }
  }
  if (all && Option.isNone(since)) return yield* wrongUse("--all requires --since")
  if (checkpoints.length > 0 && !all) return yield* wrongUse("--checkpoint requires --all")
  if (Option.isSome(since)) {
    if (changed.length > 0) return yield* wrongUse("--changed cannot be combined with --since")
    const commits = yield* readCommits(file, since.value)
    const part = { all: all ? checkpoints : undefined }
    return {
      ids: yield* documents.checkpointsOf(commits.changes.policy),
      keyless: yield* planning.needsNothing(planning.wantedBy(commits, part)),
      planned: (connection: Connection, stop: Effect.Effect<unknown>) =>
        planning.planCommits("plan", connection, commits, { ...part, stop })
    }
  }
  const sources = yield* documents.sourcesOf(file)
  const merged = AccessPolicy.merge(sources)
  const policy = yield* diagnostics.onDiagnostics === undefined ? merged : documents.withDiagnostics(merged)
  const read = yield* planning.baseOf(changed)
  const scopeOn =
    read &&
    (() =>
      Either.map(AccessPlan.scopeOf(policy, read.base), (scope) =>
        read.isValid ? scope : { ...scope, invalidBase: true as const }
      ))
  const wanted = { policy, sources, scopeOn, ...diagnostics }
  return {
    ids: yield* documents.checkpointsOf(policy),
    keyless: yield* planning.needsNothing(wanted),
    planned: Effect.fnUntraced(function* (connection: Connection, stop: Effect.Effect<unknown>) {
      const { plan, ...checked } = yield* planning.planPolicy("plan", connection, { ...wanted, stop })
      if (read === undefined) return { ...checked, plan }
      return { ...checked, plan: yield* AccessPlan.withUnexplained(plan, read.isValid ? read.base : policy) }
    })
  }
})

const run = Effect.fnUntraced(function* (options: PlanOptions) {
  const screen = yield* Screen.Screen
  const form = yield* formOf(options, "text")
  const onDiagnostics = (all: ReadonlyArray<AccessPolicy.Diagnostic>) => screen.print(documents.diagnosticsJson(all))
  const [{ ids, keyless, planned }, baseWarnings] = yield* Screen.withWarnings(
    sourceOf(options, form === "json" ? { onDiagnostics } : {})
  )
  const target = yield* output.targetOf(options, "plan file", "plan")
  yield* withPermissions({ ...options, keyless }, ids, (_, connection) =>
    stoppable("plan", "printing partial results", options, (stop, signal) =>
      Effect.gen(function* () {
        const [{ plan, ...checked }, warnings] = yield* Screen.withWarnings(
          planned(connection, stop).pipe(
            Effect.zipLeft(connection.time.report),
            Effect.tap(({ plan }) => planning.reportNames(plan))
          )
        )
        yield* planning.reportLeftOut("plan", plan)
        const json = yield* AccessPlan.toJson(plan)
        const sha256 = Option.isSome(target) ? yield* AccessPlan.sha256Of(plan) : undefined
        // Applying the saved plan reads every checkpoint again.
        const estimate = yield* Access.estimate({ ...plan, snapshots: undefined })
        if (form === "json") yield* Effect.forEach(caveats(plan), screen.warn)
        const { names, unchecked } = checked
        const shown = { estimate, names, sha256 }
        yield* output.deliverResult(target, {
          text: json,
          shown: {
            json: () => visibleJson(json),
            markdown: () =>
              AccessPlan.toMarkdown(plan, details(plan, { ...shown, warnings: [...baseWarnings, ...warnings] })),
            text: () => AccessPlan.toText(plan, details(plan, { ...shown, color: screen.out.color, unchecked }))
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
    "plan -f policy.yaml --changed main.yaml": "only differences from main.yaml",
    "plan --undo access.journal -o undo.json": "the inverse of what an apply changed",
    "plan --since 3f9c2d1": "what apply --since makes, and what it leaves out"
  }
})
