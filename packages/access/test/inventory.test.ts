import { Access, AccessMatrix, AccessPolicy, Drift, Inventory } from "@checkpoint-permissions/access"
import { CheckpointPermissions, Organization, Pacing, ProjectModels, RetryPolicy } from "@checkpoint-permissions/client"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Redacted, TestClock } from "effect"
import { scoped as test } from "../../core/test/effects.ts"
import { labelOf } from "../src/internal/inventory/text.ts"
import { countOf, requests } from "./support/world.ts"

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
  test("sends 1 + 12 + 12 + 25 requests, and one for each page of the log", function* () {
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

  test("finds an owner by the jobs of exactly one key, and grants in the log", function* () {
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
    assert.deepStrictEqual<unknown>(one(inventory, "own"), {
      checkpoint: model("own"),
      sources: ["log", "job", "model"],
      baseModel: base,
      job: "ftjob-1",
      retires: "2026-12-31",
      owner: "proj_a",
      ownerSource: "job",
      granted: [{ permission: "cp_1", project: "proj_b", at: DateTime.unsafeMake(0), by: {} }]
    })
    assert.strictEqual(one(inventory, "late")?.retires, "2027-01-31")
    const logged = one(inventory, "logged")
    assert.deepStrictEqual([logged?.owner, logged?.baseModel, logged?.sources], [null, base, ["log"]])
    assert.strictEqual(labelOf(inventory, "proj_old"), "Labs (archived)")
    const text = Inventory.toTable(inventory)
    assert.match(text, /^3 checkpoints: log since 1970-01-01, 1 of 3 projects with a key\.$/m)
    assert.match(text, /^2 projects: no working key, checkpoints known only from the audit log\.$/m)
  })

  it.effect("takes checkpoints and owners from a policy and a list too, and prefers the owner of a job", () =>
    Effect.gen(function* () {
      const admin = yield* Organization.make({ adminKey: Redacted.make("sk-admin-1") })
      const key = yield* ProjectModels.make({ apiKey: Redacted.make("sk-proj-1"), projectId: "proj_job" })
      const policy = yield* AccessPolicy.make({
        version: 1,
        checkpoints: Object.fromEntries(
          ["by-job", "by-policy"].map((name) => [model(name), { owner: "proj_policy", projects: [] }])
        )
      })
      const inventory = yield* Inventory.discover(admin, [key], {
        policy,
        checkpoints: [
          { checkpoint: model("listed"), owner: "proj_other" },
          { checkpoint: model("by-job"), owner: "proj_other", ownerSource: "job" },
          { checkpoint: model("by-policy"), owner: "proj_other" },
          { checkpoint: model("by-document"), owner: "proj_own", ownerSource: "refusal" }
        ]
      })
      assert.deepStrictEqual(
        inventory.checkpoints.map(({ checkpoint, sources, owner, ownerSource }) => [
          checkpoint,
          sources.join(),
          owner,
          ownerSource
        ]),
        [
          [model("by-document"), "list", "proj_own", "refusal"],
          [model("by-job"), "job,model,policy,list", "proj_job", "job"],
          [model("by-policy"), "log,policy,list", "proj_policy", "policy"],
          [model("listed"), "list", "proj_other", "policy"]
        ]
      )
      assert.strictEqual(
        Inventory.sources(inventory),
        "log since 1970-01-01, 1 of 1 project with a key, 2 in policies, 4 listed"
      )
    }).pipe(
      Effect.provide(
        FakePermissions.layer({
          organization: {
            projects: ["proj_job"],
            jobs: [{ id: "ftjob-1", fine_tuned_model: model("by-job"), project: "proj_job" }],
            events: [granted("cp_1", model("by-policy"), "proj_y")]
          }
        })
      )
    )
  )

  it.effect("finds no owner of a job that keys of two projects list, and lists its checkpoints once", () =>
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
      assert.strictEqual(yield* countOf("list-job-checkpoints"), 1)
    }).pipe(
      Effect.provide(
        FakePermissions.layer({
          organization: { jobs: [{ id: "ftjob-1", fine_tuned_model: model("both"), project: "proj_a" }] }
        })
      )
    )
  )
})

