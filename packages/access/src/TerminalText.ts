/**
 * Text for a terminal, in columns as `string-width` counts them. Text is cut between graphemes. Escape untrusted text
 * before it is measured or cut, with {@link singleLine} or `printable` of `protocol/text`.
 *
 * @example
 * ```ts
 * import { TerminalText } from "@checkpoint-permissions/access"
 *
 * const row = (name: string, note: string): string =>
 *   `${TerminalText.pad(TerminalText.singleLine(name), 20)}  ${TerminalText.truncate(TerminalText.singleLine(note), 40)}`
 * ```
 *
 * @since 0.1.0
 */
import * as safety from "@checkpoint-permissions/protocol/text"

export { pad, truncate, width } from "./internal/render/text.ts"

/**
 * Returns untrusted text on one line, with white space collapsed. Characters that control a terminal or a CI job, and
 * invisible ones, are escaped, such as `\u001b`.
 *
 * @category safety
 */
export const singleLine = (text: string): string => safety.printable(safety.singleLine(text))
