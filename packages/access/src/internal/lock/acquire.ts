/** One attempt at a lock. */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Unusable, unusable } from "../unusable.ts"
import { type Files, follow, type Link, linkNew, remove, successorOf } from "./chain.ts"
import { encode, newToken, type Subject } from "./entry.ts"
import { type Identity, isRunning } from "./identity.ts"
import type { Holder } from "./model.ts"
import { hasStoodStill, isCertain, isStale } from "./stale.ts"

export type Attempt = Data.TaggedEnum<{
  Taken: { readonly token: string; readonly wasHeld: boolean }
  Busy: { readonly holder: Option.Option<Holder> }
  /** Something changed meanwhile: try again at once. */
  Changed: object
}>

const { Busy, Changed, Taken } = Data.taggedEnum<Attempt>()

export interface Lock extends Files {
  readonly identity: Identity
  readonly command: string
  readonly coordinator: string | undefined
  readonly subject: Subject
}

const busy = ({ entry }: Link): Attempt => Busy({ holder: Option.map(entry, ({ holder }) => holder) })

const tokens = (chain: ReadonlyArray<Pick<Link, "token">>): string => chain.map(({ token }) => token).join()

/** Writes the entry whole under a name that nobody looks at, and says when that was. */
const write = ({ command, coordinator, fs, identity, subject }: Lock, file: string, token: string) =>
  Effect.gen(function* () {
    const { host, instance, pid } = identity
    const holder = { pid, host, command, since: yield* DateTime.now }
    const entry = { version: 1 as const, token, ...subject, holder, coordinator, instance }
    yield* fs.writeFileString(file, `${encode(entry)}\n`, { flag: "wx", mode: 0o600 })
    return Option.map((yield* fs.stat(file)).mtime, (date) => date.getTime())
  }).pipe(Effect.mapError(unusable(file)))

/**
 * Becomes the successor of a chain whose last holder is stale, and puts the file in place of the whole chain. `began`
 * is a time before the file was written.
 */
const takeOver = (
  lock: Lock,
  file: string,
  token: string,
  stale: ReadonlyArray<Link>,
  began: number
): Effect.Effect<Attempt, Unusable> =>
  Effect.gen(function* () {
    const { coordinator, fs, path } = lock
    const successor = successorOf(path, stale)
    if (!(yield* linkNew(lock, file, successor, token))) return Changed()
    return yield* Effect.gen(function* () {
      const chain = yield* follow(lock)
      if (tokens(chain) !== tokens([...stale, { token }]) || (yield* hasStoodStill(coordinator !== undefined, began)))
        return Changed()
      yield* Effect.mapError(fs.rename(file, path), unusable(path))
      yield* Effect.forEach(stale.slice(1), (link) => remove(fs, link.path))
      return Taken({ token, wasHeld: true })
    }).pipe(Effect.ensuring(remove(fs, successor)))
  })

/**
 * Takes the lock if it is free, or if its holder is stale. Not to be interrupted: an operation that has begun is
 * carried out all the same.
 */
export const attempt = (lock: Lock): Effect.Effect<Exclude<Attempt, { readonly _tag: "Changed" }>, Unusable> =>
  Effect.gen(function* () {
    const { coordinator, fs, identity, path } = lock
    const chain = yield* follow(lock)
    const last = chain.at(-1)
    const its = last && Option.getOrUndefined(last.entry)
    const running = yield* isRunning(fs, identity.instance, its?.instance)
    const coordinated = its?.coordinator !== undefined && its.coordinator === coordinator
    if (last !== undefined && isCertain({ running, coordinated })) return busy(last)
    const token = yield* newToken
    const file = `${path}.${token}.new`
    return yield* Effect.gen(function* () {
      const began = yield* Clock.currentTimeMillis
      const now = yield* write(lock, file, token)
      if (last === undefined)
        return (yield* linkNew(lock, file, path, token)) ? Taken({ token, wasHeld: false }) : Changed()
      if (!isStale({ running, coordinated, renewedAt: last.renewedAt }, now)) return busy(last)
      return yield* takeOver(lock, file, token, chain, began)
    }).pipe(Effect.ensuring(remove(fs, file)))
  }).pipe(Effect.flatMap((result) => (result._tag === "Changed" ? attempt(lock) : Effect.succeed(result))))
