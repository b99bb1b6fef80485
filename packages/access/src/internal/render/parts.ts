import { printable } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import { nameOf } from "../audit/cells.ts"
import type { AccessMatrix, Cell, Row } from "../audit/matrix.ts"

/**
 * Options of text for a terminal.
 *
 * @category rendering
 */
export interface TextOptions {
  /** The number of columns, at least 24. Default: no limit, as for a pipe or a file. */
  readonly width?: number | undefined
  /** True for colors. Words and marks always carry the same information. Default: false. */
  readonly color?: boolean | undefined
}

export interface Style {
  readonly access: (text: string) => string
  readonly revoked: (text: string) => string
  readonly owner: (text: string) => string
  readonly unknown: (text: string) => string
  readonly faint: (text: string) => string
  readonly bold: (text: string) => string
}

const same = (text: string): string => text

const code = (on: string, off: string) => (text: string) => `\u001b[${on}m${text}\u001b[${off}m`

/** Returns the color functions. Without `color` they change nothing. */
export const style = (color = false): Style =>
  color
    ? {
        access: code("32", "39"),
        revoked: code("31", "39"),
        owner: code("36", "39"),
        unknown: code("1;33", "22;39"),
        faint: code("2", "22"),
        bold: code("1", "22")
      }
    : { access: same, revoked: same, owner: same, unknown: same, faint: same, bold: same }

export const day = (time: DateTime.Utc): string => DateTime.formatIsoDateUtc(time)

/** Returns a time as `2024-07-23 20:01`, in UTC. */
export const minute = (time: DateTime.Utc): string => DateTime.formatIso(time).slice(0, 16).replace("T", " ")

/** Returns a time as `2024-07-23T20:01:07Z`. */
export const second = (time: DateTime.Utc): string => DateTime.formatIso(time).replace(/\.\d+Z$/, "Z")

/** Returns the mark of a row: read, read in part, not read. No line begins with untrusted text. */
export const markOf = (row: Row): string => {
  if (row.complete) return "•"
  return row.permissions.length === 0 ? "?" : "!"
}

const styles = { Access: "access", Owner: "owner", None: "faint", NoPermission: "faint", Unknown: "unknown" } as const

export const painted = (style: Style, { _tag }: Cell, text: string): string => style[styles[_tag]](text)

export const paintedMark = (style: Style, row: Row): string => (row.complete ? "•" : style.unknown(markOf(row)))

/** Returns the id of a project, with its name if it has one. */
export const labelled = (matrix: Pick<AccessMatrix, "names">, project: string): string => {
  const name = nameOf(matrix, project)
  return name === undefined ? printable(project) : `${printable(project)}  ${printable(name)}`
}

/** Returns texts as sentences: each with a capital letter and a period. Leaves out `false`. */
export const sentences = (texts: ReadonlyArray<string | false>): ReadonlyArray<string> =>
  texts.flatMap((text) => (text === false ? [] : [`${text[0]?.toUpperCase()}${text.slice(1)}.`]))
