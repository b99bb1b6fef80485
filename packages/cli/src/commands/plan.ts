/**
 * `checkpoint-permissions plan`: what a policy would change.
 *
 * @since 0.1.0
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Schema from "effect/Schema"
import { described } from "../internal/described.ts"
import { lazily } from "../internal/lazily.ts"
import { force, option, out, policyFiles } from "../internal/parameters.ts"
import { rate, serverOptions } from "../internal/serverOptions.ts"

const Format = Schema.Literal("text", "markdown").annotations({
  message: () => ({ message: "no format of a plan: pass text or markdown", override: true })
})

/**
 * @category commands
 * @since 0.1.0
 */
export const plan = described(
  "plan",
  Command.make(
    "plan",
    {
      file: policyFiles,
      out: out("Save the plan here, for apply --plan."),
      force,
      json: Options.boolean("json").pipe(Options.withDescription("Print the plan as JSON, as --out saves it.")),
      exitCode: Options.boolean("exit-code").pipe(
        Options.withDescription("Exit with 3 if there is something to change.")
      ),
      format: option({ name: "format", pseudoName: "form", schema: Format }).pipe(
        Options.withDescription("text (the default), or markdown, to paste into a review."),
        Options.optional
      ),
      rate,
      ...serverOptions
    },
    (options) => lazily(() => import("../internal/plan.ts"))(({ run }) => run(options))
  ),
  {
    summary: "Show what a policy would change: reads each of its checkpoints, and changes nothing.",
    details: [
      "A key that may only list is enough. Exits with 4 if a checkpoint could not be read: nothing is planned there."
    ],
    examples: [
      { line: "checkpoint-permissions plan --file policy.yaml", does: "the difference" },
      {
        line: "checkpoint-permissions plan --file policy.yaml --out plan.json --format markdown",
        does: "saved for apply, and shown for a review"
      }
    ]
  }
)
