/** Workers as processes that can be killed, frozen and cut off. */
import { type ChildProcess, spawn } from "node:child_process"
import { rmSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"
import { build } from "esbuild"
import type { Network } from "./network.ts"
import type { Given } from "./worker.ts"

/** The worker as one file: three that compile their sources keep a machine busy for longer than they work. */
export const program = Effect.acquireRelease(
  Effect.promise(async () => {
    const outfile = fileURLToPath(new URL(`../../build/worker.${crypto.randomUUID()}.cjs`, import.meta.url))
    await build({
      entryPoints: [fileURLToPath(new URL("worker.ts", import.meta.url))],
      outfile,
      bundle: true,
      platform: "node",
      format: "cjs",
      target: "node20.12",
      external: ["pg-native", "libsql"],
      logLevel: "error"
    })
    return outfile
  }),
  (file) => Effect.sync(() => rmSync(file, { force: true }))
)

export interface Fleet {
  /** Starts a worker in a place, and waits until it is there. */
  readonly start: (place: number) => Effect.Effect<void>
  readonly kill: (place: number) => Effect.Effect<void>
  readonly freeze: (place: number) => Effect.Effect<void>
  readonly thaw: (place: number) => Effect.Effect<void>
  readonly cut: (place: number) => Effect.Effect<void>
  readonly mend: (place: number) => Effect.Effect<void>
}

export interface Options {
  /** What `program` gives. */
  readonly file: string
  readonly given: Omit<Given, "name">
  /** Missing where processes share the network of the tests. */
  readonly network?: Network | undefined
}

/** No workers yet. Those that are started are killed when the scope ends. */
export const fleet = ({ file, given, network }: Options) =>
  Effect.gen(function* () {
    const children = new Map<number, ChildProcess>()
    // The workers are in networks of their own: they connect to an address that is not the loopback one.
    const { NODE_OPTIONS: _options, ...environment } = process.env
    let started = 0

    const kill = (place: number) =>
      Effect.async<void>((resume) => {
        const child = children.get(place)
        children.delete(place)
        if (child === undefined || child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
        child.once("exit", () => resume(Effect.void))
        child.kill("SIGKILL")
      })
    yield* Effect.addFinalizer(() => Effect.forEach([...children.keys()], kill, { discard: true }))

    const signal = (place: number, name: NodeJS.Signals) => Effect.sync(() => void children.get(place)?.kill(name))

    const start = (place: number) =>
      Effect.async<void>((resume) => {
        started += 1
        const name = `worker-${place}-${started}`
        const [command = "", ...args] = [...(network?.command(place) ?? []), process.execPath, "--no-deprecation", file]
        const child = spawn(command, args, {
          stdio: ["pipe", "pipe", "inherit"],
          env: { ...environment, CLUSTER_WORKER: JSON.stringify({ ...given, name }) }
        })
        children.set(place, child)
        child.stdin.on("error", () => {})
        child.stdout.once("data", () => resume(Effect.void))
        child.once("exit", () => resume(Effect.void))
      })

    const result: Fleet = {
      start,
      kill,
      freeze: (place) => signal(place, "SIGSTOP"),
      thaw: (place) => signal(place, "SIGCONT"),
      cut: (place) => network?.cut(place) ?? Effect.void,
      mend: (place) => network?.mend(place) ?? Effect.void
    }
    return result
  })
