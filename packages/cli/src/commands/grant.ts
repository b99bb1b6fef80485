/**
 * `checkpoint-permissions grant`: the projects have access afterwards, each once.
 *
 * @since 0.1.0
 */
import * as Access from "@checkpoint-permissions/access/Access"
import { counted } from "@checkpoint-permissions/protocol/text"
import * as Arr from "effect/Array"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { actorOf, openFiles } from "../internal/apply/apply.ts"
import { journalOptions } from "../internal/apply/options.ts"
import { Incomplete } from "../internal/failure.ts"
import { described, type Given } from "../internal/help/described.ts"
import { checkpoint, dryRun, jsonObject, projects } from "../internal/input/parameters.ts"
import { warnOfLookalikes } from "../internal/output/lookalikes.ts"
import { print } from "../internal/output/projects.ts"
import { serverOptions } from "../internal/server/options.ts"
import { withPermissions } from "../internal/server/server.ts"
import { inSteps, write } from "../internal/server/write.ts"
import * as locks from "../internal/state/locks.ts"
import { checkpointLockOptions } from "../internal/state/options.ts"
import * as Screen from "../internal/terminal/screen.ts"
import { jsonLine } from "../internal/terminal/text.ts"

const config = {
  checkpoint,
  projects,
  dryRun: dryRun("Show who would get access"),
  json: jsonObject("checkpoint, granted, unlisted, alreadyGranted, owning"),
  ...journalOptions,
  ...checkpointLockOptions,
  ...serverOptions
}

type GrantOptions = Given<typeof config>

/** Reads who has access, and says who would get it. Who owns the model is known of a grant only. */
const show = (options: GrantOptions) =>
  withPermissions(options, [options.checkpoint], (permissions) =>
    Effect.gen(function* () {
      const screen = yield* Screen.Screen
      const { checkpoint, json, projects } = options
      yield* warnOfLookalikes(projects)
      const held = new Set(Chunk.map(yield* Stream.runCollect(permissions.stream(checkpoint)), (one) => one.project_id))
      const [granted, alreadyGranted] = Arr.partition(Arr.dedupe(projects), (project) => held.has(project))
      if (json) return yield* screen.print(jsonLine({ checkpoint, dryRun: true, granted, alreadyGranted }))
      yield* print([
        [granted, "would grant", ""],
        [alreadyGranted, "not needed:", "has access already"]
      ])
    })
  )

const send = (options: GrantOptions) =>
  withPermissions(options, [options.checkpoint], (permissions) =>
    Effect.gen(function* () {
      const screen = yield* Screen.Screen
      const { checkpoint } = options
      yield* warnOfLookalikes(options.projects)
      const { journal } = yield* openFiles("grant", { journal: options.journal, backup: Option.none() })
      const actor = yield* actorOf(options)
      const { unlisted } = yield* write({
        command: "grant",
        checkpoint,
        doing: counted(options.projects.length, "project"),
        turn: locks.checkpointOf("grant", options, permissions.server, checkpoint),
        send: inSteps(
          journal === undefined
            ? Access.grant(checkpoint, options.projects)
            : Access.grantJournaled(checkpoint, options.projects, { journal, actor })
        ),
        print: ({ alreadyGranted, granted, owning, unlisted }) =>
          options.json
            ? screen.print(jsonLine({ checkpoint, granted, unlisted, alreadyGranted, owning }))
            : print([
                [granted, "granted", ""],
                [unlisted, "granted", "by the server's reply, not in its listing yet"],
                [alreadyGranted, "not needed:", "has access already"],
                [owning, "not needed:", "owns the model"]
              ])
      })
      if (unlisted.length > 0) {
        return yield* new Incomplete({
          message: `grant: ${counted(unlisted.length, "project")} granted by the server's reply, and not in its listing half a minute later: see list`
        })
      }
    }).pipe(Effect.scoped)
  )

const run = (options: GrantOptions) => (options.dryRun ? show(options) : send(options))

/** @category commands */
export const grant = described("grant", config, run, {
  summary: "Give projects access to a checkpoint, each exactly once.",
  details: [
    "Looks first, creates what is missing, and settles a lost reply by looking again: it can be repeated at will. Exits with 4 if the server does not list what it granted."
  ],
  examples: [
    {
      line: "checkpoint-permissions grant ft:gpt-4o:org:weather:B7R9VjQd proj_a proj_b",
      does: "whoever has access already keeps the one permission"
    }
  ]
})
