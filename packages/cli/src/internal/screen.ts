/**
 * Standard output for data, standard error for people: what a command says, and
 * where. One line of progress lives at the bottom of a terminal and makes way
 * for whatever else is written.
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { emptyLine, type Style, style } from "./style.ts"
import { cut } from "./text.ts"

/** As much of a `WriteStream` of Node as is needed. */
export interface Writable {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  readonly hasColors?: (() => boolean) | undefined
  write(text: string, callback: (error?: Error | null) => void): boolean
  on(event: "error", listener: (error: Error) => void): unknown
}

/** Who read standard output has gone, as `head` does: there is nothing left to do. */
export class ClosedOutput extends Data.TaggedError("ClosedOutput") {}

/** Standard output cannot be written, for instance since the disk is full. */
export class OutputFailed extends Data.TaggedError("OutputFailed")<{ readonly reason: string }> {
  override get message(): string {
    return `standard output cannot be written: ${this.reason}`
  }
}

export interface Service {
  /** Data, on standard output; waits until it is taken. */
  readonly print: (text: string) => Effect.Effect<void, ClosedOutput | OutputFailed>
  /** The line of progress, on standard error if that is a terminal; gone when anything else is written. */
  readonly progress: (text: string) => Effect.Effect<void>
  /** A line for people that stays, on standard error if that is a terminal. */
  readonly note: (text: string) => Effect.Effect<void>
  /** A line on standard error, wherever that goes. */
  readonly complain: (text: string) => Effect.Effect<void>
  /** The same at once, for loggers. */
  readonly unsafeComplain: (text: string) => void
  /** Empties the line of progress. */
  readonly clear: Effect.Effect<void>
  /** How wide standard output is. */
  readonly columns: number
  /** Colours of standard output. */
  readonly out: Style
  /** Colours of standard error. */
  readonly err: Style
  /** From here on a signal is the expected end, with exit code 0. */
  readonly endsCleanly: Effect.Effect<void>
}

export class Screen extends Context.Tag("@checkpoint-permissions/cli/Screen")<Screen, Service>() {}

export interface Streams {
  readonly stdout: Writable
  readonly stderr: Writable
  readonly onEndsCleanly: () => void
}

const hasColors = (stream: Writable): boolean => stream.isTTY === true && (stream.hasColors?.() ?? false)

const failed = (error: Error): ClosedOutput | OutputFailed => {
  const code = "code" in error ? String(error.code) : error.message
  return code === "EPIPE" || code === "ERR_STREAM_DESTROYED" ? new ClosedOutput() : new OutputFailed({ reason: code })
}

export const make = ({ onEndsCleanly, stderr, stdout }: Streams): Service => {
  const out = style(hasColors(stdout))
  const err = style(hasColors(stderr))
  const isTerminal = stderr.isTTY === true
  let live = false
  /** Without a listener a failed write would end the process; its callback tells the same. */
  stdout.on("error", () => {})
  stderr.on("error", () => {})

  const toErr = (text: string): void => {
    stderr.write(text, () => {})
  }
  const clear = (): void => {
    if (live) toErr(emptyLine)
    live = false
  }
  const line = (text: string): void => {
    clear()
    toErr(`${text}\n`)
  }

  return {
    print: (text) =>
      Effect.async((resume) => {
        clear()
        stdout.write(text, (error) => resume(error ? Effect.fail(failed(error)) : Effect.void))
      }),
    progress: (text) =>
      Effect.sync(() => {
        if (!isTerminal) return
        live = true
        toErr(emptyLine + err.dim(cut(text, (stderr.columns ?? 80) - 1)))
      }),
    note: (text) => Effect.sync(() => (isTerminal ? line(text) : undefined)),
    complain: (text) => Effect.sync(() => line(text)),
    unsafeComplain: line,
    clear: Effect.sync(clear),
    columns: stdout.columns ?? 80,
    out,
    err,
    endsCleanly: Effect.sync(onEndsCleanly)
  }
}

export const layer = (streams: Streams): Layer.Layer<Screen> => Layer.sync(Screen, () => make(streams))
