import { Access, AccessPolicy, Inventory } from "@checkpoint-permissions/access"
import { CheckpointPermissions, Organization, Pacing, ProjectModels } from "@checkpoint-permissions/client"
import { Identifiers } from "@checkpoint-permissions/core"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Redacted, TestClock } from "effect"
import { labelOf, unknowns } from "../src/internal/inventory/render.ts"
import { recorder } from "./support/applied.ts"

type Seed = NonNullable<FakePermissions.Options["organization"]>

const base = "gpt-4o-mini-2024-07-18"
const model = (name: string) => `ft:${base}:org:${name}:B7R9VjQd`

const discovered = (
  organization: Seed,
  projects: ReadonlyArray<string>,
  behavior: FakePermissions.Options["behavior"] = {}
) =>
  Effect.gen(function* () {
    const admin = yield* Organization.make({ adminKey: Redacted.make("sk-admin-1"), pacing: Pacing.none })
    const keys = yield* Effect.forEach(projects, (projectId) =>
      ProjectModels.make({ apiKey: Redacted.make(`sk-${projectId}`), projectId, pacing: Pacing.none })
    )
    const inventory = yield* Inventory.discover(admin, keys)
    const { requests } = yield* FakePermissions.FakePermissions
    return { inventory, requests: (yield* requests).map(({ operation }) => operation) }
  }).pipe(Effect.provide(FakePermissions.layer({ organization, behavior })))

const one = (inventory: Inventory.Inventory, name: string) =>
  inventory.checkpoints.find(({ checkpoint }) => checkpoint === model(name))

const granted = (id: string, checkpoint: string, project: string, at = 0) => ({
  type: "checkpoint.permission.created",
  effective_at: at,
  permission_id: id,
  fine_tuned_model_checkpoint: checkpoint,
  project_id: project
})

