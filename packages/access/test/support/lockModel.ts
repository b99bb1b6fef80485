import { VirtualClock } from "@checkpoint-permissions/testing"
import { FileSystem, Path } from "@effect/platform"
import { Clock, Deferred, Effect, Exit, Random, Scope } from "effect"
import { Lock } from "../../src/index.ts"
import { intercepted, type Operation } from "./interceptedFiles.ts"
import { ProcessTable } from "./lockProcessTable.ts"
import { memoryDisk } from "./memoryFiles.ts"
import { checkpoint } from "./world.ts"

const folder = "/state"
const server = { apiUrl: "https://api.openai.com/v1" }

/** So that a run in which nothing happens is noticed. */
export interface Counts {
  readonly held: number
  readonly locked: number
  readonly killed: number
  readonly frozen: number
  readonly lost: number
}

export interface Outcome {
  /** What must never be: two that believe they hold the lock, a lock that stays taken, files left behind. */
  readonly wrong: ReadonlyArray<string>
  readonly counts: Counts
}

/** How long it takes until a holder that goes on has looked at its file again, in milliseconds. */
const renewal = 11_000

interface Believer {
  readonly name: string
  /** It stood still for so long that it may have been taken over. */
  frozen: boolean
  /** Until when it need not know, in Unix milliseconds: it has renewed its file then. */
  excusedUntil: number
}

/**
 * Processes of two process namespaces, and one that knows no `/proc`, that take
 * one lock again and again. Any of them may be killed or frozen before any of
 * its operations on files. One that is frozen for a minute just before it
 * renames or removes a lock file is left out: no file system offers "remove if
 * it still holds this".
 */
export const run = (seed: number): Effect.Effect<Outcome> =>
  Effect.gen(function* () {
    const disk = yield* memoryDisk(folder)
    const table = new ProcessTable()
    const believers = new Set<Believer>()
    const wrong: Array<string> = []
    const counts = { held: 0, locked: 0, killed: 0, frozen: 0, lost: 0 }
    const between = Random.nextIntBetween
    const chance = (percent: number) => Effect.map(between(0, 100), (number) => number < percent)
    const coordinator = (yield* chance(50)) ? "store" : undefined

    const process = Effect.fnUntraced(function* (number: number) {
      const namespace = ["a", "a", "b", undefined][yield* between(0, 4)]
      const pid = 100 + number
      const name = `${pid}@${namespace}`
      if (namespace !== undefined) table.start(namespace, pid, number)
      const killed = yield* Deferred.make<void>()
      const fault = yield* chance(60)
      const freezes = yield* chance(50)
      const frozenFor = yield* between(61_000, 80_000)
      let left = yield* between(1, 60)
      let thawsAt = 0
      let own: Believer | undefined
      let everFrozen = false

      const standStill = Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        if (now < thawsAt) yield* Effect.sleep(thawsAt - now)
      })
      const before = ({ method, path }: Operation) =>
        Effect.gen(function* () {
          if (yield* chance(50)) yield* Effect.sleep(yield* between(1, 20))
          yield* standStill
          if (!fault) return
          left -= 1
          const mine = left
          if (mine > 0) return
          if (freezes) {
            if (mine < 0 || (path.endsWith(".lock") && (method === "rename" || method === "remove"))) return
            counts.frozen += 1
            everFrozen = true
            thawsAt = (yield* Clock.currentTimeMillis) + frozenFor
            if (own !== undefined) {
              own.frozen = true
              own.excusedUntil = thawsAt + renewal
            }
            return yield* standStill
          }
          if (mine === 0) {
            counts.killed += 1
            if (namespace !== undefined) table.end(namespace, pid)
            if (own !== undefined) believers.delete(own)
            yield* Deferred.succeed(killed, undefined)
          }
          return yield* Effect.never
        })

      const locks = yield* Lock.make({
        folder,
        server,
        command: name,
        coordinator,
        onWarning: (line) => Effect.sync(() => wrong.push(line))
      }).pipe(
        Effect.provideService(Path.Path, yield* Path.Path),
        Effect.provideService(FileSystem.FileSystem, intercepted(disk.files(table.proc(namespace, pid)), before))
      )

      const turn = Effect.gen(function* () {
        yield* Effect.sleep(yield* between(0, 1_000))
        const scope = yield* Scope.make()
        const timeout = [0, 1_000, 70_000][yield* between(0, 3)] ?? 0
        const taken = yield* Effect.either(Scope.extend(locks.checkpoint(checkpoint("ft:a"), { timeout }), scope))
        if (taken._tag === "Left") {
          counts.locked += 1
          return yield* Scope.close(scope, Exit.void)
        }
        counts.held += 1
        const now = yield* Clock.currentTimeMillis
        const me: Believer = { name, frozen: everFrozen, excusedUntil: everFrozen ? thawsAt + renewal : 0 }
        own = me
        const others = [...believers].filter((other) => other.excusedUntil < now)
        if (others.length > 0 && me.excusedUntil < now) {
          wrong.push(`${name} and ${others.map((other) => other.name).join()} at ${now}`)
        }
        believers.add(me)
        const lost = yield* Effect.race(
          Effect.as(taken.right.lost, true),
          Effect.as(Effect.sleep([yield* between(0, 500), yield* between(0, 25_000)][yield* between(0, 2)] ?? 0), false)
        )
        if (lost) {
          counts.lost += 1
          if (!me.frozen) wrong.push(`${name} lost its lock without having been frozen`)
        }
        believers.delete(me)
        yield* Scope.close(scope, Exit.void)
        everFrozen = false
      })
      const turns = Effect.repeatN(turn, yield* between(1, 4))
      // A process that was killed stays where it is, also where it cannot be interrupted.
      yield* Effect.raceFirst(Effect.disconnect(turns), Deferred.await(killed))
    })

    const numbers = Array.from({ length: yield* between(2, 6) }, (_, i) => i)
    yield* Effect.forEach(numbers, process, { concurrency: "unbounded", discard: true })

    const last = yield* Lock.make({ folder, server, command: "the last" }).pipe(
      Effect.provideService(FileSystem.FileSystem, disk.files(table.proc("a", 1)))
    )
    const end = yield* Effect.exit(Effect.scoped(last.checkpoint(checkpoint("ft:a"), { timeout: "62 seconds" })))
    if (Exit.isFailure(end)) wrong.push(`nobody gets the lock in the end: ${end.cause}`)
    const files = disk.below()
    if (files.some((path) => path.endsWith(".lock"))) wrong.push("the lock file was left behind")
    if (files.length > 0 && counts.killed === 0) wrong.push(`left behind: ${files.join()}`)
    return { wrong, counts }
  }).pipe(Effect.provide(Path.layer), Effect.withRandom(Random.make(seed)), (simulation) =>
    VirtualClock.run(simulation, { seed, yieldChance: 0.01, startAt: Date.UTC(2026, 0, 1) })
  )
