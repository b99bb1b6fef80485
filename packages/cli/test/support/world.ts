import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Emulator, FakePermissions } from "@checkpoint-permissions/testing"
import { it } from "@effect/vitest"
import { Effect, type Layer, type Scope } from "effect"
import type { YieldWrap } from "effect/Utils"
import * as binary from "./binary.ts"
import { cli } from "./inProcess.ts"

export const weather = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
export const old = "ft:gpt-4o-mini-2024-07-18:org:old:D2"

/** Two to grant, three to revoke. */
export const seed = { [weather]: ["proj_a", "proj_x", "proj_y"], [old]: ["proj_z"] }

export const policy = `version: 1
names:
  proj_a: Search quality
  proj_x: Old team
groups:
  research: [proj_a, proj_b]
checkpoints:
  "${weather}":
    projects: ["@research", proj_c]
  "${old}":
    projects: []
`

/** A folder of its own, gone afterwards. */
export interface Folder {
  readonly path: string
  readonly write: (name: string, text: string) => string
  readonly read: (name: string) => string
  readonly mode: (name: string) => number
  readonly chmod: (name: string, mode: number) => void
  readonly exists: (name: string) => boolean
  readonly files: (name?: string) => ReadonlyArray<string>
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
      write: (name, text) => {
        writeFileSync(at(name), text)
        return at(name)
      },
      read: (name) => readFileSync(at(name), "utf8"),
      mode: (name) => statSync(at(name)).mode & 0o777,
      chmod: (name, mode) => chmodSync(at(name), mode),
      exists: (name) => existsSync(at(name)),
      files: (name = ".") => readdirSync(at(name))
    }
  }
)

/** A test of what a layer gives. */
export const test = <R, E>(
  what: string,
  layer: Layer.Layer<R, E>,
  body: () => Generator<YieldWrap<Effect.Effect<unknown, unknown, R | Scope.Scope>>, unknown, never>
): void => it.scopedLive(what, () => Effect.provide(Effect.gen(body), layer))

/** A server on a socket, a folder with a policy, and commands that know both. */
export const world = Effect.gen(function* () {
  const { baseUrl } = yield* Emulator.Emulator
  const fake = yield* FakePermissions.FakePermissions
  const home = yield* folder
  const state = yield* folder
  home.write("policy.yaml", policy)
  const env = {
    OPENAI_ADMIN_KEY: "sk-admin-0123456789abcdef",
    OPENAI_BASE_URL: baseUrl,
    USER: "tester",
    XDG_STATE_HOME: state.path
  }
  return {
    baseUrl,
    fake,
    home,
    state,
    env,
    /** A command in this process, to its end. */
    cli: (args: ReadonlyArray<string>, more: Readonly<Record<string, string>> = {}, stdin?: string) =>
      cli(args, { env: { ...env, ...more }, cwd: home.path, stdin }),
    /** A process of the binary, to its end. */
    run: (args: ReadonlyArray<string>, more: Readonly<Record<string, string>> = {}, stdin?: string) =>
      binary.run(args, { ...env, ...more }, { cwd: home.path, stdin }),
    start: (args: ReadonlyArray<string>, more: Readonly<Record<string, string>> = {}) =>
      binary.start(args, { ...env, ...more }, { cwd: home.path })
  }
})
