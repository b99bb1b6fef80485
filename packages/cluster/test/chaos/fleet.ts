/** Workers as processes that can be killed, frozen and cut off. */
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, readFileSync, rmSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Deferred, Effect, type Scope } from "effect"
import { build } from "esbuild"
import { until, within } from "../support/within.ts"
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
  /** Starts a worker in a place where there is none, and waits until it is there. */
  readonly start: (place: number) => Effect.Effect<void>
  /** Succeeds when it is gone. */
  readonly kill: (place: number) => Effect.Effect<void>
  /** Succeeds when it stands still. */
  readonly freeze: (place: number) => Effect.Effect<void>
  readonly thaw: (place: number) => Effect.Effect<void>
  readonly cut: (place: number) => Effect.Effect<void>
  readonly mend: (place: number) => Effect.Effect<void>
  /** Dies when a worker ends that nobody has killed, with what it said. */
  readonly lost: Effect.Effect<never>
}

export interface Options {
  /** What `program` gives. */
  readonly file: string
  readonly given: Omit<Given, "name">
  /** Missing where processes share the network of the tests. */
  readonly network?: Network | undefined
}

interface Member {
  readonly process: ChildProcess
  readonly gone: Deferred.Deferred<void>
}

/** No workers yet. Those that are started are killed when the scope ends. */
export const fleet = ({ file, given, network }: Options): Effect.Effect<Fleet, never, Scope.Scope> =>
  Effect.gen(function* () {
    const members = new Map<number, Member>()
    const lost = yield* Deferred.make<never>()
    const { NODE_OPTIONS: _options, ...environment } = process.env
    let started = 0

    const kill = (place: number) =>
      Effect.suspend(() => {
        const member = members.get(place)
        members.delete(place)
        if (member === undefined) return Effect.void
        member.process.kill("SIGKILL")
        return within(`the end of the worker in place ${place}`)(Deferred.await(member.gone))
      })

    yield* Effect.addFinalizer(() => Effect.forEach([...members.keys()], kill, { concurrency: "unbounded" }))

    const signal = (place: number, name: NodeJS.Signals) =>
      Effect.sync(() => void members.get(place)?.process.kill(name))

    /** A signal is delivered some time after it was sent. */
    const isStopped = (place: number) =>
      Effect.sync(() => {
        const stat = `/proc/${members.get(place)?.process.pid}/stat`
        return !existsSync(stat) || /\) T /.test(readFileSync(stat, "utf8"))
      })

    const start = (place: number) =>
      Effect.gen(function* () {
        if (members.has(place)) return
        started += 1
        const name = `worker-${place}-${started}`
        const isThere = yield* Deferred.make<void>()
        const gone = yield* Deferred.make<void>()
        const [command = "", ...args] = [...(network?.command(place) ?? []), process.execPath, "--no-deprecation", file]
        const child = spawn(command, args, {
          stdio: ["pipe", "pipe", "pipe"],
          env: { ...environment, CLUSTER_WORKER: JSON.stringify({ ...given, name }) }
        })
        const member: Member = { process: child, gone }
        members.set(place, member)
        let said = ""
        for (const stream of [child.stdout, child.stderr]) {
          stream.setEncoding("utf8").on("data", (text: string) => {
            said = (said + text).slice(-4000)
            if (/^ready$/m.test(said)) Deferred.unsafeDone(isThere, Effect.void)
          })
        }
        const over = (how: string) => {
          Deferred.unsafeDone(gone, Effect.void)
          if (members.get(place) !== member) return
          members.delete(place)
          Deferred.unsafeDone(lost, Effect.dieMessage(`${name} ended (${how}), and nobody had killed it:\n${said}`))
        }
        child.stdin.on("error", () => {})
        child.on("error", ({ message }) => over(message))
        child.on("close", (code, signal) => over(String(signal ?? code)))
        yield* Deferred.await(isThere).pipe(
          Effect.raceFirst(Deferred.await(lost)),
          within(`${name} to be there`, () => said)
        )
      })

    return {
      start,
      kill,
      freeze: (place) =>
        Effect.zipRight(
          signal(place, "SIGSTOP"),
          until(`the worker in place ${place} to stand still`, isStopped(place))
        ),
      thaw: (place) => signal(place, "SIGCONT"),
      cut: (place) => network?.cut(place) ?? Effect.void,
      mend: (place) => network?.mend(place) ?? Effect.void,
      lost: Deferred.await(lost)
    }
  })
