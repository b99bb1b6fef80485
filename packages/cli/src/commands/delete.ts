/**
 * `checkpoint-permissions delete`: takes one permission away.
 *
 * @since 0.1.0
 */
import * as Command from "@effect/cli/Command"
import { described } from "../internal/described.ts"
import { lazily } from "../internal/lazily.ts"
import { checkpoint, json, permission } from "../internal/parameters.ts"
import { serverOptions } from "../internal/serverOptions.ts"

/**
 * @category commands
 * @since 0.1.0
 */
export const remove = described(
  "delete",
  Command.make("delete", { checkpoint, permission, json, ...serverOptions }, (options) =>
    lazily(() => import("../internal/write.ts"))((write) => write.remove(options))
  ),
  {
    summary: "Take one permission away, by its id.",
    details: ["With --json prints what the server answers: id, object, deleted."],
    examples: [
      {
        line: "checkpoint-permissions delete ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd cp_zc4Q7MP6XxulcVzj4MZdwsAB",
        does: "list shows the ids"
      }
    ]
  }
)
