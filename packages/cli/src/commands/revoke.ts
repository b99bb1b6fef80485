/**
 * `checkpoint-permissions revoke`: revokes projects' access to one checkpoint.
 *
 * @since 0.1.0
 */

import * as Access from "@checkpoint-permissions/access/Access"
import { printable } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import { warnIfLocked } from "../internal/apply/locking.ts"
import { change, printOutcomes, showChange } from "../internal/apply/write.ts"
import { incomplete } from "../internal/failure.ts"
import {
  checkpoint,
  dryRun,
  journalOptions,
  json,
  lockOptions,
  projects,
  serverOptions
} from "../internal/input/options.ts"
import { ownerNote } from "../internal/output/audit.ts"
import { defineCommand, type OptionsOf } from "../internal/run.ts"

const config = {
  checkpoint,
  projects,
  dryRun,
  json,
  ...journalOptions,
  ...lockOptions,
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
          [absent, "unchanged:", `has no permission (${ownerNote})`]
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
          [absent, "unchanged:", `has no permission (${ownerNote})`],
          [ownerProjects, "not revoked:", "owns the model"]
        ],
        names
      )
  )
  if (ownerProjects.length > 0) {
    return yield* incomplete(
      `revoke: the server lists a permission of ${ownerProjects.map((one) => printable(one)).join(", ")} and refuses to delete it: the project owns the model`
    )
  }
})

/**
 * @category commands
 * @since 0.1.0
 */
export const revoke = defineCommand("revoke", config, run, {
  summary: "Revoke projects' access to a checkpoint.",
  details: [
    "Deletes every permission of the projects at the checkpoint, including duplicates. The owner of a model always has access."
  ],
  examples: {
    "revoke ft:gpt-4o:org:weather:B7R9VjQd proj_a": "all its permissions there"
  }
})
