/**
 * `checkpoint-permissions list`: all permissions of a checkpoint.
 *
 * @since 0.1.0
 */
import * as Command from "@effect/cli/Command"
import { described } from "../internal/described.ts"
import { lazily } from "../internal/lazily.ts"
import { after, checkpoint, json, limit, order, projectId } from "../internal/parameters.ts"
import { serverOptions } from "../internal/serverOptions.ts"

/**
 * @category commands
 * @since 0.1.0
 */
export const list = described(
  "list",
  Command.make("list", { checkpoint, projectId, after, order, limit, json, ...serverOptions }, (options) =>
    lazily(() => import("../internal/list.ts"))(({ run }) => run(options))
  ),
  {
    summary: "List the projects that may use a checkpoint: all pages, as they come.",
    details: [
      "Prints a table; with --json one permission a line: id, object, created_at (Unix seconds), project_id. Exits with 4 if the listing cannot be trusted to be whole."
    ],
    examples: [
      {
        line: "checkpoint-permissions list ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd",
        does: "with the key in OPENAI_ADMIN_KEY"
      },
      {
        line: "checkpoint-permissions list ft:any --fake --json | head -3",
        does: "without key or network"
      }
    ]
  }
)
