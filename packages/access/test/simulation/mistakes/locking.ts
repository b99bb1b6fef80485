/** Mistakes of locks. */
import { within } from "./mistake.ts"

const locks = within("access/src/internal/lock/locks.ts")
const acquire = within("access/src/internal/lock/acquire.ts")
const chain = within("access/src/internal/lock/chain.ts")
const hold = within("access/src/internal/lock/hold.ts")
const identity = within("access/src/internal/lock/identity.ts")
const entry = within("access/src/internal/lock/entry.ts")
const stale = within("access/src/internal/lock/stale.ts")
const lock = within("access/src/Lock.ts")

export const locking = [
  locks(
    "a lock is given up after its timeout, and the work goes on",
    "if (left <= 0) {",
    'if (left <= 0) {\n      return Effect.succeed("none")',
    0
  ),
  locks("a lock is not renewed", "Effect.sleep(renewEvery)", 'Effect.sleep("1 day")', 0),
  locks("a lock is not released", "yield* Effect.addFinalizer(() => release(lock, token))", "", 0),
  locks(
    "a lock may be taken by somebody who is interrupted meanwhile",
    "Effect.uninterruptibleMask((restore) =>\n        Effect.gen",
    "((use) => use((self) => self))((restore) =>\n        Effect.gen",
    0
  ),
  acquire(
    "a stale holder is never taken over",
    "if (!isStale(running, last.renewedAt, now)) return busy(last)",
    "return busy(last)",
    0
  ),
  acquire("every holder is taken over", "if (!isStale(running, last.renewedAt, now)) return busy(last)", "", 0),
  acquire("a holder that runs is not believed", "Option.contains(running, true)", "false", 0),
  acquire(
    "who takes over does not look again",
    "if (tokens(chain) !== tokens([...stale, { token }]) || (yield* hasStoodStill(began))) return Changed()",
    "",
    0
  ),
  chain("a lock file is replaced", "fs.link(file, name)", "fs.rename(file, name)", 0),
  chain("a name that exists counts as one's own", "Option.exists((found) => found.token === token)", "() => true", 0),
  hold("whoever releases a lock removes the file of whoever has it now", "if (!isOurs(before)) return\n", "", 0),
  hold("a holder does not notice that it lost its lock", "chain.at(-1)?.token === token", "true", 0),
  identity(
    "a process in another container counts as ended",
    "its.boot !== boot || its.namespace !== namespace",
    "its.boot !== boot",
    0
  ),
  identity("a process number is believed, whoever has it now", "found.start === start && ", "", 0),
  entry(
    "the checkpoints have one name",
    'lock === "run" ? organization : checkpoint',
    'lock === "run" ? organization : "all"',
    0
  ),
  stale("a holder is stale after five seconds", "staleAfter = 60_000", "staleAfter = 5_000", 0),
  lock(
    "a checkpoint's lock is released before the work",
    "Effect.zipRight(Scope.extend(locks.checkpoint(checkpoint, options), scope), self)",
    "Effect.zipRight(Effect.scoped(locks.checkpoint(checkpoint, options)), self)",
    0
  )
]
