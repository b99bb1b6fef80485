/** The GitHub Action: reads its inputs, does what they say, and exits as the command line does. */
import process from "node:process"
import * as core from "@actions/core"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import { apply, drift, plan } from "./commands.ts"
import * as GitHub from "./github.ts"
import * as Inputs from "./inputs.ts"

const fail = (message: string, code: number) =>
  Effect.sync(() => {
    core.setFailed(message)
    return code
  })

const end = (code: number) =>
  Effect.sync(() => {
    process.exitCode = code
  })

const commands = { plan, apply, drift }

/** What a shell gives a process that was ended by SIGTERM. */
const cancelled = 143

const program = Effect.gen(function* () {
  const inputs = yield* Inputs.read
  return yield* Effect.provide(commands[inputs.command](inputs), GitHub.layer(inputs.githubToken))
}).pipe(
  Effect.catchTags({
    WrongUse: ({ message }) => fail(message, 2),
    GitHubError: ({ message }) => fail(`GitHub: ${message}`, 1)
  }),
  Effect.catchAll(({ message }) => fail(message, 1)),
  Effect.flatMap(end),
  Effect.onInterrupt(() => Effect.flatMap(fail("cancelled: nothing was changed", cancelled), end)),
  // Only the wait for the command line can be interrupted: what it did is told even so.
  Effect.uninterruptible,
  Effect.provide(NodeContext.layer)
)

NodeRuntime.runMain(program, { teardown: (_, exit) => exit(Number(process.exitCode ?? 1)) })
