/** Mistakes of those who write: creates, deletes, doubles, the reading back. */
import { within } from "./mistake.ts"

const failure = within("protocol/src/failure.ts")
const settling = within("protocol/src/internal/settling/create.ts")
const create = within("protocol/src/internal/settling/createAll.ts")
const remove = within("access/src/internal/checkpoint/deletePermission.ts")
const doubles = within("protocol/src/internal/settling/settleDoubles.ts")
const ensure = within("protocol/src/internal/settling/ensure.ts")
const grant = within("protocol/src/internal/settling/grant.ts")
const revoke = within("access/src/internal/checkpoint/revoke.ts")
const turn = within("access/src/internal/checkpoint/turn.ts")

export const writing = [
  failure(
    "a create that may have been executed is sent again",
    "const didNothing = !mayHaveExecuted &&",
    "const didNothing = true || ",
    4
  ),
  settling(
    "a create counts as done for all if its reply names one",
    "projects.every((project) => named.has(project))",
    "projects.some((project) => named.has(project))",
    231
  ),
  create(
    "a refusal means that nothing was done",
    'if (verdict === "unknown") {',
    'if (verdict === "unknown" && (failure === undefined || failure.mayHaveExecuted)) {',
    79
  ),
  create("a lost reply means that nothing was done", 'if (verdict === "unknown") {', "if (false) {", 4),
  create(
    "a create that was answered is sent again when a listing lags",
    "for (const { project_id } of reply.page.data) all.answered.add(project_id)",
    "{}",
    1
  ),
  remove(
    "a 404 to a delete is believed",
    ".pipe(Stream.runForEach((permission) => (permission.id === id ? Effect.fail(error) : Effect.void)))",
    ".pipe(Stream.take(0), Stream.runDrain)",
    16
  ),
  doubles(
    "after a double was deleted its project is not read again",
    "isReadSinceDelete = false",
    "isReadSinceDelete = true",
    61
  ),
  doubles("doubles are let be", "younger.length === 0 ? []", "younger.length >= 0 ? []", 58),
  doubles(
    "the one that should stay is deleted with the double",
    "isReadSinceDelete = false",
    "for (const one of reading.permissions) if (one.project_id === project && !deleted.has(one.id)) yield* calls.delete(one, { within: 60_000, atOnce: false })\n      isReadSinceDelete = false",
    61
  ),
  doubles("a double is deleted by a reading that is not certain", " || toRead.includes(project)", "", 1161),
  ensure(
    "a create's full reply is believed, and not read back",
    "if (created.granted.size === 0) break",
    "if (created.granted.size === 0 || asked.every((project) => all.answered.has(project))) break",
    18
  ),
  ensure("a project that is left without any after its grant is let be", "...doubles.none, ", "", 279),
  ensure("only the projects of one's own are read back", "readBack(calls, scope,", "readBack(calls, asked,", 18),
  grant(
    "a project that had a double counts as granted",
    "alreadyGranted: projects.filter(had)",
    "alreadyGranted: []",
    28
  ),
  grant(
    "a grant does not read first",
    "const missing = projects.filter((project) => !had(project))",
    "const missing = projects",
    28
  ),
  revoke(
    "one permission of each project is revoked",
    "    permissions,\n    (permission) =>",
    "    [...had.values()].map(([first]) => first),\n    (permission) =>",
    10
  ),
  revoke("an error of a delete is swallowed", "? Effect.fail(error)\n", "? Effect.void\n", 133),
  revoke(
    "what had no permission counts as revoked",
    "had.has(project) && !owning.has(project)",
    "!owning.has(project)",
    19
  ),
  turn(
    "two fibers of one service change a checkpoint at once",
    "turn.semaphore.withPermits(1)(Effect.suspend(() => self(wasHeld)))",
    "self(wasHeld)",
    217
  )
]