describe("discover", () => {
  it.effect("asks 1 + 12 + 12 + 25 requests, and the pages of the log", () =>
    Effect.gen(function* () {
      const projects = Array.from({ length: 12 }, (_, index) => `proj_${index}`)
      const jobs = Array.from({ length: 25 }, (_, index) => ({
        id: `ftjob-${index}`,
        fine_tuned_model: model(`m${index}`),
        project: `proj_${index % 12}`
      }))
      const events = Array.from({ length: 250 }, (_, index) => granted(`cp_${index}`, model("m0"), `proj_${index}`))
      const { inventory, requests } = yield* discovered({ projects, jobs, events }, projects)
      const count = (operation: string) => requests.filter((one) => one === operation).length
      assert.deepStrictEqual(
        ["list-projects", "list-models", "list-jobs", "list-job-checkpoints", "list-audit-logs"].map(count),
        [1, 12, 12, 25, 3]
      )
      assert.strictEqual(requests.length, 53)
      assert.strictEqual(inventory.checkpoints.length, 25)
    })
  )

  it.effect("knows an owner from the jobs of one key alone, and what the log shows", () =>
    Effect.gen(function* () {
      const organization: Seed = {
        projects: [{ id: "proj_a", name: "Search" }, { id: "proj_old", name: "Labs", archived_at: 1 }, "proj_b"],
        models: [
          { id: base, shutdown_date: "2027-01-31" },
          { id: model("own"), shutdown_date: "2026-12-31" }
        ],
        jobs: [
          { id: "ftjob-1", fine_tuned_model: model("own"), project: "proj_a" },
          { id: "ftjob-2", fine_tuned_model: model("late"), project: "proj_a" }
        ],
        events: [
          granted("cp_1", model("own"), "proj_b"),
          granted("cp_2", model("own"), "proj_gone"),
          { type: "checkpoint.permission.deleted", effective_at: 0, permission_id: "cp_2" },
          granted("cp_3", model("logged"), "proj_old")
        ]
      }
      const { inventory } = yield* discovered(organization, ["proj_a"])
      assert.deepStrictEqual(
        { ...one(inventory, "own"), readAt: undefined, createdAt: undefined },
        {
          checkpoint: model("own"),
          knownBy: ["log", "job", "model"],
          readAt: undefined,
          baseModel: base,
          job: "ftjob-1",
          step: 100,
          createdAt: undefined,
          retires: "2026-12-31",
          owner: "proj_a",
          ownerBy: "job",
          granted: [{ permission: "cp_1", project: "proj_b", at: DateTime.unsafeMake(0), by: null }],
          perhapsDeleted: false
        }
      )
      assert.strictEqual(one(inventory, "late")?.retires, "2027-01-31")
      const logged = one(inventory, "logged")
      assert.deepStrictEqual([logged?.owner, logged?.baseModel, logged?.knownBy], [null, base, ["log"]])
      assert.strictEqual(labelOf(inventory, "proj_old"), "Labs (archived)")
      const unknown = unknowns(inventory).join("\n")
      assert.match(unknown, /2 projects without a key here that works/)
      assert.match(unknown, /no event of a permission before 1970-01-01/)
    })
  )

  it.effect("knows an owner from a policy, from a refused grant of this server's journal, and first from a job", () =>
    Effect.gen(function* () {
      const names = ["by-job", "by-policy", "by-refusal", "by-one", "elsewhere"]
      const admin = yield* Organization.make({ adminKey: Redacted.make("sk-admin-1") })
      const key = yield* ProjectModels.make({ apiKey: Redacted.make("sk-proj-1"), projectId: "proj_job" })
      const { entries, journal } = recorder()
      const grant = (name: string, ...projects: ReadonlyArray<string>) =>
        Effect.ignore(Access.grant(model(name), projects, { journal })).pipe(
          Effect.provide(Access.layer),
          Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-1"), pacing: Pacing.none }))
        )
      yield* grant("by-refusal", "proj_x", "proj_own")
      yield* grant("by-one", "proj_own")
      const [refused] = entries.filter(({ outcome }) => outcome === "refused")
      if (refused === undefined) return assert.fail("nothing was refused")
      const others = [
        { ...refused, server: "https://elsewhere.example/v1", checkpoint: model("elsewhere") },
        { ...refused, action: "revoke", checkpoint: model("elsewhere") }
      ] as const
      const policy = yield* AccessPolicy.make({
        version: 1,
        checkpoints: Object.fromEntries(
          ["by-job", "by-policy", "by-refusal", "unheard-of"].map((name) => [
            model(name),
            { owner: "proj_policy", projects: [] }
          ])
        )
      })
      const inventory = yield* Inventory.discover(admin, [key], { policy, journal: [...entries, ...others] })
      assert.deepStrictEqual(
        names.map((name) => `${one(inventory, name)?.owner} by ${one(inventory, name)?.ownerBy}`),
        ["proj_job by job", "proj_policy by policy", "proj_own by refusal", "proj_own by refusal", "null by null"]
      )
      assert.isUndefined(one(inventory, "unheard-of"))
    }).pipe(
      Effect.provide(
        FakePermissions.layer({
          organization: {
            jobs: [{ id: "ftjob-1", fine_tuned_model: model("by-job"), project: "proj_job" }],
            events: ["by-policy", "by-refusal", "by-one", "elsewhere"].map((name, n) =>
              granted(`cp_${n}`, model(name), "proj_y")
            )
          },
          behavior: { owners: { [model("by-refusal")]: "proj_own", [model("by-one")]: "proj_own" } }
        })
      )
    )
  )

  it.effect("names no owner of a job that keys of two projects list, and asks for its checkpoints once", () =>
    Effect.gen(function* () {
      // a server that heeds no project: both keys list the job
      const admin = yield* Organization.make({ adminKey: Redacted.make("sk-admin-1") })
      const keys = yield* Effect.forEach(["proj_a", "proj_b"], (projectId) =>
        ProjectModels.make({ apiKey: Redacted.make("sk-proj-1"), projectId: "proj_a" }).pipe(
          Effect.map((service) => ({ ...service, projectId }))
        )
      )
      const inventory = yield* Inventory.discover(admin, keys)
      assert.deepStrictEqual(
        inventory.checkpoints.map(({ checkpoint, owner }) => [checkpoint, owner]),
        [[model("both"), null]]
      )
      const { requests } = yield* FakePermissions.FakePermissions
      const asked = (yield* requests).filter(({ operation }) => operation === "list-job-checkpoints")
      assert.strictEqual(asked.length, 1)
    }).pipe(
      Effect.provide(
        FakePermissions.layer({
          organization: { jobs: [{ id: "ftjob-1", fine_tuned_model: model("both"), project: "proj_a" }] }
        })
      )
    )
  )

  it.effect("says what could not be known: a log that is off, a key that is refused", () =>
    Effect.gen(function* () {
      const behavior = {
        auditLog: "off",
        keys: [{ key: "sk-admin-1", scopes: ["api.fine_tuning.checkpoints.read"] }]
      } as const
      const { inventory } = yield* discovered({ projects: ["proj_a"] }, ["proj_a"], behavior)
      assert.match(inventory.log.failed ?? "", /audit_logs_disabled/)
      assert.match(inventory.keys[0]?.failed ?? "", /invalid_api_key/)
      const shown = Inventory.toTable(inventory, { width: 80 })
      assert.match(shown, /The log could not be read/)
      assert.match(shown, /The key of proj_a could not be used/)
      assert.isTrue(shown.split("\n").every((line) => line.length <= 80))
    })
  )

  it.effect("says that a model which a job names, and its project lists no more, is perhaps deleted", () =>
    Effect.gen(function* () {
      const organization: Seed = {
        jobs: [{ id: "ftjob-1", fine_tuned_model: model("gone"), project: "proj_a" }],
        modelPermissions: { proj_a: { mode: "deny_list", model_ids: [model("gone")] } }
      }
      const { inventory } = yield* discovered(organization, ["proj_a"], { excludedModels: "hidden" })
      assert.isTrue(one(inventory, "gone")?.perhapsDeleted)
      assert.match(unknowns(inventory).join("\n"), /perhaps deleted: ftjob-1 names it/)
    })
  )
})

