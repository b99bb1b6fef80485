/** Text for a terminal: colours and weights, JSON in lines. */

import { fstatSync, writeSync } from "node:fs"
import { styleText } from "node:util"
import { printableLine, visibleJson } from "@checkpoint-permissions/protocol/text"

type StyleName = "bold" | "dim" | "green" | "yellow" | "red" | "cyan"

/** Colours and weights of a terminal. Without colours each returns the text as it is. */
export interface Style extends Readonly<Record<StyleName, (text: string) => string>> {
  readonly color: boolean
}

export const style = (color: boolean): Style => {
  const styled = (name: StyleName) => (text: string) =>
    color ? styleText(name, text, { validateStream: false }) : text
  return {
    color,
    bold: styled("bold"),
    dim: styled("dim"),
    green: styled("green"),
    yellow: styled("yellow"),
    red: styled("red"),
    cyan: styled("cyan")
  }
}

export const hasColors = (stream: {
  readonly isTTY?: boolean | undefined
  readonly hasColors?: (() => boolean) | undefined
}): boolean => stream.isTTY === true && (stream.hasColors?.() ?? false)

export const failureLine = ({ red }: Style, program: string, message: string): string =>
  `${red(`${program}:`)} ${printableLine(message)}`

export const clearLine = "\r\u001b[2K"

/** Returns a value as one line of JSON that is safe in a terminal and a log. */
export const jsonLine = (value: unknown): string => `${visibleJson(JSON.stringify(value))}\n`

export const withoutColors = (text: string): string => text.replace(/\p{Cc}\[[0-9;]*m/gu, "")

export interface Writable {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  readonly hasColors?: (() => boolean) | undefined
  write(text: string, callback: (error?: Error | null) => void): boolean
  on(event: "error", listener: (error: Error) => void): unknown
}

/** Returns true if the reader has closed the stream, as `head` does. */
export const isClosed = (error: Error): boolean =>
  "code" in error && (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED")

/**
 * Returns a stream that writes every byte to a file, or passes the error to the callback. Node writes once, and treats
 * a short write, as on a full disk, as complete. Pipes and terminals keep Node's own stream.
 */
export const standardOutput = (stream: NodeJS.WriteStream): Writable => {
  const fd = 1
  const stats = fstatSync(fd)
  if (stream.isTTY || stats.isFIFO() || stats.isSocket()) return stream
  return {
    on: () => undefined,
    write: (text, callback) => {
      let error: Error | undefined
      try {
        for (let rest: Uint8Array = Buffer.from(text); rest.length > 0; ) rest = rest.subarray(writeSync(fd, rest))
      } catch (thrown) {
        error = thrown instanceof Error ? thrown : new Error(String(thrown))
      }
      callback(error)
      return error === undefined
    }
  }
}
