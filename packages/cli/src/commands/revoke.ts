/**
 * `checkpoint-permissions revoke`: the projects have no access afterwards.
 *
 * @since 0.1.0
 */
import * as Command from "@effect/cli/Command"
import { described } from "../internal/described.ts"
import { lazily } from "../internal/lazily.ts"
import { checkpoint, json, revokedProjects } from "../internal/parameters.ts"
import { serverOptions } from "../internal/serverOptions.ts"

/**
 * @category commands
 * @since 0.1.0
 */
export const revoke = described(
  "revoke",
  Command.make("revoke", { checkpoint, projects: revokedProjects, json, ...serverOptions }, (options) =>
    lazily(() => import("../internal/exact.ts"))((exact) => exact.revoke(options))
  ),
  {
    summary: "Take access to a checkpoint away from projects: all their permissions, by project.",
    details: ["With --json prints one object: checkpoint, revoked, absent, owning (lists of project ids)."],
    examples: [
      {
        line: "checkpoint-permissions revoke ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd proj_a",
        does: "no permission id is needed"
      }
    ]
  }
)
