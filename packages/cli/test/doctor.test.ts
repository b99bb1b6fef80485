import { Emulator, type FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { exitCodeOf, type Replies, type Reply, rowsOf } from "../src/internal/doctor/checks.ts"
import { exits, type Outcome } from "./support/inProcess.ts"
import { live, test } from "./support/test.ts"
import { weather, world } from "./support/world.ts"

const projects = Array.from({ length: 137 }, (_, index) => `proj_${String(index).padStart(3, "0")}`)

const seeded = {
  seed: { [weather]: projects },
  organization: {
    projects,
    models: [weather],
    events: [1, 2, 3].map((n) => ({
      type: "checkpoint.permission.created",
      effective_at: 1_780_000_000 + n,
      permission_id: `cp_${n}`,
      project_id: projects[n] ?? "",
      fine_tuned_model_checkpoint: weather,
      actor: { session: { email: "ann@example.com", user_agent: "curl/8" } }
    }))
  }
} as const

const verdicts = (stdout: string): Readonly<Record<string, string>> =>
  Object.fromEntries(JSON.parse(stdout).rows.map((row: { check: string; verdict: string }) => [row.check, row.verdict]))

/** The checks whose verdict is not `ok`, with the verdict. */
const others = ({ stdout }: Outcome) =>
  Object.fromEntries(Object.entries(verdicts(stdout)).filter(([, verdict]) => verdict !== "ok"))

const run = (options: FakePermissions.Options, code: number, ...args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { cli, fake, home } = yield* world
    home.write("keys", "proj_136=sk-proj-0123456789abcdef\n")
    const outcome = yield* exits(code, cli(["doctor", weather, "--project-keys", "keys", ...args]))
    return { outcome, sent: yield* fake.requests }
  }).pipe(Effect.provide(Emulator.layer({ ...seeded, ...options })))

const answered = (body: unknown, status = 200): Reply => ({ _tag: "Answered", status, body })
const page = (...data: ReadonlyArray<object>) => ({ object: "list", data, has_more: false })
const permission = (n: number) => ({ id: `cp_${n}`, project_id: `proj_${n}`, created_at: n })
const event = (n: number) => ({ id: `audit_${n}`, effective_at: n, actor: { session: {} } })

/** A server without a difference. */
const sound: Replies = {
  projects: answered(page({ id: "proj_1" })),
  permissions: answered(page(permission(3), permission(2))),
  permissionsAfter: answered(page(permission(2), permission(1))),
  log: answered(page(event(3), event(2))),
  logAfter: answered(page(event(2), event(1))),
  modelPermissions: answered({ error: {} }, 404),
  models: answered(page({ id: weather }))
}

it("doctor reports a refused limit as handled", () => {
  const permissionsAfter = answered({ error: { message: "limit is too large" } }, 400)
  const row = rowsOf({ ...sound, permissionsAfter }, weather).find(({ check }) => check === "permissions-limit")
  assert.strictEqual(row?.verdict, "handled")
})

it("doctor prints known scopes only", () => {
  const log = answered({ error: { message: "Missing scopes: proj_secret, api.audit_logs.read." } }, 401)
  const known = answered({ error: { message: "Missing scopes: api.audit_logs.read, api.model.read." } }, 401)
  const details = [log, known].map(
    (reply) => rowsOf({ ...sound, log: reply }, weather).find(({ check }) => check === "log")?.detail
  )
  assert.deepStrictEqual(details, [
    "the server answered 401",
    "the key lacks the scope api.audit_logs.read, api.model.read"
  ])
})

