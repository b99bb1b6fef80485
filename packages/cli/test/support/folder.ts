import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"

/** A folder of its own, gone afterwards. */
export const folder = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "checkpoint-permissions-cli-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  ),
  (path) => {
    const at = (name: string) => join(path, name)
    return {
      path,
      /** The path of a file in it. */
      at,
      write: (name: string, text: string) => {
        writeFileSync(at(name), text)
        return at(name)
      },
      read: (name: string) => readFileSync(at(name), "utf8"),
      mode: (name: string) => statSync(at(name)).mode & 0o777,
      /** Makes a file as old as one that was not written for so many seconds. */
      age: (name: string, seconds: number) => {
        const then = Date.now() / 1000 - seconds
        utimesSync(at(name), then, then)
      },
      chmod: (name: string, mode: number) => chmodSync(at(name), mode),
      exists: (name: string) => existsSync(at(name)),
      files: (name = ".") => readdirSync(at(name)),
      /** Makes a folder in it. */
      folder: (name: string) => mkdirSync(at(name))
    }
  }
)

export type Folder = Effect.Effect.Success<typeof folder>
