/** Mistakes of those who read: of the client's listings, and of readings that decide what is written. */
import { within } from "./mistake.ts"

const listing = within("protocol/src/listing.ts")
const recovery = within("protocol/src/internal/listing/recovery.ts")
const duplicates = within("protocol/src/internal/settling/duplicates.ts")
const oldest = within("protocol/src/internal/settling/oldest.ts")
const read = within("access/src/internal/checkpoint/read.ts")
const plan = within("access/src/internal/plan/plan.ts")
const derive = within("access/src/internal/plan/derive.ts")

export const reading = [
  listing(
    "an empty page is taken for the end",
    "if (!page.has_more) return",
    "if (!page.has_more || page.data.length === 0) return",
    0
  ),
  listing(
    "a cursor that comes again is followed, and a permission that comes again is listed",
    "if (Cursors.isRepeated(history.cursors, after)) {",
    "if (false) {",
    0,
    ["return id === undefined\n    ? accept(", "return true\n    ? accept("]
  ),
  listing(
    "a permission that comes again is listed twice",
    "return id === undefined\n    ? accept(",
    "return true\n    ? accept(",
    0
  ),
  listing(
    "an empty last page is believed",
    "return isEmptyLast(page)\n        ? askEarlier",
    "return false\n        ? askEarlier",
    0
  ),
  recovery(
    "a listing that starts over is taken for its end",
    'return { _tag: "repeated", id }',
    'return { _tag: "ended" }',
    0
  ),
  duplicates(
    "of which permission is the oldest a reading is always certain",
    "if (isConfirmed || younger.every((one) => pageOf(one) <= pageOf(oldest))) {",
    "if (true) {",
    0
  ),
  duplicates("what is uncertain is not read again", "else toRead.push(oldest.project_id)", "", 0),
  duplicates(
    "the oldest of an earlier reading stays, though it is gone",
    "earlier !== undefined && now.some(({ id }) => id === earlier[0].id)",
    "earlier !== undefined",
    0
  ),
  oldest(
    "of permissions of one second the one stays that is listed first",
    "compare(one.created_at, other.created_at) || compare(one.id, other.id)",
    "compare(one.created_at, other.created_at)",
    0
  ),
  oldest(
    "the youngest permission stays",
    "compare(one.created_at, other.created_at) ||",
    "-compare(one.created_at, other.created_at) ||",
    0
  ),
  read("everything is read in ascending order", 'order: "descending"', 'order: "ascending"', 0),
  read("permissions of other projects count too", "wanted === undefined || wanted.has(project_id)", "true", 0),
  plan(
    "a checkpoint that could not be read is planned as empty",
    "if (row?.complete === true)",
    "if (row !== undefined)",
    0
  ),
  plan(
    "a reading is kept under the checkpoint that was read first",
    "readings.set(checkpoint, outcome.right)",
    "readings.set(checkpoints[0], outcome.right)",
    0
  ),
  derive("`at-least` revokes doubles too", 'return wanted.mode === "exact" && isAsked', "return isAsked", 0),
  derive(
    "the older of two permissions is planned to be revoked",
    "flatMap(([oldest, ...younger]) => {",
    "flatMap((all) => {\n    const oldest = all.at(-1)\n    const younger = all.slice(0, -1)",
    0
  )
]
