/**
 * What a terminal or a log would act on, hide or break a line at: controls,
 * marks of direction, everything of no width, and white space that looks like a
 * space but is none.
 */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}]|(?![ \u3000])\p{Zs}/gu

const escaped = (character: string): string => {
  const hex = (character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")
  return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex}`
}

/** What a machine that builds takes for a command: `::add-mask::` where a line begins, `##[` anywhere. */
const withoutCommands = (text: string): string =>
  text.replace(/^(\s*):(?=:)/, "$1\\u003a").replaceAll("##[", "\\u0023#[")

/** Text that came from elsewhere, as a terminal may have it: what would act on it is spelt out. */
export const visible = (text: string): string => withoutCommands(text.replace(unprintable, escaped))

/** The same on one line, white space collapsed. */
export const oneLine = (text: string): string => visible(text.trim().replace(/\s+/g, " "))

const escapedForJson = (character: string): string =>
  character
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("")

/** JSON that a terminal and a log may have too: it reads back as the same value. Line breaks between its texts stay. */
export const visibleJson = (json: string): string =>
  json
    .replace(unprintable, (character) => (character === "\n" ? character : escapedForJson(character)))
    .replaceAll("##[", "\\u0023#[")

/** One line of such JSON. */
export const jsonLine = (value: unknown): string => `${visibleJson(JSON.stringify(value))}\n`

const marks = /\p{M}/u

/** As most terminals lay out text: ideographs, full width forms and pictures take two columns. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u

const columnsOf = (character: string): number => {
  if ((character.codePointAt(0) ?? 0) < 0x300) return 1
  if (marks.test(character)) return 0
  return wide.test(character) ? 2 : 1
}

/** How many columns a text takes. */
export const width = (text: string): number => {
  let columns = 0
  for (const character of text) columns += columnsOf(character)
  return columns
}

export const padded = (text: string, columns: number): string => text + " ".repeat(Math.max(0, columns - width(text)))

export const paddedLeft = (text: string, columns: number): string =>
  " ".repeat(Math.max(0, columns - width(text))) + text

export const cut = (text: string, columns: number): string => {
  if (width(text) <= columns) return text
  let kept = ""
  let taken = 1
  for (const character of text) {
    taken += columnsOf(character)
    if (taken > columns) break
    kept += character
  }
  return `${kept}…`
}

/** Lines of no more than so many columns, broken between words. */
export const wrapped = (text: string, columns: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const word of text.split(" ")) {
    const last = lines.at(-1)
    if (last !== undefined && width(last) + 1 + width(word) <= columns) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** `3 pages`, `1 page`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`

/** Takes the colours out again. */
export const withoutColors = (text: string): string => text.replace(/\p{Cc}\[[0-9;]*m/gu, "")
