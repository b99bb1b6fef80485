/** The commands of organization.md, word for word, on an organization of the size that the page is for. */
import { mkdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as FakeEmulator from "@checkpoint-permissions/fake/emulator"
import { Emulator } from "@checkpoint-permissions/testing"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { exits } from "./support/inProcess.ts"
import { world } from "./support/world.ts"

const page = readFileSync(fileURLToPath(new URL("../../../docs/organization.md", import.meta.url)), "utf8")
const commands = Array.from(page.matchAll(/^checkpoint-permissions (?!\()(.*)$/gm), ([, command = ""]) => command)

const range = (count: number) => Array.from({ length: count }, (_, i) => i)
const projects = range(40).map((i) => `proj_${i}`)
const checkpoints = range(60).map((i) => `ft:gpt-4o-mini-2024-07-18:acme:model-${i}:Id${i}`)
const others = projects.filter((project) => project !== "proj_30" && project !== "proj_31")
const isArchived = (project: number) => project >= 34
const day = 86_400
const from = Date.UTC(2025, 10, 2) / 1000
const keys = ["key_ci", "key_ben", "key_ana"]

const actorOf = (key: string) => `${key} (Name of ${key}) of ${key}@example.com`
const nameOf = (project: string) => project.replace("proj_", "Team ")
const shownAs = (project: string) => `${nameOf(project)}${isArchived(projects.indexOf(project)) ? " (archived)" : ""}`

/** Two grants at each checkpoint over a year, of which every third checkpoint lost one. */
const grants = checkpoints.flatMap((checkpoint, i) =>
  [others[i % 38], others[(i * 5 + 1) % 32]].map((project = "", j) => ({
    checkpoint,
    project,
    id: `cp_${i}_${j}`,
    at: from + (i * 6 + j) * day,
    key: keys[(i + j) % 3] ?? "",
    revoked: j === 1 && i % 3 === 0
  }))
)
const kept = grants.filter(({ revoked }) => !revoked)

const seed = FakeEmulator.parseSeed({
  ...Object.fromEntries(
    checkpoints.map((checkpoint) => [
      checkpoint,
      kept
        .filter((grant) => grant.checkpoint === checkpoint)
        .map(({ at, id, project }) => ({ project_id: project, id, created_at: at }))
    ])
  ),
  organization: {
    projects: projects.map((id, i) => ({ id, name: nameOf(id), ...(isArchived(i) ? { archived_at: from } : {}) })),
    adminKeys: keys.map((id) => ({
      id,
      name: `Name of ${id}`,
      owner: { type: "user", id: `user-${id}`, name: id, email: `${id}@example.com` },
      created_at: from
    })),
    jobs: checkpoints.map((checkpoint, i) => ({
      id: `ftjob-${i}`,
      fine_tuned_model: checkpoint,
      project: i % 2 === 0 ? "proj_30" : "proj_31",
      created_at: from,
      finished_at: from
    })),
    events: grants
      .flatMap(({ at, checkpoint, id, key, project, revoked }) => [
        {
          type: "checkpoint.permission.created",
          effective_at: at,
          actor: { key },
          permission_id: id,
          project_id: project,
          fine_tuned_model_checkpoint: checkpoint
        },
        ...(revoked
          ? [{ type: "checkpoint.permission.deleted", effective_at: at + day, actor: { key }, permission_id: id }]
          : [])
      ])
      .sort((one, other) => one.effective_at - other.effective_at)
  }
})

it.live("each question of the page is answered for 60 checkpoints, 40 projects and a year of events", () =>
  Effect.gen(function* () {
    const { cli, cliIn, home } = yield* world
    home.write("keys", "proj_30=sk-of-30\nproj_31=sk-of-31\n")
    home.chmod("keys", 0o600)
    mkdirSync(home.at("docs/seeds"), { recursive: true })
    // each permission but those of proj_5
    const intended = (checkpoint: string) =>
      kept
        .filter((grant) => grant.checkpoint === checkpoint && grant.project !== "proj_5")
        .map(({ project }) => project)
    const entries = checkpoints.map((id) => `  "${id}":\n    projects: [${intended(id).join(", ")}]\n`)
    home.write("docs/seeds/policy.yaml", `version: 1\ncheckpoints:\n${entries.join("")}`)
    const lines = (command: string, code = 0) => {
      assert.include(commands, command)
      const run = exits(code, cli(command.split(" ")))
      return Effect.map(run, ({ stdout }) => stdout.split("\n").map((line) => line.split("\t")))
    }
    const time = (at: number) => `${new Date(at * 1000).toISOString().slice(0, -".000Z".length)}Z`
    const owner = (checkpoint: string) => (checkpoints.indexOf(checkpoint) % 2 === 0 ? "proj_30" : "proj_31")

    // the checkpoints of the organization, their owners and projects
    const discovered = yield* lines("discover --project-keys keys")
    assert.sameDeepMembers(
      discovered.slice(0, -1).map(([checkpoint, owners, list]) => [checkpoint, owners, list?.split(",").sort()]),
      checkpoints.map((checkpoint) => {
        const has = kept.filter((grant) => grant.checkpoint === checkpoint).map(({ project }) => project)
        return [checkpoint, owner(checkpoint), has.sort()]
      })
    )
    const terminal = { terminal: true, columns: 300 }
    const shown = yield* exits(0, cliIn(terminal, ["discover", "--project-keys", "keys"]))
    const [table = ""] = shown.stdout.split("\n\n")
    const archived = kept.filter(({ project }) => isArchived(projects.indexOf(project)))
    assert.isAbove(new Set(archived.map(({ project }) => project)).size, 5)
    assert.lengthOf(table.match(/\(archived\)/g) ?? [], archived.length)

    // each access, its date and actor
    const audited = yield* lines("audit --project-keys keys")
    const rows = (cell: string) => audited.filter((fields) => fields[3] === cell)
    assert.sameDeepMembers(
      rows("yes").map(([checkpoint, project, name, , since, , actor]) => [checkpoint, project, name, since, actor]),
      kept.map(({ at, checkpoint, key, project }) => [checkpoint, project, shownAs(project), time(at), actorOf(key)])
    )
    assert.sameDeepMembers(
      rows("owner").map((fields) => fields.slice(0, 2)),
      checkpoints.map((checkpoint) => [checkpoint, owner(checkpoint)])
    )
    yield* lines("audit --project-keys keys --out audit.html")
    const html = home.read("audit.html")
    assert.deepStrictEqual(
      checkpoints.filter((checkpoint) => !html.includes(checkpoint)),
      []
    )

    // each change of the year, newest first
    const history = (yield* lines("history --since 2025-11-01")).slice(0, -1)
    assert.sameDeepMembers(
      history.map((fields) => [...fields.slice(0, 5), fields[8]]),
      grants.flatMap(({ at, checkpoint, id, key, project, revoked }) => [
        [time(at), "grant", checkpoint, project, id, key],
        ...(revoked ? [[time(at + day), "revoke", checkpoint, project, id, key]] : [])
      ])
    )
    const times = history.map(([at = ""]) => at)
    assert.deepStrictEqual(times, [...times].sort().reverse())

    // what differs from the policy
    const night = yield* exits(3, cli(["drift", "--file", "docs/seeds/policy.yaml"]))
    assert.include(commands, "drift --file docs/seeds/policy.yaml")
    const unwanted = kept.filter(({ project }) => project === "proj_5")
    assert.isAbove(unwanted.length, 2)
    assert.sameDeepMembers(
      Array.from(night.stdout.matchAll(/^not in the policy +(\S+) +(\S+) +Team 5 +(.*?) {2,}(\S+)/gm), (found) =>
        found.slice(1)
      ),
      unwanted.map(({ at, checkpoint, key, project }) => [checkpoint, project, actorOf(key), time(at).slice(0, 10)])
    )
    assert.match(
      night.stdout,
      new RegExp(`^${unwanted.length} differences at .*: ${unwanted.length} not in the policy`)
    )
    assert.lengthOf(commands, 5)
  }).pipe(Effect.provide(Emulator.layer(seed)), Effect.scoped, Effect.orDie)
)
