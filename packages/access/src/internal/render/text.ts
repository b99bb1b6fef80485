/**
 * Characters that act on a terminal, break a line, turn text around or cannot be
 * seen: controls, marks of direction, everything of no width, and white space
 * that looks like a space but is none. `\p{DI}` is what has no glyph by default.
 */
export const hidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}\u2800]|(?![ \u3000])\p{Zs}/gu

const escaped = (character: string): string => {
  const hex = (character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")
  return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex}`
}

/** Text of strangers, with what cannot be seen spelt out. */
export const visible = (text: string): string => text.replace(hidden, escaped)

/**
 * The same for a terminal or a log, where `##[` at any place may be taken for a
 * command to the machine that builds.
 */
export const printable = (text: string): string => visible(text).replaceAll("##[", "\\u0023#[")

const units = (text: string): string =>
  Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`).join("")

/**
 * JSON in which nothing is hidden: it reads back as the same value. Line breaks
 * stay, since between the texts of JSON they are white space and in them they
 * are spelt out already.
 */
export const ascii = (json: string): string => json.replace(hidden, (text) => (text === "\n" ? text : units(text)))

const marks = /\p{M}/u

/** As most terminals lay out text: ideographs, full width forms and pictures take two columns. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u

const columnsOf = (character: string): number => {
  const code = character.codePointAt(0) ?? 0
  if (code < 0x300) return 1
  if (marks.test(character)) return 0
  return wide.test(character) ? 2 : 1
}

/** How many columns of a terminal a text takes. */
export const width = (text: string): number => {
  let columns = 0
  for (const character of text) columns += columnsOf(character)
  return columns
}

export const padded = (text: string, columns: number): string => text + " ".repeat(Math.max(0, columns - width(text)))

export const paddedLeft = (text: string, columns: number): string =>
  " ".repeat(Math.max(0, columns - width(text))) + text

/** Lines of no more than `columns`, cut where a line is full, since an id is one word; marks stay with their letter. */
export const folded = (text: string, columns: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = ""
  let taken = 0
  for (const character of text) {
    const next = columnsOf(character)
    if (taken + next > columns && line !== "") {
      lines.push(line)
      line = ""
      taken = 0
    }
    line += character
    taken += next
  }
  return [...lines, line]
}

/** Words, broken between them where that is possible. */
export const wrapped = (text: string, columns: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const word of text.split(" ")) {
    const last = lines.at(-1)
    if (last !== undefined && width(last) + 1 + width(word) <= columns) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(...folded(word, columns))
  }
  return lines
}

export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`
