/** The commands that read only files: `checkpoint-permissions show` and `validate`. */

import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as AccessReview from "@checkpoint-permissions/access/AccessReview"
import { pluralize, printable, visibleJson } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { defineCommand, type OptionsOf } from "../internal/command/run.ts"
import { diagnosticsJson, inDocument, readDocument, sourcesOf, withDiagnostics } from "../internal/input/document.ts"
import { formOf, oneOf, option, optional, textArgument } from "../internal/input/option.ts"
import { json, planFormat, policyFiles } from "../internal/input/options.ts"
import { details } from "../internal/output/plan.ts"
import * as Screen from "../internal/terminal/screen.ts"

const showing = {
  plan: textArgument("plan.json", "A plan that plan or apply saved; - for standard input."),
  format: planFormat,
  json
}

const showPlan = Effect.fnUntraced(function* ({ plan: path, ...options }: OptionsOf<typeof showing>) {
  const screen = yield* Screen.Screen
  const form = yield* formOf(options, "text")
  const document = yield* readDocument("plan", path, ["plan"])
  const plan = yield* inDocument(document)(AccessPlan.fromJson(document.text))
  const sha256 = yield* AccessPlan.sha256Of(plan)
  const shown = {
    json: () => visibleJson(document.text),
    markdown: () => AccessPlan.toMarkdown(plan, details(plan, { sha256 })),
    text: () => AccessPlan.toText(plan, details(plan, { color: screen.out.color, sha256 }))
  }
  yield* screen.print(shown[form]())
})

/** @category commands */
export const show = defineCommand("show", showing, showPlan, {
  summary: "Show a saved plan, without key and network.",
  examples: {
    "show plan.json": "its changes"
  }
})

const checking = {
  file: policyFiles,
  format: option("format", "form", oneOf(["text", "json"], "unknown format: pass text or json")).pipe(
    optional("text (the default), or json: the diagnostics with file, line and column.")
  )
}

const checkPolicy = Effect.fnUntraced(function* ({ file, format }: OptionsOf<typeof checking>) {
  const sources = yield* sourcesOf(file)
  const isJson = Option.contains(format, "json")
  const merged = AccessPolicy.merge(sources)
  const resolved = yield* Effect.flatMap(isJson ? withDiagnostics(merged) : merged, AccessPolicy.resolve)
  const day = DateTime.formatIsoDateUtc(yield* DateTime.now)
  const future = AccessReview.futureReviews(sources, day).map(AccessPolicy.describe)
  yield* Effect.forEach(future, (line) => Screen.warn(printable(line)))
  if (isJson) return yield* Screen.print(diagnosticsJson([]))
  const projects = new Set<string>(resolved.flatMap((one) => one.projects))
  const files = sources.map(({ file }) => printable(file)).join(", ")
  yield* Screen.print(
    `${files}: valid, ${pluralize(resolved.length, "checkpoint")} and ${pluralize(projects.size, "project")}\n`
  )
})

/** @category commands */
export const validate = defineCommand("validate", checking, checkPolicy, {
  summary: "Validate a policy, without key and network.",
  details: [
    "Prints each error with its file, line and column, and exits with 2. plan also checks that the projects exist."
  ],
  examples: { "validate -f policy.yaml": "before a commit" }
})
