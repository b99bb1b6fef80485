/** Mistakes of locks. */
import { within } from "./mistake.ts"

const locks = within("access/src/internal/lock/locks.ts")
const acquire = within("access/src/internal/lock/acquire.ts")
const chain = within("access/src/internal/lock/chain.ts")
const hold = within("access/src/internal/lock/hold.ts")
const identity = within("access/src/internal/lock/identity.ts")
const stale = within("access/src/internal/lock/stale.ts")
const lock = within("access/src/Lock.ts")

export const locking = [
  locks(
    "a lock is given up after its timeout, and the work goes on",
    "if (left <= 0) {",
    'if (left <= 0) {\n      return Effect.succeed("none")',
    56
  ),
  acquire(
    "a stale holder is never taken over",
    "if (!isStale({ running, coordinated, renewedAt: last.renewedAt }, now)) return busy(last)",
    "return busy(last)",
    213
  ),
  acquire(
    "every holder is taken over",
    "if (!isStale({ running, coordinated, renewedAt: last.renewedAt }, now)) return busy(last)",
    "",
    105
  ),
  chain("a lock file is replaced", "fs.link(file, name)", "fs.rename(file, name)", 792),
  chain("a name that exists counts as one's own", "Option.exists((found) => found.token === token)", "() => true", 792),
  hold(
    "a lock is not renewed",
    'yield* Effect.ignore(Effect.zipRight(file.seek(0, "start"), file.writeAll(bytes)))',
    "",
    23
  ),
  hold("a lock is not released", "if (!(yield* touch(lock, token))) return", "return", 28),
  locks("the loss of a lock is not noticed", "Deferred.succeed(lost, undefined)", "Effect.void", 207),
  identity(
    "a process in another container counts as ended",
    "its.boot !== boot || its.namespace !== namespace",
    "its.boot !== boot",
    105
  ),
  identity("a process number is believed, whoever has it now", "found.start === start && ", "", 572),
  stale("a holder is stale after five seconds", "staleAfter = 60_000", "staleAfter = 5_000", 120),
  lock(
    "a checkpoint's lock is released before the work",
    "Effect.zipRight(Scope.extend(locks.checkpoint(checkpoint, options), scope), self)",
    "Effect.zipRight(Effect.scoped(locks.checkpoint(checkpoint, options)), self)",
    94
  )
]
