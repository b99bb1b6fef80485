/**
 * `checkpoint-permissions revoke`: the projects have no access afterwards.
 *
 * @since 0.1.0
 */
import * as Access from "@checkpoint-permissions/access/Access"
import { oneLine } from "@checkpoint-permissions/access/TerminalText"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import { counted } from "@checkpoint-permissions/protocol/text"
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import { described } from "../internal/help/described.ts"
import { checkpoint, json, revokedProjects } from "../internal/input/parameters.ts"
import { print } from "../internal/output/projects.ts"
import { serverOptions } from "../internal/server/options.ts"
import { withPermissions } from "../internal/server/server.ts"
import * as Screen from "../internal/terminal/screen.ts"
import { jsonLine } from "../internal/terminal/text.ts"

const config = { checkpoint, projects: revokedProjects, json, ...serverOptions }

const run = (options: Command.Command.ParseConfig<typeof config>) =>
  withPermissions(options, [options.checkpoint], (permissions) =>
    Effect.gen(function* () {
      const screen = yield* Screen.Screen
      const { checkpoint } = options
      yield* screen.progress(`revoke ${oneLine(checkpoint)}: ${counted(options.projects.length, "project")}`)
      const { absent, owning, revoked } = yield* Access.revoke(checkpoint, options.projects)
      if (options.json) return yield* screen.print(jsonLine({ checkpoint, revoked, absent, owning }))
      yield* print([
        [revoked, "revoked", ""],
        [absent, "not needed:", "had no access"],
        [owning, "not possible:", "owns the model"]
      ])
    }).pipe(Effect.provideService(CheckpointPermissions.CheckpointPermissions, permissions))
  )

/**
 * @category commands
 * @since 0.1.0
 */
export const revoke = described("revoke", Command.make("revoke", config, run), {
  summary: "Take access to a checkpoint away from projects: all their permissions, by project.",
  details: ["With --json prints one object: checkpoint, revoked, absent, owning (lists of project ids)."],
  examples: [
    {
      line: "checkpoint-permissions revoke ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd proj_a",
      does: "no permission id is needed"
    }
  ]
})
