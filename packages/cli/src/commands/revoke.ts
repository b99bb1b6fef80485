/**
 * `checkpoint-permissions revoke`: revokes projects' access to one checkpoint.
 *
 * @since 0.1.0
 */

import * as Access from "@checkpoint-permissions/access/Access"
import { printable } from "@checkpoint-permissions/protocol/text"
import * as Args from "@effect/cli/Args"
import * as Effect from "effect/Effect"
import { revokeLockOptions, warnIfLocked } from "../internal/apply/locking.ts"
import { journalOptions } from "../internal/apply/options.ts"
import { change, printOutcomes, showChange } from "../internal/apply/write.ts"
import { incomplete } from "../internal/failure.ts"
import { checkpoint, dryRun, json, projects } from "../internal/input/option.ts"
import { ownerNote } from "../internal/output/audit.ts"
import { defineCommand, type OptionsOf } from "../internal/run.ts"
import { serverOptions } from "../internal/server/server.ts"

const config = {
  checkpoint,
  projects: projects.pipe(
    Args.withDescription("The project that loses access, such as proj_iqGMw1llN8IrBb6SvvY5A1oF.")
  ),
  dryRun,
  json,
  ...journalOptions,
  ...revokeLockOptions,
  ...serverOptions
}

const run = Effect.fnUntraced(function* (options: OptionsOf<typeof config>) {
  const { checkpoint, json } = options
  if (options.dryRun) {
    return yield* showChange("revoke", options, (revoked, absent, names) =>
      printOutcomes(
        json ? { checkpoint, dryRun: true, revoked, absent } : undefined,
        [
          [revoked, "would revoke", ""],
          [absent, "not needed:", `has no permission (${ownerNote})`]
        ],
        names
      )
    )
  }
  const { ownerProjects } = yield* change(
    "revoke",
    options,
    warnIfLocked,
    (ids, journal) => Access.revoke(checkpoint, ids, journal),
    ({ absent, ownerProjects, revoked }, names) =>
      printOutcomes(
        json ? { checkpoint, revoked, absent, ownerProjects } : undefined,
        [
          [revoked, "revoked", ""],
          [absent, "not needed:", `had no permission (${ownerNote})`],
          [ownerProjects, "not possible:", "owns the model"]
        ],
        names
      )
  )
  if (ownerProjects.length > 0) {
    return yield* incomplete(
      `revoke: the server lists a permission of ${ownerProjects.map((one) => printable(one)).join(", ")} and refuses to revoke it: the project owns the model`
    )
  }
})

/**
 * @category commands
 * @since 0.1.0
 */
export const revoke = defineCommand("revoke", config, run, {
  summary: "Take access to a checkpoint away from projects.",
  details: [
    "Deletes every permission that the projects have there, duplicates too. A project that owns the model has access without a permission, which nothing takes away."
  ],
  examples: {
    "revoke ft:gpt-4o:org:weather:B7R9VjQd proj_a": "all its permissions there"
  }
})
