/** Mistakes of those who read: of the client's listings, and of readings that decide what is written. */
import { within } from "./mistake.ts"

const listing = within("protocol/src/listing.ts")
const duplicates = within("protocol/src/internal/settling/duplicates.ts")
const oldest = within("protocol/src/internal/settling/oldest.ts")
const read = within("access/src/internal/checkpoint/read.ts")
const plan = within("access/src/internal/plan/plan.ts")
const breaker = within("access/src/internal/run/breaker.ts")
const derive = within("access/src/internal/plan/derive.ts")

export const reading = [
  listing(
    "an empty last page is believed",
    "return isEmptyLast(page)\n        ? askEarlier",
    "return false\n        ? askEarlier",
    687
  ),
  listing(
    "an empty page is taken for the end",
    "if (!page.has_more) return",
    "if (!page.has_more || page.data.length === 0) return",
    61
  ),
  listing(
    "a cursor that comes again is followed, and a permission that comes again is listed",
    "if (Cursors.isRepeated(history.cursors, after)) {",
    "if (false) {",
    64,
    ["return id === undefined\n    ? accept(", "return true\n    ? accept("]
  ),
  listing(
    "a permission that comes again is listed twice",
    "return id === undefined\n    ? accept(",
    "return true\n    ? accept(",
    64
  ),
  duplicates("what is uncertain is not read again", "else toRead.push(oldest.project_id)", "", 1161),
  oldest(
    "of permissions of one second the one stays that is listed first",
    "compare(one.created_at, other.created_at) || compare(one.id, other.id)",
    "compare(one.created_at, other.created_at)",
    11
  ),
  oldest(
    "the youngest permission stays",
    "compare(one.created_at, other.created_at) ||",
    "-compare(one.created_at, other.created_at) ||",
    61
  ),
  read("everything is read in ascending order", 'order: "descending"', 'order: "ascending"', 173),
  read("permissions of other projects count too", "wanted === undefined || wanted.has(project_id)", "true", 47),
  plan(
    "a reading is kept under the checkpoint that was read first",
    "readings.set(checkpoint, outcome.right)",
    "readings.set(checkpoints[0], outcome.right)",
    87
  ),
  breaker("a run goes on however many fail", 'inARow >= endAfter ? "end" :', 'false ? "end" :', 63),
  breaker(
    "every checkpoint is tried again, however many failed",
    'inARow >= tryOnceAfter ? "once"',
    'false ? "once"',
    63
  ),
  breaker("what is not there counts as a failure of the server", " || concernsOne(outcome)", "", 383),
  breaker("a failure of another status goes on a row", "isSame ? inARow + 1 : 1", "inARow + 1", 319),
  breaker(
    "an answer does not end a row",
    'if (outcome === "answered") return closed',
    'if (outcome === "answered") return breaker',
    511
  ),
  derive("`at-least` revokes doubles too", 'return wanted.mode === "exact" && isAsked', "return isAsked", 132),
  derive(
    "the older of two permissions is planned to be revoked",
    "flatMap(([oldest, ...younger]) => {",
    "flatMap((all) => {\n    const oldest = all.at(-1)\n    const younger = all.slice(0, -1)",
    61
  )
]
