import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, type Scope } from "effect"

/** A folder of its own, gone afterwards. */
export interface Folder {
  readonly path: string
  /** The path of a file in it. */
  readonly at: (name: string) => string
  readonly write: (name: string, text: string) => string
  readonly read: (name: string) => string
  readonly mode: (name: string) => number
  readonly chmod: (name: string, mode: number) => void
  readonly exists: (name: string) => boolean
  readonly files: (name?: string) => ReadonlyArray<string>
  /** Makes a folder in it. */
  readonly folder: (name: string) => void
}

export const folder: Effect.Effect<Folder, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "checkpoint-permissions-cli-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  ),
  (path) => {
    const at = (name: string) => join(path, name)
    return {
      path,
      at,
      write: (name, text) => {
        writeFileSync(at(name), text)
        return at(name)
      },
      read: (name) => readFileSync(at(name), "utf8"),
      mode: (name) => statSync(at(name)).mode & 0o777,
      chmod: (name, mode) => chmodSync(at(name), mode),
      exists: (name) => existsSync(at(name)),
      files: (name = ".") => readdirSync(at(name)),
      folder: (name) => mkdirSync(at(name))
    }
  }
)
