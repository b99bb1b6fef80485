/** The GitHub Action: runs as a process, and exits with the codes of the command line. */
import process from "node:process"
import { context } from "@actions/github"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import { action } from "./action.ts"

NodeRuntime.runMain(Effect.provide(action(context), NodeContext.layer), {
  teardown: (_, exit) => exit(Number(process.exitCode ?? 1))
})
