import { Emulator, FakePermissions } from "@checkpoint-permissions/testing"
import { Effect } from "effect"
import * as binary from "./binary.ts"
import { folder } from "./folder.ts"
import { begin, cli, type Surroundings } from "./inProcess.ts"

export { type Folder, folder } from "./folder.ts"

export const weather = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
export const old = "ft:gpt-4o-mini-2024-07-18:org:old:D2"

/** Two to grant, three to revoke. */
export const seed = { [weather]: ["proj_a", "proj_x", "proj_y"], [old]: ["proj_z"] }

/** The projects of the organization, those without a permission included. */
export const organization = {
  projects: [
    { id: "proj_a", name: "Search quality" },
    { id: "proj_x", name: "Old team" },
    ...["b", "c", "n", "new", "never", "old", "other", "third", "y", "z"].map((name) => `proj_${name}`)
  ]
}

export const policy = `version: 1
groups:
  research: [proj_a, proj_b]
checkpoints:
  "${weather}":
    projects: ["@research", proj_c]
  "${old}":
    projects: []
`

/** The text of a policy that gives the same projects each checkpoint. */
export const policyOf = (checkpoints: ReadonlyArray<string>, ...projects: ReadonlyArray<string>): string =>
  `version: 1\ncheckpoints:\n${checkpoints.map((id) => `  "${id}":\n    projects: [${projects.join(", ")}]\n`).join("")}`

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
    cli: (args: ReadonlyArray<string>, more: Readonly<Record<string, string>> = {}) =>
      cli(args, { env: { ...env, ...more }, cwd: home.path }),
    /** The same, with other surroundings. */
    cliIn: (surroundings: Surroundings, args: ReadonlyArray<string>) =>
      cli(args, { cwd: home.path, ...surroundings, env: { ...env, ...surroundings.env } }),
    /** A command in this process, beside the test. */
    begin: (args: ReadonlyArray<string>, more: Readonly<Record<string, string>> = {}) =>
      begin(args, { env: { ...env, ...more }, cwd: home.path }),
    /** A process of the binary. */
    start: (args: ReadonlyArray<string>, more: Readonly<Record<string, string>> = {}) =>
      binary.start(args, { ...env, ...more }, { cwd: home.path })
  }
})
