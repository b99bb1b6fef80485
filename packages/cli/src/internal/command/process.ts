/** The command line as a process: streams, signals and exit code. */

import { hostname } from "node:os"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { wantsColors } from "../help/commandLine.ts"
import { Host } from "../input/environment.ts"
import * as Interruption from "../terminal/interruption.ts"
import * as Screen from "../terminal/screen.ts"
import { standardOutput } from "../terminal/style.ts"
import * as exitCode from "./exitCode.ts"
import type { Run } from "./run.ts"

/**
 * The time within which two signals count as one, in seconds. npm forwards Ctrl-C to a process that also receives it
 * directly.
 */
const sameSignal = 0.3

/** Returns true if a process runs. A process of another user refuses the signal, so a refusal means that it runs. */
const isRunning = (host: NodeJS.Process, pid: number): boolean => {
  try {
    return host.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}

export const runProcess = (host: NodeJS.Process, run: Run): void => {
  const words = host.argv.slice(2)
  let onSignal: Readonly<Record<exitCode.Signal, number>> = exitCode.interrupted
  let interrupted: number = exitCode.failed
  const interruption = Interruption.make()
  const screen = Screen.make({
    stdin: host.stdin,
    stdout: standardOutput(host.stdout),
    stderr: host.stderr,
    colors: wantsColors(words),
    onExpectSignal: () => {
      onSignal = { SIGHUP: exitCode.done, SIGINT: exitCode.done, SIGTERM: exitCode.done }
    }
  })
  const services = Layer.mergeAll(
    NodeFileSystem.layer,
    NodePath.layer,
    NodeTerminal.layer,
    Layer.succeed(Host, {
      pid: host.pid,
      host: hostname(),
      user: host.getuid?.().toString(),
      isRunning: (pid) => pid !== host.pid && isRunning(host, pid),
      environment: host.env
    }),
    Layer.succeed(Screen.Screen, screen),
    Layer.succeed(Interruption.Interruption, interruption)
  )
  // Standard error is only for this program: warnings of packages are not printed.
  host.noDeprecation = true
  // An event loop that becomes empty before the end must not count as success.
  host.exitCode = exitCode.failed
  const fiber = Effect.runFork(Effect.provide(run(words), services))
  fiber.addObserver((exit) => {
    host.exit(Exit.isSuccess(exit) ? exit.value : interrupted)
  })

  let first: number | undefined
  for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const) {
    host.on(signal, () => {
      const now = host.uptime()
      if (first === undefined) {
        first = now
        interrupted = onSignal[signal]
        if (!interruption.deliver(signal)) Effect.runFork(Fiber.interrupt(fiber))
        return
      }
      if (signal !== "SIGINT" || now - first < sameSignal) return
      screen.unsafeWarn("stopped immediately: requests in flight may have been executed; run the same command again")
      host.exit(exitCode.interrupted.SIGINT)
    })
  }
}
