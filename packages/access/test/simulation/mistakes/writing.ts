/** Mistakes of those who write: creates, deletes, doubles, the reading back. */
import { within } from "./mistake.ts"

const failure = within("protocol/src/failure.ts")
const onCreate = within("protocol/src/internal/settling/create.ts")
const create = within("access/src/internal/checkpoint/create.ts")
const remove = within("access/src/internal/checkpoint/deletePermission.ts")
const doubles = within("access/src/internal/checkpoint/doubles.ts")
const doubled = within("protocol/src/internal/settling/settleDoubles.ts")
const ensure = within("access/src/internal/checkpoint/ensure.ts")
const grant = within("access/src/internal/checkpoint/grant.ts")
const revoke = within("access/src/internal/checkpoint/revoke.ts")
const turn = within("access/src/internal/checkpoint/turn.ts")

export const writing = [
  failure(
    "a create that may have been executed is sent again",
    "const didNothing = !mayHaveExecuted &&",
    "const didNothing = true || ",
    0
  ),
  onCreate(
    "a create is done for all projects if its reply names one",
    "projects.every((project) => named.has(project))",
    "projects.some((project) => named.has(project))",
    0
  ),
  onCreate(
    "a refusal means that nothing was done",
    'return isRefusal(reply.failure) || reply.failure.mayHaveExecuted ? "unknown" : "failed"',
    'return reply.failure.mayHaveExecuted ? "unknown" : "failed"',
    0
  ),
  create("a lost reply means that nothing was done", 'verdict === "unknown"\n        ?', "false\n        ?", 0),
  create(
    "a create that was answered is sent again when a listing lags",
    "for (const { project_id } of sent.right.data) answered.add(project_id)",
    "{}",
    0
  ),
  remove(
    "a 404 to a delete is believed",
    ".pipe(Stream.runForEach((permission) => (permission.id === id ? Effect.fail(error) : Effect.void)))",
    ".pipe(Stream.take(0), Stream.runDrain)",
    0
  ),
  remove(
    "a delete that failed counts as done",
    ": Effect.fail(error)\n    )\n  )",
    ": Effect.void\n    )\n  )",
    0
  ),
  doubles(
    "after a double was deleted its project is not read again",
    "isReadSinceDelete = false",
    "isReadSinceDelete = true",
    0
  ),
  doubles("doubles are let be", "({ length }) => length > 1", "() => false", 0),
  doubles(
    "the one that should stay is deleted with the double",
    "isReadSinceDelete = false",
    "for (const one of reading.permissions) if (one.project_id === project && !deleted.has(one.id)) yield* writes.delete(one)\n      isReadSinceDelete = false",
    0
  ),
  doubled("a double is deleted by a reading that is not certain", " || toRead.includes(project)", "", 0),
  ensure(
    "a create's full reply is believed, and not read back",
    "if (created.granted.size === 0) break",
    "if (created.granted.size === 0 || missing.every((project) => answered.has(project))) break",
    0
  ),
  ensure("a project that is left with none is not granted again", "...doubles.none, ", "", 0),
  ensure("doubles of one's own creates stay", "several = doubles.several", "several = []", 0),
  ensure("what is not listed yet counts as listed", "answered.has(project_id) && !latest", "false && !latest", 0),
  ensure(
    "only the projects of one's own are read back",
    "read(service, checkpoint, scope)",
    "read(service, checkpoint, missing)",
    0
  ),
  grant("the owning project counts as granted", "!ensured.owning.has(project) && ", "", 0),
  grant("what is not listed counts as granted", " && !unlisted.includes(project)", "", 0),
  grant(
    "a project that had a double counts as granted",
    "alreadyGranted: projects.filter(had)",
    "alreadyGranted: []",
    0
  ),
  grant(
    "a grant does not read first",
    "const missing = projects.filter((project) => !had(project))",
    "const missing = projects",
    0
  ),
  revoke(
    "one permission of each project is revoked",
    "    permissions,\n    (permission) =>",
    "    [...pages.projects.values()].map(([first]) => first),\n    (permission) =>",
    0
  ),
  revoke("an error of a delete is swallowed", "? Effect.fail(error)\n", "? Effect.void\n", 0),
  revoke(
    "what had no permission counts as revoked",
    "pages.projects.has(project) && !owning.has(project)",
    "!owning.has(project)",
    0
  ),
  turn("two fibers of one service change a checkpoint at once", "turn.semaphore.withPermits(1)(Effect.suspend(() => self(wasHeld)))", "self(wasHeld)", 0)
]
