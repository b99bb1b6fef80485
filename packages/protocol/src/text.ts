/**
 * Untrusted text: what of it cannot be seen or acts on a terminal or a log, and the forms in which people and files may
 * have it.
 */

/**
 * Characters that act on a terminal, break a line, turn text around or cannot be seen. For `replace`, `split` and
 * `matchAll`, which keep no state in it.
 * `\p{DI}` is what has no glyph by default: fillers, joiners, variation selectors, tags.
 */
export const invisible: RegExp =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{NChar}\p{Zl}\p{Zp}\p{DI}\u2800\u{13441}\u{13442}\u{16fe4}\u{1d159}]|(?![ \u3000])\p{Zs}/gu

const escaped = (character: string): string => {
  const hex = (character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")
  return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex}`
}

/** The text with what is {@link invisible} spelt out, as `\u001b` or `\u{e0041}`. */
export const visible = (text: string): string => text.replace(invisible, escaped)

/** `##[` at any place is a command to some CI services. */
const withoutInlineCommands = (text: string): string => text.replaceAll("##[", "\\u0023#[")

/**
 * The same for a terminal or the log of a CI job. Such a job also obeys `::` at the beginning of a line and `##[`
 * anywhere: their first character is spelt out.
 */
export const printable = (text: string): string =>
  withoutInlineCommands(visible(text).replace(/^(\s*):(?=:)/, "$1\\u003a"))

const codeUnits = (text: string): string =>
  Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`).join("")

/**
 * JSON in which nothing is hidden and nothing is a command: it reads back as the same value. Takes what
 * `JSON.stringify` returns, indented by spaces or not at all; its line breaks stay.
 */
export const visibleJson = (json: string): string =>
  withoutInlineCommands(json.replace(invisible, (text) => (text === "\n" ? text : codeUnits(text))))

let segmenter: Intl.Segmenter | undefined

/** What readers take for one character each, which may be several code points. */
export const graphemes = (text: string): ReadonlyArray<string> => {
  // Of ASCII, CR LF is the only one of two.
  if (/^[\0-\x7f]*$/.test(text) && !text.includes("\r\n")) return text.split("")
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" })
  return Array.from(segmenter.segment(text), ({ segment }) => segment)
}

/**
 * Untrusted text on one line: white space collapsed, what is {@link invisible} spelt out. Of at most `max` UTF-16 code
 * units, cut between graphemes.
 */
export const singleLine = (text: string, max = Number.POSITIVE_INFINITY): string => {
  const trimmed = text.trim()
  const head = trimmed.slice(0, max * 4)
  const collapsed = head.replace(/\s+/g, " ")
  const line = visible(collapsed)
  if (line.length <= max && head.length === trimmed.length) return line
  // The last grapheme of what was looked at may go on.
  const whole = graphemes(collapsed).slice(0, head.length === trimmed.length ? undefined : -1)
  let kept = ""
  for (const grapheme of whole) {
    const next = kept + visible(grapheme)
    if (next.length >= max) break
    kept = next
  }
  return `${kept}…`
}

/** `3 pages`, `1 page`. */
export const pluralize = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`

/**
 * A block of Markdown in which nothing has a meaning: the fence is longer than any in the text, so that nothing closes
 * it.
 */
export const fenced = (text: string, language: string): string => {
  const fence = "`".repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)))
  return `${fence}${language}\n${text}\n${fence}`
}
