/**
 * `checkpoint-permissions diff`: compares two saved audits.
 *
 * @since 0.1.0
 */

import * as AccessDiff from "@checkpoint-permissions/access/AccessDiff"
import { pluralize } from "@checkpoint-permissions/protocol/text"
import * as Args from "@effect/cli/Args"
import * as Effect from "effect/Effect"
import { incomplete, pending } from "../internal/failure.ts"
import { loadAudit } from "../internal/input/document.ts"
import { flag, formOf } from "../internal/input/option.ts"
import { planFormat } from "../internal/input/options.ts"
import { caveats } from "../internal/output/audit.ts"
import { defineCommand, type OptionsOf } from "../internal/run.ts"
import * as Screen from "../internal/terminal/screen.ts"

const audit = (name: string) =>
  Args.text({ name }).pipe(Args.withDescription(`The ${name} audit, saved as JSON; - for standard input.`))

const config = {
  older: audit("older"),
  newer: audit("newer"),
  format: planFormat,
  json: flag("json", "Print the difference as JSON.")
}

const run = Effect.fnUntraced(function* (options: OptionsOf<typeof config>) {
  const screen = yield* Screen.Screen
  const form = yield* formOf(options, "text")
  const older = yield* loadAudit(options.older)
  const newer = yield* loadAudit(options.newer)
  for (const [which, matrix] of [
    ["older", older],
    ["newer", newer]
  ] as const) {
    for (const caveat of caveats(matrix)) yield* screen.warn(`${which} audit: ${caveat}`)
  }
  const diff = yield* AccessDiff.make(older, newer)
  const text = () => AccessDiff.toText(diff, screen.table)
  yield* screen.print({ json: AccessDiff.toJson, markdown: AccessDiff.toMarkdown, text }[form](diff))
  if (AccessDiff.hasUnknown(diff)) {
    const unknown = diff.checkpoints.filter(({ unknown }) => Object.keys(unknown).length > 0).length
    return yield* incomplete(`diff: ${pluralize(unknown, "checkpoint")} incomplete in at least one audit`)
  }
  if (!AccessDiff.isEmpty(diff)) return yield* pending
})

/** @category commands */
export const diff = defineCommand("diff", config, run, {
  summary: "Compare two saved audits.",
  details: ["Needs no server. Exits with 4 if an audit is incomplete, else with 3 if they differ, else with 0."],
  examples: {
    "diff monday.json tuesday.json": "two files of audit --json",
    "diff old.json new.json --format markdown": "for a review"
  }
})
