/** The action as an effect: reads its inputs, runs a command, and sets the exit code to that of the command line. */
import process from "node:process"
import * as core from "@actions/core"
import type { context } from "@actions/github"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { apply, drift, planAll } from "./branch.ts"
import * as GitHub from "./github.ts"
import * as Inputs from "./inputs.ts"
import { cancelled } from "./program.ts"
import { planChange } from "./pull.ts"
import { shown } from "./report.ts"

const fail = (message: string, code: number) =>
  Effect.sync(() => {
    core.setFailed(message)
    process.exitCode = code
  })

const nothing = "cancelled: nothing was changed"

/** Runs the action with the facts of the run. */
export const action = (facts: typeof context) =>
  Effect.gen(function* () {
    const inputs = yield* Inputs.read
    const fs = yield* FileSystem.FileSystem
    yield* fs.makeDirectory(inputs.folder, { recursive: true })
    const connection = GitHub.connect(Redacted.value(inputs.githubToken), facts)
    const plan = facts.eventName === "workflow_dispatch" ? planAll : planChange
    const run = Effect.gen(function* () {
      return yield* { apply, drift, plan }[inputs.command](inputs)
    }).pipe(
      Effect.onInterrupt(() =>
        Effect.zipRight(Effect.ignore(GitHub.summarize(shown("Access: not run", nothing))), fail(nothing, cancelled))
      )
    )
    const code = yield* Effect.provideService(run, GitHub.GitHub, connection)
    // a comment or the issue reports a change or a difference
    process.exitCode = code === 3 ? 0 : code
  }).pipe(
    Effect.catchAll((error) => fail(GitHub.messageOf(error), error._tag === "WrongUse" ? 2 : 1)),
    // Only the waits for the command line and for a merge commit can be interrupted. The report is written nevertheless.
    Effect.uninterruptible
  )