describe("an audit with an inventory", () => {
  const years = 400 * 24 * 60 * 60
  const actors = [{ session: { email: "ana@example.com", user_agent: "Mozilla/5.0" } }, { key: "key_ci" }]
  const seed = {
    [model("a")]: Array.from({ length: 40 }, (_, n) => ({
      id: `cp_${n}`,
      project_id: `proj_${n}`,
      created_at: years + n * 5000
    }))
  }
  const organization: Seed = {
    projects: [
      { id: "proj_0", name: "Zero" },
      { id: "proj_1", name: "One", archived_at: 1 }
    ],
    adminKeys: [
      { id: "key_ci", name: "CI", owner: { type: "service_account" as const, id: "svc_ci", name: "ci-bot" } }
    ],
    events: Array.from({ length: 40 }, (_, n) => ({
      ...granted(`cp_${n}`, model("a"), `proj_${n}`, years + n * 5000 + 60),
      actor: actors[n % 2]
    }))
  }

  const audited = (
    options: Parameters<typeof Inventory.discover>[2],
    behavior: FakePermissions.Options["behavior"] = {},
    of = organization,
    now = Date.UTC(2026, 0)
  ) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const admin = { adminKey: Redacted.make("sk-admin-1"), pacing: Pacing.none, retry: RetryPolicy.none }
      const service = yield* Organization.make(admin)
      const access = yield* Effect.flatMap(CheckpointPermissions.make(admin), Access.make)
      const inventory = yield* Inventory.discover(service, [], options)
      const matrix = yield* access.audit([model("a")])
      const found = yield* Effect.provideService(
        Inventory.annotate(matrix, inventory),
        Organization.Organization,
        service
      )
      const pages = yield* countOf("list-audit-logs")
      const policy = yield* AccessPolicy.make({ version: 1, checkpoints: { [model("a")]: { projects: [] } } })
      const drift = yield* Drift.read(policy).pipe(
        Effect.provideService(Access.Access, access),
        Effect.provideService(Organization.Organization, service)
      )
      const by = found.rows.flatMap(({ permissions }) => permissions.map(({ by }) => by))
      return { by, drift, found, pages }
    }).pipe(Effect.provide(FakePermissions.layer({ organization: of, seed, behavior })))

  const ana = { user: "ana@example.com", agent: "Mozilla/5.0" }

  test("has names, and the actor of each grant from the whole log, in one page", function* () {
    const { by, found, pages } = yield* audited({})
    assert.strictEqual(pages, 1)
    assert.deepInclude(by[0], ana)
    assert.deepInclude(by[1], { key: "key_ci", keyName: "CI", keyOwner: "ci-bot" })
    assert.isTrue(by.every((one) => typeof one === "object"))
    assert.deepInclude(found.names, { proj_0: "Zero", proj_1: "One (archived)" })
    assert.isUndefined(found.logFailure)
  })

  test("without the log of an inventory, it is searched around the 30 newest grants", function* () {
    const { by, found, pages } = yield* audited({ log: false })
    assert.strictEqual(pages, 30)
    assert.deepStrictEqual(
      by.map((one) => one === "not searched"),
      Array.from({ length: 40 }, (_, n) => n < 10)
    )
    assert.strictEqual(found.logFailure, "the log was not searched for 10 of 40 permissions")
  })

  test("the actor is who made a permission: not who repeated the grant, and no event is not in the log", function* () {
    const repeated = (n: number, hours: number) => ({
      ...granted(`cp_${n}`, model("a"), `proj_${n}`, years + n * 5000 + hours * 3600),
      actor: { key: "key_ci" }
    })
    const events = [...(organization.events ?? []).slice(0, 38), repeated(0, 1), repeated(38, 1)]
    for (const log of [true, false]) {
      const { by, found } = yield* audited({ log }, {}, { ...organization, events })
      assert.deepInclude(by[log ? 0 : 10], ana)
      assert.deepStrictEqual(by.slice(38), ["not in the log", "not in the log"])
      assert.match(AccessMatrix.toLines(found), /\tproj_38\t.*\tnot in the log\t/)
    }
  })

  test("an audit and drift name the same actor, also of a grant without a checkpoint or with a delete", function* () {
    const [first = granted("", "", ""), ...others] = organization.events ?? []
    const { fine_tuned_model_checkpoint: _, ...nameless } = { fine_tuned_model_checkpoint: "", ...first }
    const at = years + 200_000
    const deleted = { type: "checkpoint.permission.deleted", effective_at: at, permission_id: "cp_1" }
    const { by, drift } = yield* audited({}, {}, { ...organization, events: [nameless, ...others, deleted] })
    const actors = drift.differences.map((one) => ("grant" in one && one.grant?._tag === "InLog" ? one.grant.by : one))
    assert.deepStrictEqual<unknown>(actors, by)
    assert.deepInclude(by[0], ana)
    assert.deepInclude(by[1], { key: "key_ci" })
  })

  test("a permission that was made after the log was read is not searched", function* () {
    const before = { ...organization, events: organization.events?.slice(0, 20) ?? [] }
    const { by, found } = yield* audited({}, {}, before, (years + 20 * 5000) * 1000)
    assert.isTrue(by.slice(0, 20).every((one) => typeof one === "object"))
    assert.deepStrictEqual(by.slice(20), Array(20).fill("not searched"))
    assert.isUndefined(found.logFailure)
  })
})
