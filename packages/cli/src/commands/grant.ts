/**
 * `checkpoint-permissions grant`: makes sure that each project has exactly one permission.
 *
 * @since 0.1.0
 */

import * as Access from "@checkpoint-permissions/access/Access"
import { pluralize } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import { waitForApply } from "../internal/apply/locking.ts"
import { change, printOutcomes, showChange } from "../internal/apply/write.ts"
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

const has = "already has access"

const run = Effect.fnUntraced(function* (options: OptionsOf<typeof config>) {
  const { checkpoint, json } = options
  if (options.dryRun) {
    // Only a grant finds out that a project owns the model.
    return yield* showChange("grant", options, (alreadyGranted, granted, names) =>
      printOutcomes(
        json ? { checkpoint, dryRun: true, granted, alreadyGranted } : undefined,
        [
          [granted, "would grant", ""],
          [alreadyGranted, "unchanged:", has]
        ],
        names
      )
    )
  }
  const { notListedYet } = yield* change(
    "grant",
    options,
    waitForApply,
    (projects, journal) => Access.grant(checkpoint, projects, journal),
    ({ alreadyGranted, granted, ownerProjects, notListedYet }, names) =>
      printOutcomes(
        json ? { checkpoint, granted, notListedYet, alreadyGranted, ownerProjects } : undefined,
        [
          [granted, "granted", ""],
          [notListedYet, "granted", "but not listed yet"],
          [alreadyGranted, "unchanged:", has],
          [ownerProjects, "unchanged:", "owns the model"]
        ],
        names
      )
  )
  if (notListedYet.length > 0) {
    return yield* incomplete(
      `grant: ${pluralize(notListedYet.length, "project")} granted, but not listed after half a minute: check with list`
    )
  }
})

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
