/** A team that follows the page about CI: a language for what persons do, and for what they then read. */
import { execFile } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { execPath } from "node:process"
import { promisify } from "node:util"
import { Emulator, FakePermissions } from "@checkpoint-permissions/testing"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { strFromU8, strToU8, unzipSync, zipSync } from "fflate"
import * as binary from "../../../../cli/test/support/binary.ts"
import { folder } from "../../../../cli/test/support/folder.ts"
import { github } from "../github.ts"
import { modelOf } from "../world.ts"
import { bare } from "./bare.ts"
import * as page from "./page.ts"
import { type Environment, type Event, type Person, platform, type Run } from "./platform.ts"

export const policyFile = "access/policy.yaml"
const fileOf = (name: string) => `.github/workflows/access-${name}.yml`
export const planFile = fileOf("plan")
export const applyFile = fileOf("apply")
export const driftFile = fileOf("drift")

/** Projects by the short names of checkpoints. An item may be a mapping in YAML. */
export type Access = Readonly<Record<string, ReadonlyArray<string>>>

/** The scopes of a key that may only list, as the page for a security review has them. */
const scopes = ["api.fine_tuning.checkpoints.read", "api.management.read", "api.audit_logs.read"] as const

/** The key of the environment that may only list, and that of the one that may write. */
const keys = {
  read: { key: "sk-admin-list-0123456789", scopes },
  write: { key: "sk-admin-write-0123456789", scopes: [...scopes, "api.fine_tuning.checkpoints.write"] }
} as const

const projects = ["ads", "docs", "growth", "hotfix", "hr", "legal", "pilot", "search"].map((name) => ({
  id: `proj_${name}`,
  name: `The ${name} team`
}))

/** A server on which people granted this access at the dashboard. Every key can list, and only one can write. */
export const server = Emulator.layer({
  organization: { projects, adminKeys: [] },
  behavior: { dashboardEvents: 1, keys: [keys.read, keys.write].map((one) => ({ ...one, scopes: [...one.scopes] })) }
})

