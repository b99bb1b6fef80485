/**
 * Which process this is, and whether another one still runs. Process numbers are reused, after a reboot too, and each
 * namespace counts for itself: they say something only together with the boot, the namespace and the start time.
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { isReason } from "../unusable.ts"

/** A process, so that no other one is ever described by the same values. */
export const Instance = Schema.Struct({
  boot: Schema.String,
  /** The namespaces of process numbers and of time: start times are counted in the latter. */
  namespace: Schema.String,
  pid: Schema.Int,
  /** When it started, in clock ticks since the boot. */
  start: Schema.String
})

export interface Instance extends Schema.Schema.Type<typeof Instance> {}

export interface Identity {
  readonly pid: number
  readonly host: string
  /** Missing where there is no `/proc`, or where it is not that of this process's namespace. */
  readonly instance: Instance | undefined
}

/** State and start time in `/proc/<pid>/stat`, whose second field is a name that may hold anything. */
const parseStat = (text: string): Option.Option<{ readonly state: string; readonly start: string }> => {
  const [, state, start] = /.*\) (\S)(?: \S+){18} (\d+)\b/s.exec(text) ?? []
  return state === undefined || start === undefined ? Option.none() : Option.some({ state, start })
}

/**
 * The process number in `/proc/self/status`. With a number for each of several nested namespaces, `/proc` belongs to an
 * outer one, and its numbers are not those of this process's namespace.
 */
const parsePid = (status: string): Option.Option<number> =>
  Option.map(Option.fromNullable(/^NSpid:\s*(\d+)\s*$/m.exec(status)?.[1]), Number)

export const read = (
  fs: FileSystem.FileSystem,
  fallback: { readonly pid: number; readonly host: string } | undefined
): Effect.Effect<Identity> =>
  Effect.gen(function* () {
    const text = (path: string) => Effect.map(fs.readFileString(path), (content) => content.trim())
    const host = Effect.orElseSucceed(text("/proc/sys/kernel/hostname"), () => "an unnamed host")
    const instance = Effect.gen(function* () {
      const { start } = yield* Effect.flatMap(text("/proc/self/stat"), parseStat)
      const pid = yield* Effect.flatMap(text("/proc/self/status"), parsePid)
      const counted = yield* fs.readLink("/proc/self/ns/pid")
      const timed = yield* Effect.orElseSucceed(fs.readLink("/proc/self/ns/time"), () => "")
      return {
        boot: yield* text("/proc/sys/kernel/random/boot_id"),
        namespace: `${counted} ${timed}`.trim(),
        pid,
        start
      }
    })
    const own = Option.getOrUndefined(yield* Effect.option(instance))
    return { pid: fallback?.pid ?? own?.pid ?? 0, host: fallback?.host ?? (yield* host), instance: own }
  })

/**
 * Whether another process still runs. None where its number says nothing here. A process that has ended and waits for
 * its parent to notice counts as ended.
 */
export const isRunning = (
  fs: FileSystem.FileSystem,
  own: Instance | undefined,
  its: Instance | undefined
): Effect.Effect<Option.Option<boolean>> => {
  if (own === undefined || its === undefined) return Effect.succeedNone
  if (its.boot !== own.boot || its.namespace !== own.namespace) return Effect.succeedNone
  return Effect.match(fs.readFileString(`/proc/${its.pid}/stat`), {
    onSuccess: (text) =>
      Option.map(parseStat(text), (found) => found.start === its.start && !/^[ZX]$/.test(found.state)),
    onFailure: (error) => (isReason(error, "NotFound") ? Option.some(false) : Option.none())
  })
}
