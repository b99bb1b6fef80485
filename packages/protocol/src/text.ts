/** Safe forms of untrusted text for terminals, logs, JSON and Markdown. */

/**
 * Matches characters that act on a terminal, break a line, reverse text or are invisible. Use it with `replace`,
 * `split` and `matchAll`, which keep no state in the expression. `\p{DI}` are characters without a glyph by default:
 * fillers, joiners, variation selectors, tags.
 */
export const invisible: RegExp =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{NChar}\p{Zl}\p{Zp}\p{DI}\u2800\u{13441}\u{13442}\u{16fe4}\u{1d159}]|(?![ \u3000])\p{Zs}/gu

const escaped = (character: string): string => {
  const hex = (character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")
  return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex}`
}

/** Returns the text with {@link invisible} characters escaped, as `\u001b` or `\u{e0041}`. */
export const visible = (text: string): string => text.replace(invisible, escaped)

/** Escapes `##[`, which some CI services execute as a command anywhere in a line. */
const withoutInlineCommands = (text: string): string => text.replaceAll("##[", "\\u0023#[")

/**
 * Returns the text for a terminal or the log of a CI job. A job also executes `::` at the beginning of a line, and
 * `##[` anywhere, so their first character is escaped too.
 */
export const printable = (text: string): string =>
  withoutInlineCommands(visible(text).replace(/^(\s*):(?=:)/, "$1\\u003a"))

/** Returns a text with every character outside ASCII escaped. */
export const ascii = (text: string): string => text.replace(/[^\0-\x7f]/gu, escaped)

/**
 * Returns an id for a terminal or a log, as {@link printable} does. Every character outside ASCII is escaped, since a
 * Cyrillic letter looks like a Latin one of another id.
 */
export const printableId = (id: string): string => printable(ascii(id))

const codeUnits = (text: string): string =>
  Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`).join("")

/**
 * Escapes invisible characters and commands in JSON. The result parses to the same value. The JSON must be the result
 * of `JSON.stringify`, with or without indentation by spaces. Its line breaks are kept.
 */
export const visibleJson = (json: string): string =>
  withoutInlineCommands(json.replace(invisible, (text) => (text === "\n" ? text : codeUnits(text))))

let segmenter: Intl.Segmenter | undefined

/** Splits a text into graphemes. Users see each grapheme as one character. */
export const graphemes = (text: string): ReadonlyArray<string> => {
  // in ASCII, only CR LF is a grapheme of two code units
  if (/^[\0-\x7f]*$/.test(text) && !text.includes("\r\n")) return text.split("")
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" })
  return Array.from(segmenter.segment(text), ({ segment }) => segment)
}

/**
 * Returns untrusted text on one line, with white space collapsed and {@link invisible} characters escaped. It is cut
 * between graphemes to at most `max` UTF-16 code units.
 */
export const singleLine = (text: string, max = Number.POSITIVE_INFINITY): string => {
  const trimmed = text.trim()
  const head = trimmed.slice(0, max * 4)
  const collapsed = head.replace(/\s+/g, " ")
  const line = visible(collapsed)
  if (line.length <= max && head.length === trimmed.length) return line
  // the last grapheme of a cut text may be incomplete
  const whole = graphemes(collapsed).slice(0, head.length === trimmed.length ? undefined : -1)
  let kept = ""
  for (const grapheme of whole) {
    const next = kept + visible(grapheme)
    if (next.length >= max) break
    kept = next
  }
  return `${kept}…`
}

/**
 * Returns untrusted text on one line, without characters that control a terminal or a CI job.
 *
 * @category text
 */
export const printableLine = (text: string): string => printable(singleLine(text))

/**
 * Returns `proj_x (Fraud)`, or the id alone without a name.
 *
 * @category text
 */
export const namedId = (id: string, name?: string): string =>
  name === undefined ? printableId(id) : `${printableId(id)} (${printableLine(name)})`

/** Returns a count with its noun: `3 pages`, `1 page`. */
export const pluralize = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`

/**
 * Returns a fenced code block of Markdown. The fence is longer than any fence in the text, so the text cannot close it.
 */
export const fenced = (text: string, language: string): string => {
  const fence = "`".repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)))
  return `${fence}${language}\n${text}\n${fence}`
}
