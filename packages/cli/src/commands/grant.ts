/**
 * `checkpoint-permissions grant`: makes sure that each project has exactly one permission.
 *
 * @since 0.1.0
 */

import * as Access from "@checkpoint-permissions/access/Access"
import { pluralize } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import { grantLockOptions, waitForApply } from "../internal/apply/locking.ts"
import { journalOptions } from "../internal/apply/options.ts"
import { change, printOutcomes, showChange } from "../internal/apply/write.ts"
import { incomplete } from "../internal/failure.ts"
import { checkpoint, dryRun, json, projects } from "../internal/input/option.ts"
import { defineCommand, type OptionsOf } from "../internal/run.ts"
import { serverOptions } from "../internal/server/server.ts"

const config = {
  checkpoint,
  projects,
  dryRun,
  json,
  ...journalOptions,
  ...grantLockOptions,
  ...serverOptions
}

const has = "has access already"

const run = Effect.fnUntraced(function* (options: OptionsOf<typeof config>) {
  const { checkpoint, json } = options
  if (options.dryRun) {
    // Only a grant finds out that a project owns the model.
    return yield* showChange("grant", options, (alreadyGranted, granted, names) =>
      printOutcomes(
        json ? { checkpoint, dryRun: true, granted, alreadyGranted } : undefined,
        [
          [granted, "would grant", ""],
          [alreadyGranted, "not needed:", has]
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
          [notListedYet, "granted", "by the server's reply, not in its listing yet"],
          [alreadyGranted, "not needed:", has],
          [ownerProjects, "not needed:", "owns the model"]
        ],
        names
      )
  )
  if (notListedYet.length > 0) {
    return yield* incomplete(
      `grant: ${pluralize(notListedYet.length, "project")} granted by the server's reply, and not in its listing half a minute later: see list`
    )
  }
})

/** @category commands */
export const grant = defineCommand("grant", config, run, {
  summary: "Give projects access to a checkpoint, each exactly once.",
  details: [
    "Reads the permissions first, and creates what is missing. If a reply is lost, it reads them again, so it is safe to repeat. Exits with 4 if the server does not list what it granted.",
    "Ids are compared with the projects of the organization: an unknown or archived project is refused with 2. At a terminal, the exact name of a project may stand for its id."
  ],
  examples: {
    "grant ft:gpt-4o:org:weather:B7R9VjQd proj_a proj_b": "a project that has access keeps its one permission"
  }
})
