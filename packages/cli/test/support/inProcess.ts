import { existsSync, readFileSync, statSync } from "node:fs"
import { hostname } from "node:os"
import { resolve } from "node:path"
import { Readable } from "node:stream"
import * as Cli from "@checkpoint-permissions/cli/Cli"
import { assert } from "@effect/vitest"
import { Clock, ConfigProvider, Deferred, Duration, Effect, Exit, Fiber, Layer } from "effect"
import { done, failed, interrupted } from "../../src/internal/command/exitCode.ts"
import { wantsColors } from "../../src/internal/help/commandLine.ts"
import { Host } from "../../src/internal/input/environment.ts"
import * as Interruption from "../../src/internal/terminal/interruption.ts"
import * as Screen from "../../src/internal/terminal/screen.ts"
import type { Writable } from "../../src/internal/terminal/style.ts"
import { folder } from "./folder.ts"
import * as Heard from "./heard.ts"
import { inFolder } from "./inFolder.ts"
import { holdAgainstSchemas } from "./schemas.ts"

/** The results of a run. */
export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface Surroundings {
  readonly env?: Readonly<Record<string, string>> | undefined
  /** The folder that it is started in; the one of the tests by default. */
  readonly cwd?: string | undefined
  /** Whether both streams are a terminal, with colours. */
  readonly terminal?: boolean | undefined
  /** How wide they are; 100 by default. */
  readonly columns?: number | undefined
  /** Standard input; nothing by default. */
  readonly stdin?: string | undefined
  /** Without an answer at the terminal. Called when a question is asked. */
  readonly asked?: Deferred.Deferred<void> | undefined
  /** The error of a write to standard output. */
  readonly closed?: Error | undefined
  /** The number of writes to opened files after which the disk is full. Default: never. */
  readonly fullAfter?: number | undefined
  /** The code of its error. Default: ENOSPC. */
  readonly fullCode?: string | undefined
  /** The text on standard output after which writes fail. Default: none. */
  readonly closedAfter?: string | undefined
  /** Called with each text on standard error. */
  readonly onError?: ((text: string) => void) | undefined
}

/** Runs a command line in this process, its streams and environment replaced, with a state folder of its own. */
export const cli = (args: ReadonlyArray<string>, surroundings: Surroundings = {}): Effect.Effect<Outcome> =>
  surroundings.env?.["XDG_STATE_HOME"] !== undefined
    ? Effect.suspend(() => runIn("", args, surroundings))
    : Effect.scoped(Effect.flatMap(folder, ({ path }) => runIn(path, args, surroundings)))

/** Begins a command line in this process, beside the test, and ends it with the scope. */
export const begin = (args: ReadonlyArray<string>, surroundings: Surroundings = {}) =>
  Effect.gen(function* () {
    const { path } = yield* folder
    const heard = Heard.make(args)
    const interruption = Interruption.make()
    let endsWithDone = false
    let code: number = failed
    const fiber = yield* runIn(path, args, surroundings, heard, interruption, () => {
      endsWithDone = true
    }).pipe(Effect.ensuring(Effect.sync(heard.end)), Effect.forkScoped)
    return {
      says: heard.says,
      signal: (name: keyof typeof interrupted) =>
        Effect.suspend(() => {
          code = endsWithDone ? done : interrupted[name]
          return interruption.deliver(name) ? Effect.void : Fiber.interruptFork(fiber)
        }),
      outcome: heard.bounded(
        Effect.flatMap(Fiber.await(fiber), (exit) =>
          Exit.isInterrupted(exit) ? Effect.succeed({ code, ...heard.written }) : exit
        )
      )
    }
  })

/** A command that must end with that exit code. */
export const exits = <E, R>(code: number, command: Effect.Effect<Outcome, E, R>): Effect.Effect<Outcome, E, R> =>
  Effect.tap(command, (outcome) => assert.strictEqual(outcome.code, code, outcome.stderr))

