/**
 * `checkpoint-permissions discover`: which projects and checkpoints there are.
 *
 * @since 0.1.0
 */

import * as Inventory from "@checkpoint-permissions/access/Inventory"
import { pluralize } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { incomplete } from "../internal/failure.ts"
import { flag, force, option, optional, out, parsed, text, texts } from "../internal/input/option.ts"
import { loadJournals, loadPolicy } from "../internal/input/saved.ts"
import { deliverResult, targetOf } from "../internal/output/file.ts"
import { described, type Given } from "../internal/run.ts"
import { loadProjectKeys, projectOfKey } from "../internal/server/key.ts"
import { rate, serverOptions, withPermissions } from "../internal/server/server.ts"
import * as Screen from "../internal/terminal/screen.ts"
import { parseDuration } from "../internal/terminal/time.ts"

const config = {
  projectKeys: text("project-keys", "file").pipe(
    optional("File with an ordinary key for each project, a line proj_…=sk-… each. For its owner alone.")
  ),
  projectKey: option("project-key", "id", projectOfKey).pipe(
    optional("The project that the ordinary key in OPENAI_API_KEY is of.")
  ),
  file: texts("file", "policy", "A policy, for the owners that it names. Several files are one policy."),
  journal: texts("journal", "file", "A journal: where a grant was refused, the server may have named the owner."),
  retiring: option("retiring", "time", parsed(parseDuration, "not a time: pass one such as 90d")).pipe(
    optional("Only checkpoints that retire within this time, such as 90d.")
  ),
  json: flag("json", "Print the inventory as JSON, as --out saves it."),
  out: out("Save the inventory here, for audit --inventory and --from.", "An inventory that is there is written over."),
  force,
  rate,
  ...serverOptions
}

const run = Effect.fnUntraced(function* (options: Given<typeof config>) {
  const screen = yield* Screen.Screen
  const target = yield* targetOf(options, "inventory file", "inventory")
  const policy = options.file.length === 0 ? undefined : yield* loadPolicy(options.file)
  const journal = yield* loadJournals(options.journal)
  const keys = yield* loadProjectKeys(options.projectKeys, options.projectKey)
  return yield* withPermissions(options, [], (_, connection) =>
    Effect.gen(function* () {
      const organization = yield* connection.organizationLists
      const projects = yield* Effect.forEach(keys, ({ key, project }) => connection.projectLists(project, key))
      yield* screen.progress("discover: asking for projects and the log")
      const inventory = yield* Inventory.discover(organization, projects, {
        policy,
        journal,
        onProject: (done) => screen.progress(`discover: ${done} of ${pluralize(keys.length, "project")} asked`)
      })
      yield* screen.clear
      const now = yield* DateTime.now
      const last = Option.map(options.retiring, (within) =>
        DateTime.formatIsoDateUtc(DateTime.addDuration(now, Duration.max(within, Duration.zero)))
      )
      const checkpoints = inventory.checkpoints.filter(
        ({ retires }) => Option.isNone(last) || (retires !== null && retires <= last.value)
      )
      const failed = inventory.keys.flatMap(({ failed, project }) => (failed === null ? [] : [`${project}: ${failed}`]))
      yield* deliverResult(target, {
        text: Inventory.toJson(inventory),
        shown: options.json
          ? Inventory.toJson(inventory)
          : Inventory.toTable(inventory, { checkpoints, width: screen.table.width }),
        incomplete:
          failed.length === 0
            ? undefined
            : incomplete(`discover: ${pluralize(failed.length, "key")} could not be used (${failed.join("; ")})`)
      })
    })
  )
})

/**
 * @category commands
 * @since 0.1.0
 */
export const discover = described("discover", config, run, {
  summary: "Show which projects and checkpoints there are, and who owns them.",
  details: [
    "The admin key alone shows the projects, and the checkpoints that the audit log names. Keys of projects show their jobs, checkpoints and owners too. No key is printed or kept. Exits with 4 if a key could not be used."
  ],
  examples: {
    "discover --project-keys keys -o inventory.json": "projects, checkpoints and owners, saved for audit",
    "discover --project-key proj_a --retiring 90d": "what of one project retires soon"
  }
})
