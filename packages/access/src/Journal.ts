/**
 * A journal of changes as JSON lines: an intent before each write, a result after it.
 *
 * @since 0.1.0
 */
export { file, lines } from "./internal/journal/file.ts"
export { Entry, type Journal, JournalFailed } from "./internal/journal/model.ts"
