/**
 * `checkpoint-permissions create`: gives projects access to a checkpoint.
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
export const create = described(
  "create",
  Command.make("create", { checkpoint, projects, json, ...serverOptions }, (options) =>
    lazily(() => import("../internal/write.ts"))((write) => write.create(options))
  ),
  {
    summary: "Give projects access to a checkpoint, in one request.",
    details: [
      "Prints the permissions that were made, as list does. Sent again only when the server certainly did nothing; after any other failure list shows what is true."
    ],
    examples: [
      {
        line: "checkpoint-permissions create ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd proj_a proj_b",
        does: "two projects at once"
      }
    ]
  }
)