/** Returns a policy with other projects in some entries, or without them. Other entries keep their lines. */
export const changed = (policy: string, access: Readonly<Record<string, ReadonlyArray<string> | undefined>>): string =>
  Object.entries(access).reduce((text, [name, some]) => {
    const key = `  "${modelOf(name)}":\n`
    const at = text.indexOf(key)
    const after = text.slice(at === -1 ? text.length : at + key.length)
    const rest = after.slice(after.search(/^ {2}"|^(?![\s\S])/m))
    const entry = some === undefined ? "" : `${key}    projects: [${some.join(", ")}]\n`
    return `${text.slice(0, at === -1 ? text.length : at)}${entry}${rest}`
  }, policy)

const hour = 60 * 60 * 1000

/** The access at the start. */
const start: Access = {
  weather: ["proj_search", "proj_hr"],
  music: ["proj_docs"],
  tone: ["proj_ads", "proj_hr"]
}

export const walk = Effect.gen(function* () {
  const { baseUrl, controlUrl } = yield* Emulator.Emulator
  const fake = yield* FakePermissions.FakePermissions
  const home = yield* folder
  const hub = yield* github(bare(home.at("repository.git")))
  const { git, state } = hub
  const environments = new Map<string, Environment>()
  let ahead = 0
  const dispatch = platform({ hub, environments, ahead: () => ahead })

  for (const [name, some] of Object.entries(start))
    for (const project of some) yield* fake.grant(modelOf(name), project, "ana@example.com")

  const tip = () => state.branches.get("main") ?? ""
  const textAt = (path: string, commit = tip()) => git.at(commit).files[path] ?? ""
  const differing = (before: string, after: string): ReadonlyArray<string> => {
    const [old, now] = [git.at(before).files, git.at(after).files]
    return [...new Set([...Object.keys(old), ...Object.keys(now)])].filter((path) => old[path] !== now[path])
  }
  const onMain = { ref: "refs/heads/main" } as const
  const pushed = (before: string): Event => ({
    name: "push",
    ...onMain,
    commit: tip(),
    changed: differing(before, tip())
  })
  const planned = (number: number): Event => {
    const { base, from, head } = state.pulls.get(number) ?? assert.fail(`there is no pull request ${number}`)
    const pull_request = { number, head: { sha: head, repo: { full_name: from } }, base: { ref: base } }
    const own = git
      .between(state.branches.get(base) ?? "", head)
      .flatMap((sha) => differing(git.at(sha).parents[0] ?? "", sha))
    return { name: "pull_request_target", ...onMain, commit: tip(), payload: { pull_request }, changed: own }
  }

  /** Runs the workflow that one event starts. */
  const one = (event: Event, person?: Person) =>
    Effect.map(dispatch([event], person), ([run, ...more]): Run => {
      assert.deepStrictEqual(more, [])
      return run ?? assert.fail(`${event.name} starts no run`)
    })

  /** The workflows of the page, with inputs. */
  const copied = (inputs = `api-url: "${baseUrl}"`): Readonly<Record<string, string>> =>
    Object.fromEntries(
      Object.entries(page.workflows).map(([path, text]) => [
        path,
        text.replace(/^( +)secrets:/m, `$1with: { ${inputs} }\n$&`)
      ])
    )

  /** Sends a request to the control routes of the server. */
  const control = (path: string, body: unknown) =>
    Effect.promise(async () => {
      const headers = { "content-type": "application/json" }
      const response = await fetch(`${controlUrl}/${path}`, { method: "POST", headers, body: JSON.stringify(body) })
      assert.isTrue(response.ok, path)
      return response.text()
    })
  const pass = (hours: number) =>
    Effect.suspend(() => {
      ahead += hours * hour
      return control("clock", { advance: `${hours}h` })
    })

  return {
    baseUrl,
    fake,
    hub,
    state,
    environments,
    dispatch,
    keys,
    copied,
    textAt,

    /** The first step of the page: the environments. */
    makeEnvironments: Effect.sync(() => {
      const branches = ["main"]
      environments.set("access-read", { branches, secrets: { OPENAI_ADMIN_KEY: keys.read.key } })
      environments.set("access-write", { branches, secrets: { OPENAI_ADMIN_KEY: keys.write.key } })
      environments.set("access-approve", { branches, hasReviewers: true })
    }),
    /** Runs the commands of the page, and returns the policy that they wrote. */
    exportPolicy: Effect.gen(function* () {
      const env = { OPENAI_ADMIN_KEY: keys.read.key, OPENAI_BASE_URL: baseUrl }
      const bin = home.at("bin")
      mkdirSync(bin)
      const npx = `#!/bin/sh\nshift\nexec "${execPath}" "${binary.bundle}" "$@"\n`
      writeFileSync(join(bin, "npx"), npx, { mode: 0o755 })
      yield* Effect.promise(() =>
        promisify(execFile)("sh", ["-ec", page.commands.join("\n")], {
          cwd: home.path,
          env: { PATH: `${bin}:${process.env["PATH"]}`, HOME: home.path, ...env }
        })
      )
      return readFileSync(join(home.path, policyFile), "utf8")
    }),

    /** The policy of the main branch with other entries. */
    policy: (access: Parameters<typeof changed>[1]) => ({ [policyFile]: changed(textAt(policyFile), access) }),
    /** Commits files to the main branch, and runs what the push starts. */
    push: (files: Readonly<Record<string, string>>, person?: Person) => {
      const before = tip()
      hub.push(files)
      return dispatch([pushed(before)], person)
    },
    /** Opens a pull request. Returns its number, the run of its plan, and the comment. */
    open: (files: Readonly<Record<string, string>>) =>
      Effect.gen(function* () {
        const number = hub.open([files])
        const run = yield* one(planned(number))
        return { number, run, comment: state.comments.find(({ on }) => on === number)?.body ?? "" }
      }),
    planned,
    /** Opens a pull request whose plan does not run. */
    openUnplanned: (files: Readonly<Record<string, string>>) => hub.open([files]),
    /** Merges a pull request, and runs the apply of the push. */
    merge: (number: number, { method, ...person }: Person & { method?: "merge" | "squash" | "rebase" } = {}) => {
      const before = tip()
      hub.merge(number, method)
      return one(pushed(before), person)
    },
    /** Approves the last commit of a pull request. */
    approve: (number: number, login: string) => {
      const commit_id = state.pulls.get(number)?.head ?? ""
      const submitted_at = new Date(Date.now() + ahead).toISOString()
      state.reviews.push({ on: number, user: { login }, state: "APPROVED", commit_id, submitted_at })
    },
    /** Pushes another commit to a pull request. Returns the run of its plan, and the comment. */
    amend: (number: number, files: Readonly<Record<string, string>>) =>
      Effect.gen(function* () {
        hub.amend(number, files)
        const run = yield* one(planned(number))
        return { run, comment: state.comments.find(({ on }) => on === number)?.body ?? "" }
      }),
    /** Pushes commits to a pull request within a minute. Returns the runs of their plans. */
    amendTogether: (number: number, ...commits: ReadonlyArray<Readonly<Record<string, string>>>) =>
      dispatch(
        commits.map((files) => {
          hub.amend(number, files)
          return planned(number)
        })
      ),
    /** Merges pull requests within a minute, so that the runs of all pushes begin after the last one. */
    mergeTogether: (...numbers: ReadonlyArray<number>) => {
      const events = numbers.map((number) => {
        const before = tip()
        hub.merge(number)
        return pushed(before)
      })
      return dispatch(events)
    },
    /** Merges pull requests by a queue: one test of the result, and one push of all. */
    queue: (...numbers: ReadonlyArray<number>) =>
      Effect.gen(function* () {
        const before = tip()
        for (const number of numbers) hub.merge(number)
        const after = tip()
        // the branch moves after the check
        state.branches.set("main", before)
        const group = { name: "merge_group", ref: `refs/heads/gh-readonly-queue/main/${after}`, commit: after } as const
        const tested = yield* one({ ...group, changed: differing(before, after) })
        state.branches.set("main", after)
        return { tested, run: yield* one(pushed(before)) }
      }),
    /** Keeps files as the artifact of a run that another workflow, branch or event started. */
    forge: (run: Partial<(typeof state.runs)[number]>, name: string, files: Readonly<Record<string, string>>) => {
      const id = 9000 + state.runs.length
      const own = { path: applyFile, event: "push", head_branch: "main", head_sha: tip(), conclusion: "success" }
      state.runs.push({ ...own, ...run, id })
      const zip = zipSync(Object.fromEntries(Object.entries(files).map(([file, text]) => [file, strToU8(text)])))
      state.artifacts.push({ id: 9000 + state.artifacts.length, name, run: id, zip })
    },
    /** Returns the newest artifact whose name begins so, and a file of it. */
    artifact: (name: string, file: string) => {
      const found = state.artifacts.findLast((one) => one.name.startsWith(name)) ?? assert.fail(`there is no ${name}`)
      return { name: found.name, text: strFromU8(unzipSync(found.zip)[file] ?? strToU8("")) }
    },
    /** Time passes, at the server and on the machines of later runs. */
    pass,
    days: (count: number) => pass(24 * count),
    /** Starts another server with the same keys. Returns its URL. */
    otherServer: (seed: Readonly<Record<string, ReadonlyArray<string>>>) =>
      Effect.map(control("servers", { seed }), (reply): string => JSON.parse(reply).baseUrl),
    /** The daily run of the apply. */
    daily: (person?: Person) => one({ name: "schedule", ...onMain, commit: tip(), only: "apply.yml" }, person),
    /** The nightly comparison, and the issues after it. */
    night: Effect.gen(function* () {
      const run = yield* one({ name: "schedule", ...onMain, commit: tip(), only: "drift.yml" })
      return { run, issues: state.issues }
    }),
    /** A run by hand of the apply. */
    manual: (person: Person, inputs: { readonly everything?: "true" } = {}) =>
      one({ name: "workflow_dispatch", ...onMain, commit: tip(), payload: { inputs }, only: "apply.yml" }, person),

    grantByHand: (name: string, project: string) => fake.grant(modelOf(name), project, "eve@example.com"),
    revokeByHand: (name: string, project: string) =>
      Effect.gen(function* () {
        const found = (yield* fake.permissions(modelOf(name))).find(({ project_id }) => project_id === project)
        yield* fake.remove(modelOf(name), found?.id ?? "", "eve@example.com")
      }),
    /** The projects with access to a checkpoint, sorted. */
    access: (name: string) => Effect.map(fake.projects(modelOf(name)), (found) => [...found].sort())
  }
})

/** A repository that was set up as the page says, with a policy of the access at the start. */
export const team = Effect.gen(function* () {
  const world = yield* walk
  yield* world.makeEnvironments
  yield* world.push({ [policyFile]: changed("version: 1\ncheckpoints:\n", start), ...world.copied() })
  return world
})
