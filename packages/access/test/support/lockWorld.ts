import * as fs from "node:fs"
import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import type { YieldWrap } from "effect/Utils"
import { Lock } from "../../src/index.ts"
import { checkpoint } from "./world.ts"

export const server = { apiUrl: "https://api.openai.com/v1" }
export const subject = checkpoint("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")

/** A test on real files. */
export const test = (
  what: string,
  body: () => Generator<
    YieldWrap<Effect.Effect<unknown, unknown, NodeContext.NodeContext | Scope.Scope>>,
    unknown,
    never
  >
): void => it.scoped(what, () => Effect.provide(Effect.gen(body), NodeContext.layer))

/** A folder of real files, and locks in it. `prepare` may put something in its place first. */
export const lockWorld = Effect.fnUntraced(function* (prepare: (folder: string) => void = () => {}) {
  const system = yield* FileSystem.FileSystem
  const root = yield* system.makeTempDirectoryScoped()
  const folder = join(root, "state", "locks")
  const warnings: Array<string> = []
  prepare(folder)
  /** Locks of another run: as far as files go, of another process. */
  const make = (options: Partial<Lock.MakeOptions> = {}) =>
    Lock.make({
      folder,
      server,
      command: "apply --file policy.yaml",
      onWarning: (line) => Effect.sync(() => void warnings.push(line)),
      ...options
    })
  const files = () => (fs.existsSync(folder) ? fs.readdirSync(folder).sort() : [])
  /** The one lock file that is there. */
  const lockFile = (): string => {
    const [name, ...others] = files().filter((file) => file.endsWith(".lock"))
    if (name === undefined || others.length > 0) throw new Error(`not one lock file: ${files().join()}`)
    return join(folder, name)
  }
  return { folder, warnings, make, locks: yield* make(), files, lockFile }
})

/** Makes a file as old as one that was not renewed for so many seconds. */
export const age = (file: string, seconds: number): void => {
  const then = Date.now() / 1000 - seconds
  fs.utimesSync(file, then, then)
}

/** What a lock file holds, changed and put back. */
export const forge = (file: string, change: (entry: Record<string, unknown>) => object): void => {
  fs.writeFileSync(file, JSON.stringify(change(JSON.parse(fs.readFileSync(file, "utf8")))))
}
