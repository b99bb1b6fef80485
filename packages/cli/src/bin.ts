#!/usr/bin/env node
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Cli from "./Cli.ts"
import * as exitCode from "./internal/exitCode.ts"
import * as Screen from "./internal/screen.ts"

let onSignal: Readonly<Record<"SIGINT" | "SIGTERM", number>> = exitCode.interrupted
let interrupted = exitCode.failed

const screen = Screen.layer({
  stdout: process.stdout,
  stderr: process.stderr,
  onEndsCleanly: () => {
    onSignal = { SIGINT: exitCode.done, SIGTERM: exitCode.done }
  }
})

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    interrupted = onSignal[signal]
  })
}

const services = Layer.mergeAll(NodeFileSystem.layer, NodePath.layer, NodeTerminal.layer, screen)

NodeRuntime.runMain(Effect.provide(Cli.run(process.argv.slice(2)), services), {
  disableErrorReporting: true,
  disablePrettyLogger: true,
  teardown: (exit, onExit) => {
    if (Exit.isSuccess(exit)) onExit(typeof exit.value === "number" ? exit.value : exitCode.done)
    else onExit(interrupted)
  }
})
