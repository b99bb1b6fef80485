/**
 * `checkpoint-permissions grant`: the projects have access afterwards, each once.
 *
 * @since 0.1.0
 */
import * as Command from "@effect/cli/Command"
import { described } from "../internal/described.ts"
import { lazily } from "../internal/lazily.ts"
import { checkpoint, json, projects } from "../internal/parameters.ts"
import { serverOptions } from "../internal/serverOptions.ts"

/**
 * @category commands
 * @since 0.1.0
 */
export const grant = described(
  "grant",
  Command.make("grant", { checkpoint, projects, json, ...serverOptions }, (options) =>
    lazily(() => import("../internal/exact.ts"))((exact) => exact.grant(options))
  ),
  {
    summary: "Give projects access to a checkpoint, each exactly once.",
    details: [
      "Looks first, creates what is missing, and settles a lost reply by looking again: it can be repeated at will. With --json prints one object: checkpoint, granted, alreadyGranted, owning (lists of project ids)."
    ],
    examples: [
      {
        line: "checkpoint-permissions grant ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd proj_a proj_b",
        does: "whoever has access already keeps the one permission"
      }
    ]
  }
)