/** The values of lines of JSON. */
export const jsonLines = (text: string) =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))

/** Another way to sleep on the same clock. */
const sleeping =
  (sleep: (duration: Duration.Duration, clock: Clock.Clock) => Effect.Effect<void>) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.clockWith((clock) =>
      Effect.withClock(self, {
        [Clock.ClockTypeId]: Clock.ClockTypeId,
        currentTimeMillis: clock.currentTimeMillis,
        currentTimeNanos: clock.currentTimeNanos,
        unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis(),
        unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
        sleep: (duration) => sleep(duration, clock)
      })
    )

/** Waits that are shorter than that are over at once: those before a retry, or between two readings. */
export const withoutPauses = (limit: Duration.DurationInput) =>
  sleeping((duration, clock) => (Duration.lessThan(duration, limit) ? Effect.yieldNow() : clock.sleep(duration)))

/** Waits that are longer than that are over with an event: those for the end of a long time. */
export const longWaitsUntil = (limit: Duration.DurationInput, event: Effect.Effect<void>) =>
  sleeping((duration, clock) => (Duration.greaterThan(duration, limit) ? event : clock.sleep(duration)))

/** The texts of the files that the arguments name as outputs. */
const writtenFiles = (args: ReadonlyArray<string>, cwd = "."): ReadonlyArray<string> =>
  args.flatMap((arg, at) => {
    const path = ["--out", "--journal"].includes(args[at - 1] ?? "") ? resolve(cwd, arg) : ""
    return path !== "" && existsSync(path) && statSync(path).isFile() ? [readFileSync(path, "utf8")] : []
  })

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const runIn = (
  state: string,
  args: ReadonlyArray<string>,
  surroundings: Surroundings,
  { add, written } = Heard.make(args),
  interruption = Interruption.make(),
  onEndsCleanly = () => {}
): Effect.Effect<Outcome> =>
  Effect.suspend(() => {
    const stream = (name: "stdout" | "stderr", error?: Error): Writable => ({
      isTTY: surroundings.terminal,
      columns: surroundings.columns ?? 100,
      hasColors: () => true,
      on: () => undefined,
      write: (text, callback) => {
        const failure = written[name].includes(surroundings.closedAfter ?? "") ? error : undefined
        if (failure === undefined) add(name, text)
        if (name === "stderr") surroundings.onError?.(text)
        if (surroundings.asked !== undefined && /( to go on|revocations?|skipped): $|\[y\/N\] $/.test(text)) {
          Deferred.unsafeDone(surroundings.asked, Effect.void)
        }
        callback(failure)
        return true
      }
    })
    const typed =
      surroundings.asked === undefined ? Readable.from([surroundings.stdin ?? ""]) : new Readable({ read: () => {} })
    const stdin = Object.assign(typed, { isTTY: surroundings.terminal })
    const screen = Screen.layer({
      stdin,
      stdout: stream("stdout", surroundings.closed),
      stderr: stream("stderr"),
      colors: wantsColors(args),
      onExpectSignal: onEndsCleanly
    })
    const environment = Layer.setConfigProvider(
      ConfigProvider.fromMap(new Map(Object.entries({ XDG_STATE_HOME: state, ...surroundings.env })))
    )
    return Cli.run(args).pipe(
      Effect.map((code) => ({ code, ...written })),
      Effect.tap(({ stdout }) =>
        Effect.sync(() => {
          for (const text of [stdout, ...writtenFiles(args, surroundings.cwd)]) holdAgainstSchemas(text)
        })
      ),
      Effect.provide(
        Layer.mergeAll(
          screen,
          inFolder(surroundings.cwd ?? ".", surroundings.fullAfter, surroundings.fullCode),
          environment,
          Layer.succeed(Interruption.Interruption, interruption),
          Layer.succeed(Host, {
            pid: process.pid,
            host: hostname(),
            user: "0",
            isRunning,
            environment: surroundings.env ?? {}
          })
        )
      )
    )
  })
