/** The action as an effect: reads its inputs, runs a command, and sets the exit code to that of the command line. */
import process from "node:process"
import * as core from "@actions/core"
import type { context } from "@actions/github"
import * as FileSystem from "@effect/platform/FileSystem"
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
  return yield* { apply, drift, plan }[inputs.command](inputs)
})

const nothing = "cancelled: nothing was changed"

/** Runs the action with the facts of the run. */
export const action = (facts: typeof context) =>
  Effect.gen(function* () {
    const inputs = yield* Inputs.read
    const fs = yield* FileSystem.FileSystem
    yield* fs.makeDirectory(inputs.folder, { recursive: true })
    const connection = GitHub.connect(Redacted.value(inputs.githubToken), facts)
    return yield* Effect.provideService(run(inputs), GitHub.GitHub, connection)
  }).pipe(
    Effect.map((code) => {
      process.exitCode = code
    }),
    Effect.catchAll((error) => fail(GitHub.messageOf(error), error._tag === "WrongUse" ? (error.code ?? 2) : 1)),
    Effect.onInterrupt(() =>
      Effect.zipRight(Effect.ignore(summarize(shown("Access: not run", nothing))), fail(nothing, cancelled))
    ),
    // Only the waits for the command line and for a merge commit can be interrupted. The report is written nevertheless.
    Effect.uninterruptible
  )
