/** Text for a terminal: colours and weights, JSON in lines. */
import { oneLine, printable, visibleJson } from "@checkpoint-permissions/protocol/text"

/** Colours and weights for a terminal; each leaves text alone where there are none. */
export interface Style {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
  readonly red: (text: string) => string
  readonly cyan: (text: string) => string
}

const csi = "\u001b["

const code = (on: number, off: number) => (text: string) => `${csi}${on}m${text}${csi}${off}m`

const colored: Style = {
  bold: code(1, 22),
  dim: code(2, 22),
  green: code(32, 39),
  yellow: code(33, 39),
  red: code(31, 39),
  cyan: code(36, 39)
}

const same = (text: string): string => text

const plain: Style = { bold: same, dim: same, green: same, yellow: same, red: same, cyan: same }

export const style = (colors: boolean): Style => (colors ? colored : plain)

/** Whether a stream is a terminal that shows colours. */
export const hasColors = (stream: {
  readonly isTTY?: boolean | undefined
  readonly hasColors?: (() => boolean) | undefined
}): boolean => stream.isTTY === true && (stream.hasColors?.() ?? false)

/** What went wrong, on one line. */
export const failureLine = ({ red }: Style, program: string, message: string): string =>
  `${red(`${program}:`)} ${printable(oneLine(message))}`

/** Goes back to the first column of the line and empties it. */
export const emptyLine = `\r${csi}2K`

/** A value as one line of JSON that a terminal and a log may have too. */
export const jsonLine = (value: unknown): string => `${visibleJson(JSON.stringify(value))}\n`

/** Takes the colours out again. */
export const withoutColors = (text: string): string => text.replace(/\p{Cc}\[[0-9;]*m/gu, "")
