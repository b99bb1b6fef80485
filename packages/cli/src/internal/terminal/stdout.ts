/** Standard output as a process has it. */
import { fstatSync, statfsSync, writeSync } from "node:fs"

/** As much of a `WriteStream` of Node as is needed. */
export interface Writable {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  readonly hasColors?: (() => boolean) | undefined
  write(text: string, callback: (error?: Error | null) => void): boolean
  on(event: "error", listener: (error: Error) => void): unknown
  /** Whether there is no room for anything, as far as that is known beforehand. */
  isFull?(): boolean
}

/** Who read it has gone, as `head` does: there is nothing left to do. */
export const isClosed = (error: Error): boolean =>
  "code" in error && (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED")

const attempt = (write: () => void): Error | undefined => {
  try {
    write()
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/**
 * Node writes to a file once, and takes a short write, as on a full disk, for a whole one. Here every byte is written,
 * or the callback has the error. Pipes and terminals are Node's own affair: there it writes on.
 */
export const standardOutput = (stream: NodeJS.WriteStream): Writable => {
  const fd = 1
  const stats = fstatSync(fd)
  if (stream.isTTY || stats.isFIFO() || stats.isSocket()) return stream
  return {
    on: () => undefined,
    write: (text, callback) => {
      const error = attempt(() => {
        for (let rest: Uint8Array = Buffer.from(text); rest.length > 0; ) rest = rest.subarray(writeSync(fd, rest))
      })
      callback(error)
      return error === undefined
    },
    // Where there is no such path, the disk is found full only later.
    isFull: () => {
      try {
        return stats.isFile() && statfsSync(`/dev/fd/${fd}`).bavail === 0
      } catch {
        return false
      }
    }
  }
}
