/**
 * `checkpoint-permissions grant`: makes sure that each project has exactly one permission.
 *
 * @since 0.1.0
 */

import * as Access from "@checkpoint-permissions/access/Access"
import { pluralize } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import { waitForApply } from "../internal/apply/locking.ts"
import { change } from "../internal/apply/write.ts"
import { incomplete } from "../internal/failure.ts"
import {
  checkpoint,
  dryRun,
  journalOptions,
  json,
  projects,
  serverOptions,
  waitingLockOptions
} from "../internal/input/options.ts"
import { defineCommand, type OptionsOf } from "../internal/run.ts"

const config = {
  checkpoint,
  projects,
  dryRun,
  json,
  ...journalOptions,
  ...waitingLockOptions,
  ...serverOptions
}

const grantProjects = change({
  command: "grant",
  checkLock: waitForApply,
  perform: Access.grant,
  lists: [
    ["granted", "granted", ""],
    ["notListedYet", "granted", "but not listed yet"],
    ["alreadyGranted", "unchanged:", "already has access"],
    ["ownerProjects", "unchanged:", "owns the model"]
  ],
  // Only a grant shows that a project owns the model.
  dryRun: ["alreadyGranted", "granted"]
})

const run = (options: OptionsOf<typeof config>) =>
  Effect.flatMap(grantProjects(options), (result) =>
    result === undefined || result.notListedYet.length === 0
      ? Effect.void
      : incomplete(
          `grant: ${pluralize(result.notListedYet.length, "project")} granted, but not listed after half a minute: check with list`
        )
  )

/** @category commands */
export const grant = defineCommand("grant", config, run, {
  summary: "Grant projects access to a checkpoint.",
  details: [
    "Lists the permissions first, and creates only the missing ones. If a reply is lost, it lists them again, so it is safe to repeat. Exits with 4 if the server does not list a new permission.",
    "Ids are compared with the projects of the organization: an unknown or archived project is refused with 2. At a terminal, the exact name of a project is accepted in place of its id."
  ],
  examples: {
    "grant ft:gpt-4o:org:weather:B7R9VjQd proj_a proj_b": "a project that has access keeps its one permission"
  }
})
