/** The programs of this example as processes. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"

export interface Running {
  readonly pid: number | undefined
  readonly signal: (signal: NodeJS.Signals) => Effect.Effect<void>
  /** The exit code or the signal that ended the process, and what it printed. */
  readonly ended: Effect.Effect<{ readonly end: string; readonly stdout: string; readonly stderr: string }>
}

/** Starts `src/<name>.ts`. It is killed with the scope. */
export const program = (name: string, args: ReadonlyArray<string>, env: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const file = fileURLToPath(new URL(`../src/${name}.ts`, import.meta.url))
      const child = spawn(process.execPath, ["--import", "tsx", file, ...args], { env: { ...process.env, ...env } })
      const said = { stdout: "", stderr: "" }
      for (const stream of ["stdout", "stderr"] as const) {
        child[stream].setEncoding("utf8").on("data", (text: string) => {
          said[stream] += text
        })
      }
      const closed = once(child, "close")
      const running: Running = {
        pid: child.pid,
        signal: (signal) => Effect.sync(() => child.kill(signal)),
        ended: Effect.promise(async () => {
          const [code, signal] = await closed
          return { end: String(code ?? signal), ...said }
        })
      }
      return { running, child, closed }
    }),
    ({ child, closed }) =>
      Effect.promise(async () => {
        child.kill("SIGKILL")
        await closed
      })
  ).pipe(Effect.map(({ running }) => running))