describe("an inventory as a file", () => {
  const organization: Seed = {
    projects: [{ id: "proj_a", name: "Search" }],
    jobs: [{ id: "ftjob-1", fine_tuned_model: model("own"), project: "proj_a" }]
  }

  it.effect("loses nothing", () =>
    Effect.gen(function* () {
      const { inventory } = yield* discovered(organization, ["proj_a"])
      assert.deepStrictEqual(yield* Inventory.fromJson(Inventory.toJson(inventory)), inventory)
    })
  )

  it.effect("is refused when it was edited, or is none", () =>
    Effect.gen(function* () {
      const { inventory } = yield* discovered(organization, ["proj_a"])
      const text = Inventory.toJson(inventory)
      for (const edited of [text.replace('"Search"', '"Shop"'), text.replace('"owner":"proj_a"', '"owner":null')]) {
        assert.notStrictEqual(edited, text)
        const error = yield* Effect.flip(Inventory.fromJson(edited))
        assert.match(error.message, /it was edited.*: make it anew with discover$/)
      }
      assert.match((yield* Effect.flip(Inventory.fromJson("{}"))).message, /cannot be used \(format: is missing/)
    })
  )
})

describe("the projects of a policy", () => {
  const text = [
    "version: 1",
    "groups:",
    "  all: [proj_a, proj_serch]",
    "  unused: [proj_nowhere]",
    "checkpoints:",
    `  "${model("own")}":`,
    "    owner: proj_old",
    "    projects:",
    '      - "@all"',
    "      - proj_old",
    '      - { project: proj_gone, until: "2027-01-31" }',
    '      - { project: proj_past, until: "1970-01-01" }',
    `  "${model("other")}":`,
    "    owner: proj_zzzzzzzz",
    "    projects: [proj_a]",
    ""
  ].join("\n")
  const organization: Seed = {
    projects: ["proj_a", { id: "proj_search", name: "Search" }, { id: "proj_old", name: "Labs", archived_at: 1 }]
  }

  it.effect("are mistakes with their line by a list of this run, where they are archived or not there", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2027, 0, 1))
      const { inventory } = yield* discovered(organization, [])
      const { list } = inventory.projects
      const found = yield* Effect.flip(Inventory.checkProjects([{ text, file: "p.yaml" }], list))
      assert.deepStrictEqual(found.report.split("\n"), [
        `p.yaml:14:12: checkpoints["${model("other")}"].owner: proj_zzzzzzzz is no project of this organization: take it out`,
        "p.yaml:3:17: groups.all[1]: proj_serch is no project of this organization: did you mean proj_search?",
        `p.yaml:10:9: checkpoints["${model("own")}"].projects[1]: proj_old (Labs) is archived: take it out`,
        `p.yaml:11:20: checkpoints["${model("own")}"].projects[2].project: proj_gone is no project of this organization: take it out`
      ])
      yield* Inventory.checkProjects(
        [{ text: text.replace(/serch|zzzzzzzz/g, "search"), file: "p.yaml" }],
        [
          ...list,
          ...(["proj_old", "proj_gone"] as const).map((id) => ({
            id: Identifiers.ProjectId.make(id),
            name: null,
            archivedAt: null
          }))
        ]
      )
    })
  )

  it.effect("are doubtful with a day by a list that was saved", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2027, 0, 1))
      const { inventory } = yield* discovered(organization, [])
      const wanted = [{ checkpoint: model("own"), owner: "proj_a", projects: ["proj_serch", "proj_old"] }]
      assert.deepStrictEqual(Inventory.doubtfulProjects(wanted, inventory), [
        "proj_serch is no project of the inventory, as of 2027-01-01: did you mean proj_search?",
        "proj_old (Labs) is archived, as of 2027-01-01"
      ])
    })
  )
})
