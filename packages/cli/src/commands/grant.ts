/**
 * `checkpoint-permissions grant`: the projects have access afterwards, each once.
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
import { checkpoint, dryRun, jsonObject, projects } from "../internal/input/option.ts"
import { described, type Given } from "../internal/run.ts"
import { serverOptions } from "../internal/server/server.ts"

const config = {
  checkpoint,
  projects,
  dryRun: dryRun("Show who would get access"),
  json: jsonObject("checkpoint, granted, unlisted, alreadyGranted, owning"),
  ...journalOptions,
  ...grantLockOptions,
  ...serverOptions
}

const has = "has access already"

const run = Effect.fnUntraced(function* (options: Given<typeof config>) {
  const { checkpoint, json, projects } = options
  if (options.dryRun) {
    // Who owns the model is known of a grant only.
    return yield* showChange(options, (alreadyGranted, granted) =>
      printOutcomes(json ? { checkpoint, dryRun: true, granted, alreadyGranted } : undefined, [
        [granted, "would grant", ""],
        [alreadyGranted, "not needed:", has]
      ])
    )
  }
  const { unlisted } = yield* change(
    "grant",
    options,
    waitForApply,
    (journal) => Access.grant(checkpoint, projects, journal),
    ({ alreadyGranted, granted, owning, unlisted }) =>
      printOutcomes(json ? { checkpoint, granted, unlisted, alreadyGranted, owning } : undefined, [
        [granted, "granted", ""],
        [unlisted, "granted", "by the server's reply, not in its listing yet"],
        [alreadyGranted, "not needed:", has],
        [owning, "not needed:", "owns the model"]
      ])
  )
  if (unlisted.length > 0) {
    return yield* incomplete(
      `grant: ${pluralize(unlisted.length, "project")} granted by the server's reply, and not in its listing half a minute later: see list`
    )
  }
})

/** @category commands */
export const grant = described("grant", config, run, {
  summary: "Give projects access to a checkpoint, each exactly once.",
  details: [
    "Looks first, creates what is missing, and settles a lost reply by looking again: it can be repeated at will. Exits with 4 if the server does not list what it granted."
  ],
  examples: {
    "grant ft:gpt-4o:org:weather:B7R9VjQd proj_a proj_b": "whoever has access already keeps the one permission"
  }
})
