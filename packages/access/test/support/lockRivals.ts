import { type ChildProcess, spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import { join } from "node:path"
import * as readline from "node:readline"
import { fileURLToPath } from "node:url"
import { Effect, type Scope } from "effect"
import { build } from "esbuild"

/** The program of the rivals in one file that any user may read: fifty that each compile their sources take too long. */
export const program: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.promise(async () => {
    const folder = fs.mkdtempSync(join(os.tmpdir(), "lock-rival-"))
    const outfile = join(folder, "rival.mjs")
    fs.chmodSync(folder, 0o755)
    await build({
      entryPoints: [fileURLToPath(new URL("lockRival.ts", import.meta.url))],
      outfile,
      bundle: true,
      platform: "node",
      format: "esm",
      logLevel: "silent"
    })
    return outfile
  }),
  (outfile) => Effect.sync(() => fs.rmSync(join(outfile, ".."), { recursive: true }))
)

export interface Rival {
  readonly child: ChildProcess
  readonly send: (line: "try" | "release") => void
  /** The next line that it says; fails when it has ended. */
  readonly says: Effect.Effect<string>
  /** Both, one after the other. */
  readonly asked: (line: "try" | "release") => Effect.Effect<string>
  /** Ends it without a chance to do anything more. */
  readonly kill: Effect.Effect<void>
}

export interface Options {
  readonly folder: string
  /** What runs Node, such as `unshare`. */
  readonly through?: ReadonlyArray<string>
  readonly uid?: number
}

/** Starts a rival, and waits until it is ready. */
export const start = (
  program: string,
  { folder, through = [], uid }: Options
): Effect.Effect<Rival, never, Scope.Scope> =>
  Effect.gen(function* () {
    const [command = "", ...args] = [...through, process.execPath, program, folder]
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(command, args, { stdio: ["pipe", "pipe", "inherit"], ...(uid === undefined ? {} : { uid, gid: uid }) })
      ),
      (child) =>
        Effect.sync(() => {
          // What it runs in another namespace ends with its standard input.
          child.stdin.destroy()
          child.kill("SIGKILL")
        })
    )
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()))
    child.stdin.on("error", () => {})
    const lines = readline.createInterface(child.stdout)[Symbol.asyncIterator]()
    const says = Effect.promise(async () => {
      const { done, value } = await lines.next()
      if (done) throw new Error("the rival has ended")
      return value
    })
    const send = (line: string) => void child.stdin.write(`${line}\n`)
    const first = yield* says
    if (first !== "ready") return yield* Effect.die(new Error(first))
    return {
      child,
      send,
      says,
      asked: (line) =>
        Effect.zipRight(
          Effect.sync(() => send(line)),
          says
        ),
      kill: Effect.zipRight(
        Effect.sync(() => child.kill("SIGKILL")),
        Effect.promise(() => ended)
      )
    }
  })
