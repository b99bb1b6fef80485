/**
 * `checkpoint-permissions export`: the present state as a policy.
 *
 * @since 0.1.0
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { described } from "../internal/described.ts"
import { lazily } from "../internal/lazily.ts"
import { checkpoints, force, from, out } from "../internal/parameters.ts"
import { rate, serverOptions } from "../internal/serverOptions.ts"

/**
 * @category commands
 * @since 0.1.0
 */
export const exportPolicy = described(
  "export",
  Command.make(
    "export",
    {
      checkpoints,
      from,
      out: out("Write it here instead of to standard output."),
      force,
      json: Options.boolean("json").pipe(Options.withDescription("The policy as JSON instead of YAML.")),
      rate,
      ...serverOptions
    },
    (options) => lazily(() => import("../internal/audit.ts"))(({ exported }) => exported(options))
  ),
  {
    summary: "Write the present state down as a policy: applied at once, it changes nothing.",
    details: [
      "A key that may only list is enough. Exits with 4, and writes nothing, if a checkpoint could not be read to the end."
    ],
    examples: [
      {
        line: "checkpoint-permissions export --from models.json --out policy.yaml",
        does: "models.json is what GET /models answered"
      }
    ]
  }
)
