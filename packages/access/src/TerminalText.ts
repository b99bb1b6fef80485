/**
 * Text for a terminal: how many columns it takes, how it is cut and padded, and how untrusted text is made safe.
 *
 * Columns are those of `string-width`, and text is cut between graphemes. Make untrusted text {@link printable} before it
 * is measured or cut.
 *
 * @example
 * ```ts
 * import { TerminalText } from "@checkpoint-permissions/access"
 *
 * const row = (name: string, note: string): string =>
 *   `${TerminalText.pad(TerminalText.printable(name), 20)}  ${TerminalText.truncate(TerminalText.oneLine(note), 40)}`
 * ```
 *
 * @since 0.1.0
 */
import * as safety from "@checkpoint-permissions/protocol/text"
import * as text from "./internal/render/text.ts"

/**
 * How many columns a text takes.
 *
 * @category layout
 */
export const width: (text: string) => number = text.width

/**
 * Spaces after the text, up to so many columns. A longer text stays as it is.
 *
 * @category layout
 */
export const pad: (text: string, columns: number) => string = text.pad

/**
 * Lines of at most so many columns, cut where a line is full, as for an id. A grapheme that is wider has a line of its
 * own. There is at least one line, and together they are the text.
 *
 * @category layout
 */
export const fold: (text: string, columns: number) => ReadonlyArray<string> = text.fold

/**
 * Lines of at most so many columns, broken at spaces where that is possible. A word that is longer is folded.
 *
 * @category layout
 */
export const wrap: (text: string, columns: number) => ReadonlyArray<string> = text.wrap

/**
 * The text in at most so many columns: what is too long ends in `…`.
 *
 * @category layout
 */
export const truncate: (text: string, columns: number) => string = text.truncate

/**
 * Untrusted text with what acts on a terminal or cannot be seen spelt out, as `\u001b` or `\u{e0041}`: controls, format
 * characters, fillers, variation selectors, tags, and spaces that are not the usual ones.
 *
 * @category safety
 */
export const visible: (text: string) => string = safety.visible

/**
 * The same for the log of a CI job too, which obeys `::` at the beginning of a line and `##[` anywhere.
 *
 * @category safety
 */
export const printable: (text: string) => string = safety.printable

/**
 * The same on one line, white space collapsed.
 *
 * @category safety
 */
export const oneLine = (text: string): string => safety.printable(safety.oneLine(text))

/**
 * JSON with nothing in it that acts on a terminal, hides or is a command to a CI job. It reads back as the same value.
 * Takes what `JSON.stringify` returns.
 *
 * @category safety
 */
export const visibleJson: (json: string) => string = safety.visibleJson
