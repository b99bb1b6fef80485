/**
 * Standard output for data, standard error for people. A terminal has one line of progress at its bottom, which is
 * removed before other text is written. If standard error is not a terminal, as in a CI log, that line is written once
 * a minute.
 */

import { createInterface } from "node:readline"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { truncate } from "./columns.ts"
import { clearLine, hasColors, isClosed, style, type Writable } from "./style.ts"

/** The error of a standard output whose reader has closed it, as `head` does. */
export class ClosedOutput extends Data.TaggedError("ClosedOutput") {}

/** The error of a standard output that cannot be written, for instance on a full disk. */
export class OutputFailed extends Data.TaggedError("OutputFailed")<{ readonly reason: string }> {
  override get message(): string {
    return `standard output cannot be written: ${this.reason}`
  }
}

export class InputFailed extends Data.TaggedError("InputFailed")<{ readonly reason: string }> {}

export type Service = ReturnType<typeof make>

export class Screen extends Context.Tag("@checkpoint-permissions/cli/Screen")<Screen, Service>() {}

export const { note, print, progress, warn } = Effect.serviceFunctions(Screen)
export const { clear } = Effect.serviceConstants(Screen)

export interface Streams {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined }
  readonly stdout: Writable
  readonly stderr: Writable
  /** Whether to use colours on terminals. Default: true. */
  readonly colors?: boolean
  readonly onExpectSignal: () => void
}

const failed = (error: Error): ClosedOutput | OutputFailed =>
  isClosed(error)
    ? new ClosedOutput()
    : new OutputFailed({ reason: "code" in error ? String(error.code) : error.message })

export const make = ({ colors = true, onExpectSignal, stderr, stdin, stdout }: Streams) => {
  const out = style(colors && hasColors(stdout))
  const err = style(colors && hasColors(stderr))
  const isTerminal = stderr.isTTY === true
  const asks = isTerminal && stdin.isTTY === true
  let isLineShown = false
  /** The question that is not answered yet. No progress is drawn then, and other lines repeat the question below them. */
  let question = ""
  let progressText = Effect.succeed("")
  let wait = { text: "", until: 0 }
  let timer: Fiber.RuntimeFiber<never> | undefined
  /** Without a listener, a failed write would end the process. The callback of the write receives the same error. */
  stdout.on("error", () => {})
  stderr.on("error", () => {})

  const writeError = (text: string): void => {
    stderr.write(text, () => {})
  }
  const removeLine = (): void => {
    if (isLineShown) writeError(clearLine)
    isLineShown = false
  }
  const line = (text: string): void => {
    removeLine()
    writeError(question === "" ? `${text}\n` : `\n${text}\n${question}`)
  }

  /**
   * The text of the line. The reason of a wait comes last, so a narrow terminal cuts it off and keeps the remaining
   * time.
   */
  const lineText = Effect.zipWith(
    Clock.currentTimeMillis,
    Effect.suspend(() => progressText),
    (time, text) => [text, time < wait.until ? wait.text : ""].filter((part) => part !== "").join("; ")
  )
  const draw = Effect.map(lineText, (text) => {
    if (question !== "") return
    isLineShown = true
    writeError(clearLine + err.dim(truncate(text, (stderr.columns ?? 80) - 1)))
  })
  const everyMinute = lineText.pipe(Effect.map(line), Effect.delay("1 minute"), Effect.forever, Effect.interruptible)
  const progress = Effect.suspend(() => {
    if (isTerminal) return draw
    if (timer !== undefined) return Effect.void
    return Effect.map(Effect.forkDaemon(everyMinute), (fiber) => {
      timer = fiber
    })
  })
  const clear = Effect.suspend(() => {
    removeLine()
    progressText = Effect.succeed("")
    const fiber = timer
    timer = undefined
    return fiber === undefined ? Effect.void : Effect.asVoid(Fiber.interrupt(fiber))
  })

  const write = (text: string): Effect.Effect<void, ClosedOutput | OutputFailed> =>
    Effect.async((resume) => {
      removeLine()
      stdout.write(text, (error) => resume(error ? Effect.fail(failed(error)) : Effect.void))
    })

  return {
    /**
     * Writes data to standard output, and waits until it is written. If the reader has closed it, this is no error: the
     * command continues and exits as usual.
     */
    print: (text: string) => Effect.catchTag(write(text), "ClosedOutput", () => Effect.void),
    printWhileRead: write,
    /**
     * Shows a line of progress on standard error. A terminal shows it until other text is written. Without a terminal it
     * is printed once a minute until `clear`. The remaining time is that of the moment when the line is written.
     */
    progress: (text: string, left: Effect.Effect<string> = Effect.succeed("")) =>
      Effect.suspend(() => {
        progressText = Effect.map(left, (left) => text + left)
        return progress
      }),
    showWait: (text: string, delay: Duration.Duration) =>
      Effect.flatMap(Clock.currentTimeMillis, (time) => {
        wait = { text, until: time + Duration.toMillis(delay) }
        return isTerminal ? draw : Effect.void
      }),
    /** Asks a question at the terminal. Returns `undefined` if there is no terminal. */
    ask: (text: string): Effect.Effect<string | undefined> =>
      asks
        ? Effect.async((resume) => {
            removeLine()
            writeError(text)
            question = text
            let answer: string | undefined
            const lines = createInterface({ input: stdin })
            lines.once("line", (given) => {
              answer = given.trim()
              lines.close()
            })
            lines.once("close", () => {
              question = ""
              if (answer === undefined) writeError("\n")
              resume(Effect.succeed(answer ?? ""))
            })
            return Effect.sync(() => lines.close())
          })
        : Effect.succeed(undefined),
    input: Effect.tryPromise({
      try: async () => {
        stdin.setEncoding("utf8")
        let text = ""
        for await (const chunk of stdin) text += String(chunk)
        return text
      },
      catch: (error) => new InputFailed({ reason: error instanceof Error ? error.message : String(error) })
    }),
    /** Prints a permanent line for people if standard error is a terminal. */
    note: (text: string) => Effect.sync(() => (isTerminal ? line(text) : undefined)),
    /** Prints a line on standard error, even if it is not a terminal. */
    warn: (text: string) => Effect.sync(() => line(text)),
    unsafeWarn: line,
    clear,
    /** The width of a table, which is undefined outside a terminal, and whether it has colours. */
    table: { width: stdout.isTTY === true ? (stdout.columns ?? 80) : undefined, color: colors && hasColors(stdout) },
    /** True if questions can be asked: input and standard error are a terminal. */
    canAsk: asks,
    isTerminal,
    out,
    err,
    /** Makes a signal the expected end of the command, with exit code 0. */
    expectSignal: Effect.sync(onExpectSignal)
  }
}

/** Runs an effect, and returns its result with the lines that it printed as warnings. */
export const withWarnings = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Screen, (screen) => {
    const lines: Array<string> = []
    const warn: Service["warn"] = (text) =>
      Effect.zipRight(
        Effect.sync(() => lines.push(text)),
        screen.warn(text)
      )
    return Effect.map(Effect.provideService(self, Screen, { ...screen, warn }), (result) => [result, lines] as const)
  })

export const layer = (streams: Streams): Layer.Layer<Screen> => Layer.sync(Screen, () => make(streams))
