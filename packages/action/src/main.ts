/** The GitHub Action: reads its inputs, runs a command, and exits with the codes of the command line. */
import process from "node:process"
import * as core from "@actions/core"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { apply } from "./apply.ts"
import { drift } from "./drift.ts"
import * as GitHub from "./github.ts"
import * as Inputs from "./inputs.ts"
import { plan, summarize } from "./plan.ts"
import { cancelled } from "./program.ts"
import { shown } from "./report.ts"

const fail = (message: string, code: number) =>
  Effect.sync(() => {
    core.setFailed(message)
    process.exitCode = code
  })

const run = Effect.fnUntraced(function* (inputs: Inputs.Inputs) {
  if (inputs.command === "plan") return yield* plan(inputs)
  return inputs.command === "apply" ? yield* apply(inputs) : yield* drift(inputs)
})

const nothing = "cancelled: nothing was changed"

const program = Effect.gen(function* () {
  const inputs = yield* Inputs.read
  const fs = yield* FileSystem.FileSystem
  yield* fs.makeDirectory(inputs.folder, { recursive: true })
  const connection = GitHub.connect(Redacted.value(inputs.githubToken))
  return yield* Effect.provideService(run(inputs), GitHub.GitHub, connection)
}).pipe(
  Effect.map((code) => {
    process.exitCode = code
  }),
  Effect.catchAll((error) => fail(GitHub.messageOf(error), error._tag === "WrongUse" ? 2 : 1)),
  Effect.onInterrupt(() =>
    Effect.zipRight(Effect.ignore(summarize(shown("Access: not run", nothing))), fail(nothing, cancelled))
  ),
  // Only the waits for the command line and for a merge commit can be interrupted. The report is written nevertheless.
  Effect.uninterruptible,
  Effect.provide(NodeContext.layer)
)

NodeRuntime.runMain(program, { teardown: (_, exit) => exit(Number(process.exitCode ?? 1)) })
