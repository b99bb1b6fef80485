/**
 * `checkpoint-permissions validate`: validates a policy.
 *
 * @since 0.1.0
 */

import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { pluralize, printable } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import { sourcesOf } from "../internal/input/document.ts"
import { policyFiles } from "../internal/input/options.ts"
import { defineCommand, type OptionsOf } from "../internal/run.ts"
import * as Screen from "../internal/terminal/screen.ts"

const config = { file: policyFiles }

const run = Effect.fnUntraced(function* (options: OptionsOf<typeof config>) {
  const sources = yield* sourcesOf(options.file)
  const resolved = yield* Effect.flatMap(AccessPolicy.merge(sources), AccessPolicy.resolve)
  const projects = new Set<string>(resolved.flatMap((one) => one.projects))
  const files = sources.map(({ file }) => printable(file)).join(", ")
  yield* Screen.print(
    `${files}: valid, ${pluralize(resolved.length, "checkpoint")} and ${pluralize(projects.size, "project")}\n`
  )
})

/** @category commands */
export const validate = defineCommand("validate", config, run, {
  summary: "Validate a policy, without key and network.",
  details: [
    "Prints each error with its file, line and column, and exits with 2. plan also checks that the projects exist."
  ],
  examples: { "validate -f policy.yaml": "before a commit" }
})
