import { type ChildProcess, spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import { join } from "node:path"
import * as readline from "node:readline"
import { fileURLToPath } from "node:url"
import { Effect, type Scope } from "effect"
import { build } from "esbuild"
import type { Settings } from "./lockRival.ts"

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
  /** Stops it. Where that can be seen, none of its threads is in the middle of anything any more. */
  readonly freeze: Effect.Effect<void>
}

export interface Options extends Partial<Settings> {
  readonly folder: string
  /** What runs Node, such as `unshare`. */
  readonly through?: ReadonlyArray<string>
  readonly uid?: number
}

/** Whether each thread of a process is stopped: one may end a call of the system after the signal. */
const isStopped = (pid: number | undefined): boolean => {
  const threads = `/proc/${pid}/task`
  const isStill = (thread: string) => / [Tt] \d+ \d+ /.test(fs.readFileSync(join(threads, thread, "stat"), "utf8"))
  return !fs.existsSync(threads) || fs.readdirSync(threads).every(isStill)
}

/** Starts a rival, and waits until it is ready. */
export const start = (
  program: string,
  { folder, speed = 1, through = [], uid, withoutProc = false, ...others }: Options
): Effect.Effect<Rival, never, Scope.Scope> =>
  Effect.gen(function* () {
    const settings: Settings = { folder, speed, withoutProc, ...others }
    const [command = "", ...args] = [...through, process.execPath, program, JSON.stringify(settings)]
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
      ),
      freeze: Effect.suspend(() => {
        child.kill("SIGSTOP")
        return Effect.repeat(Effect.sleep("1 millis"), { until: () => isStopped(child.pid) })
      })
    }
  })
