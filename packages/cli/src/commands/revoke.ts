/**
 * `checkpoint-permissions revoke`: revokes projects' access to one checkpoint.
 *
 * @since 0.1.0
 */

import * as Access from "@checkpoint-permissions/access/Access"
import { printable } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import { warnIfLocked } from "../internal/apply/locking.ts"
import { change } from "../internal/apply/write.ts"
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

const revokeProjects = change({
  command: "revoke",
  checkLock: warnIfLocked,
  perform: Access.revoke,
  lists: [
    ["revoked", "revoked", ""],
    ["absent", "unchanged:", `has no permission (${ownerNote})`],
    ["ownerProjects", "not revoked:", "owns the model"]
  ],
  dryRun: ["revoked", "absent"]
})

const run = (options: OptionsOf<typeof config>) =>
  Effect.flatMap(revokeProjects(options), (result) =>
    result === undefined || result.ownerProjects.length === 0
      ? Effect.void
      : incomplete(
          `revoke: the server lists a permission of ${result.ownerProjects.map((one) => printable(one)).join(", ")} and refuses to delete it: the project owns the model`
        )
  )

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