describe("doctor reports how far back the log goes", () => {
  const reach = (changed: Partial<Replies>) =>
    rowsOf({ ...sound, ...changed }, weather).find(({ check }) => check === "log")?.detail

  it("to its oldest grant", () => {
    assert.strictEqual(reach({}), "the oldest grant in the log is of 1970-01-01T00:00:01Z")
  })

  it("and that older grants were not read", () => {
    const back = /^grants were read back to 1970-01-01T00:00:01Z; older ones were not read$/
    assert.match(reach({ logAfter: answered({ ...page(event(2), event(1)), has_more: true }) }) ?? "", back)
    const unread = reach({ logAfter: answered("<html>", 502) })
    assert.strictEqual(unread, "grants were read back to 1970-01-01T00:00:02Z; older ones were not read")
    assert.strictEqual(
      reach({ log: answered(page({ id: "audit_1" })), logAfter: answered(page()) }),
      "no grant has a valid time"
    )
  })
})

describe("a difference that matters comes first", () => {
  const differences: ReadonlyArray<readonly [check: string, replies: Partial<Replies>]> = [
    ["projects-page", { projects: answered({ object: "list", data: [] }) }],
    ["permissions-page", { permissions: answered({ data: [permission(3), permission(2)], has_more: false }) }],
    ["permissions-page", { permissions: answered(page({ id: "cp_3", project_id: "proj_3" }, permission(2))) }],
    ["permissions-cursor", { permissionsAfter: answered(page(permission(3), permission(2))) }],
    ["permissions-cursor", { permissionsAfter: answered(page(permission(1))) }],
    ["log-page", { log: answered({ object: "list", data: [event(3), event(2)] }) }],
    ["log-cursor", { logAfter: answered(page(event(3), event(2))) }],
    ["log-cursor", { logAfter: answered(page(event(5), event(4))) }]
  ]
  it.each(differences)("%s", (check, changed) => {
    const replies = { ...sound, ...changed, models: { _tag: "Unanswered", detail: "no connection" } as const }
    const rows = rowsOf(replies, weather)
    assert.deepStrictEqual(
      rows.flatMap(({ check, verdict }) => (verdict === "matters" ? [check] : [])),
      [check]
    )
    assert.strictEqual(exitCodeOf(replies, rows), 3)
  })

  it("before a request without a usable reply", () => {
    const codes = [sound, { ...sound, log: answered("<html>", 502) }].map((replies) =>
      exitCodeOf(replies, rowsOf(replies, weather))
    )
    assert.deepStrictEqual(codes, [0, 4])
  })
})

