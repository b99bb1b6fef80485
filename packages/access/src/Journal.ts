/**
 * What was changed, line by line: an intent before each write, a result after.
 *
 * @since 0.1.0
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as internalFile from "./internal/journal/file.ts"
import type { Entry, Journal, JournalFailed } from "./internal/journal/model.ts"

export { Entry, type Journal, JournalFailed } from "./internal/journal/model.ts"

/**
 * An entry as a line of JSON, in which every character can be seen.
 *
 * @example
 * ```ts
 * import { Journal } from "@checkpoint-permissions/access"
 * import { Console, Effect } from "effect"
 *
 * // a journal on stdout
 * const printed: Journal.Journal = {
 *   write: (entries) => Effect.forEach(entries, (entry) => Console.log(Journal.toLine(entry)), { discard: true })
 * }
 * ```
 *
 * @category files
 * @since 0.1.0
 */
export const toLine: (entry: Entry) => string = internalFile.toLine

/**
 * A journal of JSON lines at the end of a file, which only its owner may read:
 * an existing file is made so. A symbolic link is refused. Each line is on the
 * disk before the write that it announces. A line that was left unfinished, by
 * an earlier run or by a full disk, is closed before the next is written.
 *
 * @example
 * ```ts
 * import { Access, type AccessPlan, Journal } from "@checkpoint-permissions/access"
 * import { Effect, Stream } from "effect"
 *
 * const applied = Effect.fn(function* (plan: AccessPlan.AccessPlan) {
 *   const journal = yield* Journal.file("access.journal")
 *   return yield* Stream.runCount(Access.apply(plan, { journal, actor: "release-bot" }))
 * }, Effect.scoped)
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const file = (
  path: string
): Effect.Effect<Journal, JournalFailed, FileSystem.FileSystem | Path.Path | Scope.Scope> => internalFile.open(path)
