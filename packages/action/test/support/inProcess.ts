/** The action in this process, and in it the command line that it starts. A start of both takes a second. */
import * as core from "@actions/core"
import { context } from "@actions/github"
import { Command, CommandExecutor } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Cause, Effect, Exit, Inspectable, Layer, Option, Sink, Stream } from "effect"
import { cli, type Outcome } from "../../../cli/test/support/inProcess.ts"
import { action } from "../../src/action.ts"

const start = (command: Command.Command) =>
  Effect.sync(() => {
    const [{ args, cwd, env }] = Command.flatten(command)
    // A runtime of its own, as of a process: its environment is not that of the action.
    const ended = Effect.runPromise(
      cli(args.slice(1), { cwd: Option.getOrUndefined(cwd), env: Object.fromEntries(env) })
    )
    const outcome = Effect.promise(() => ended)
    const output = (name: "stdout" | "stderr") => Stream.encodeText(Effect.map(outcome, (ended) => ended[name]))
    return {
      ...Inspectable.BaseProto,
      [CommandExecutor.ProcessTypeId]: CommandExecutor.ProcessTypeId,
      pid: CommandExecutor.ProcessId(1),
      exitCode: Effect.map(outcome, ({ code }) => CommandExecutor.ExitCode(code)),
      isRunning: Effect.succeed(false),
      kill: () => Effect.void,
      stdin: Sink.drain,
      stdout: output("stdout"),
      stderr: output("stderr"),
      toJSON: () => args
    } satisfies CommandExecutor.Process
  })

const services = Layer.merge(
  NodeContext.layer,
  Layer.succeed(CommandExecutor.CommandExecutor, CommandExecutor.makeExecutor(start))
)

/** The toolkit reads the environment and writes to the streams of its process: one run at a time. */
const alone = Effect.unsafeMakeSemaphore(1).withPermits(1)

/** Each run is an attempt of its own: limits of requests are those of a run. */
let attempts = 0

/** Replaces what the toolkit has of this process. Returns the output so far, and a function that undoes it. */
const replace = (variables: Readonly<Record<string, string>>) => {
  const { env, exitCode, stdout } = process
  const [write, log] = [stdout.write, console.log]
  const before = { ...env }
  for (const name of Object.keys(env)) if (/^(GITHUB|INPUT|RUNNER)_/.test(name)) delete env[name]
  Object.assign(env, variables)
  let text = ""
  stdout.write = (part: string | Uint8Array) => {
    text += String(part)
    return true
  }
  console.log = (line: string) => {
    text += `${line}\n`
  }
  // It keeps the file of its first summary.
  Reflect.deleteProperty(core.summary, "_filePath")
  process.exitCode = undefined
  return {
    text: () => text,
    undo: () => {
      stdout.write = write
      console.log = log
      for (const name of Object.keys(variables)) delete env[name]
      Object.assign(env, before)
      process.exitCode = exitCode
    }
  }
}

/** Runs the action to its end. */
export const run = (env: Readonly<Record<string, string>>): Effect.Effect<Outcome> =>
  alone(
    Effect.acquireUseRelease(
      Effect.sync(() => replace({ ...env, GITHUB_RUN_ATTEMPT: `${++attempts}` })),
      ({ text }) =>
        Effect.suspend(() => action(Reflect.construct(context.constructor, []))).pipe(
          Effect.provide(services),
          Effect.exit,
          Effect.map((exit) => ({
            code: Number(process.exitCode ?? 1),
            stdout: text(),
            stderr: Exit.isSuccess(exit) ? "" : Cause.pretty(exit.cause)
          }))
        ),
      ({ undo }) => Effect.sync(undo)
    )
  )