describe("doctor", () => {
  live("sends at most seven GETs and reports no id, name, address or part of a key", function* () {
    for (const form of [["--json"], []]) {
      const { outcome, sent } = yield* run({}, 0, ...form)
      assert.isAtMost(sent.length, 7)
      assert.deepStrictEqual([...new Set(sent.map(({ method }) => method))], ["GET"])
      assert.notMatch(`${outcome.stdout}${outcome.stderr}`, /proj_\d|cp_|ft:|ann@|sk-proj-|0123|sk-admin-0/)
      assert.match(
        outcome.stderr,
        /the admin key is sent to 127\.0\.0\.1:\d+\n.*the key of one project was sent to 127/s
      )
      if (form.length > 0) assert.deepStrictEqual(others(outcome), {})
    }
    const { outcome } = yield* run({}, 0, "--show-ids")
    assert.include(outcome.stdout, "Whether this key can write was not tested.")
  })

  live("reports the projects that were compared, with ids only if requested", function* () {
    const details = ({ stdout }: Outcome) =>
      JSON.parse(stdout).rows.flatMap(({ check, detail }: { check: string; detail: string }) =>
        ["model-permissions", "models"].includes(check) ? [detail] : []
      )
    const { outcome: hidden } = yield* run({}, 0, "--json")
    assert.deepStrictEqual(details(hidden), [
      "one project has a deny list with 0 models",
      "compared: one project, of 101 listed projects with a permission"
    ])
    const { outcome: named } = yield* run({}, 0, "--json", "--show-ids")
    assert.deepStrictEqual(details(named), [
      "proj_000 has a deny list with 0 models",
      "compared: proj_136, of 101 listed projects with a permission"
    ])
  })

  const servers: ReadonlyArray<
    readonly [
      name: string,
      options: FakePermissions.Options,
      code: number,
      expected: Readonly<Record<string, string>> | undefined
    ]
  > = [
    [
      "without events and model permissions",
      { behavior: { auditLog: "empty" }, organization: { projects } },
      0,
      { log: "not-observed", "log-actor": "not-observed", "log-cursor": "not-observed" }
    ],
    [
      "that omits object in lists of the organization",
      { behavior: { pageObject: "absent" } },
      0,
      { "projects-page": "handled", "log-page": "handled" }
    ],
    ["that limits the rate", { behavior: { rate: { requests: 1, per: "1 minute" } } }, 4, undefined]
  ]
  for (const [name, options, code, expected] of servers) {
    live(`reports a server ${name}`, function* () {
      const { outcome } = yield* run(options, code, "--json")
      if (expected === undefined) assert.include(Object.values(others(outcome)), "not-asked")
      else assert.deepStrictEqual(others(outcome), expected)
    })
  }

  test("reports rows of a checkpoint that was not named as not observed", Emulator.layer(seeded), function* () {
    const { cli } = yield* world
    const { stdout } = yield* exits(0, cli(["doctor", "--json"]))
    const checks = verdicts(stdout)
    assert.strictEqual(checks["permissions-scope"], "not-observed")
    assert.strictEqual(checks["log"], "ok")
  })
  test("names what is missing to compare models", Emulator.layer(seeded), function* () {
    const { cli, home } = yield* world
    home.write("keys", "proj_elsewhere=sk-proj-0123456789abcdef\n")
    const keys = ["--project-keys", "keys"]
    for (const [args, detail] of [
      [[weather], "pass --project-keys with the key of a project that has a permission"],
      [keys, "pass a checkpoint"],
      [[weather, ...keys], "no key of the 101 listed projects is in --project-keys"]
    ] as const) {
      const { rows } = JSON.parse((yield* exits(0, cli(["doctor", ...args, "--json"]))).stdout)
      assert.deepInclude(rows.at(-1), { check: "models", verdict: "not-observed", detail })
    }
  })

  live("reports in one line what to do if the server refuses everything", function* () {
    for (const [status, body, code, message] of [
      [
        401,
        '{"error":{"message":"Incorrect API key provided.","code":"invalid_api_key"}}',
        1,
        /the server refuses the key \(status 401\): it is wrong/
      ],
      [
        401,
        '{"error":{"message":"Missing scopes: api.management.read"}}',
        1,
        /lacks the scope api\.management\.read: add it/
      ],
      [403, '{"error":{"message":"no"}}', 1, /refuses the key \(status 403\)/],
      [
        404,
        "<html></html>",
        4,
        /does not answer as OpenAI's API does \(the server answered 404 without JSON\): check --api-url/
      ],
      [429, "{}", 4, /limited the rate: run again in a minute/],
      [500, "{}", 4, /answered 500 to every request: run again in a minute/],
      [200, "<html></html>", 4, /does not answer as OpenAI's API does/]
    ] as const) {
      const outcome = yield* Effect.gen(function* () {
        const { cli, fake } = yield* world
        yield* fake.inject(Faults.reply(status, { body }), { times: 99 })
        const { stdout } = yield* cli(["doctor", weather, "--json"])
        const rows: ReadonlyArray<{ readonly detail: string }> = JSON.parse(stdout).rows
        const details = new Set(rows.slice(2).map(({ detail }) => detail))
        if (code === 1) assert.deepStrictEqual([...details], ["the first request failed"])
        return yield* cli(["doctor", weather])
      }).pipe(Effect.scoped, Effect.provide(Emulator.layer()))
      assert.strictEqual(outcome.code, code, `${status}: ${outcome.stderr}`)
      assert.match(outcome.stderr.trimEnd().split("\n").at(-1) ?? "", message)
    }
  })
})
