import { Emulator, Faults } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { withoutColors } from "../src/internal/terminal/style.ts"
import { exits } from "./support/inProcess.ts"
import { test } from "./support/test.ts"
import { old, weather, world } from "./support/world.ts"

const day = 24 * 60 * 60
const now = Math.floor(Date.now() / 1000)

/** Grants of a year ago, and the deletes of an offboarding an hour ago, which name the permissions alone. */
const offboarded = Array.from({ length: 74 }, (_, n) => [
  {
    type: "checkpoint.permission.created",
    effective_at: now - 365 * day + n,
    permission_id: `cp_${n}`,
    project_id: n % 2 === 0 ? "proj_gone" : "proj_other",
    fine_tuned_model_checkpoint: `ft:model-${n}`
  },
  {
    type: "checkpoint.permission.deleted",
    effective_at: now - 3600 + n,
    permission_id: `cp_${n}`,
    actor: { session: { email: "ann@example.com", user_agent: "Mozilla/5.0" } }
  }
]).flat()

const server = Emulator.layer({
  behavior: { dashboardEvents: 1 },
  organization: {
    events: offboarded,
    projects: [{ id: "proj_gone", name: "Fraud" }, "proj_other", { id: "proj_x", name: "X", archived_at: 1 }]
  },
  seed: { [weather]: ["proj_a"], [old]: [] }
})

const lines = (stdout: string) => stdout.split("\n").filter((line) => line !== "")

describe("history", () => {
  test("finds the grants of an offboarding, and filters by project", server, function* () {
    const { cli, fake } = yield* world
    const all = lines((yield* exits(0, cli(["history", "--since", "1d"]))).stdout)
    assert.strictEqual(all.length, 74)
    assert.match(all[0] ?? "", /^\S+Z\trevoke\tft:model-73\tproj_other\tcp_73\tann@example\.com\t/)
    assert.deepStrictEqual(
      all.filter((line) => line.split("\t")[3] === ""),
      []
    )
    assert.isAtMost((yield* fake.requests).length, 3)
    const gone = lines((yield* exits(0, cli(["history", "--since", "1d", "--project", "proj_gone"]))).stdout)
    assert.strictEqual(gone.length, 37)
    const by = (actor: string) => cli(["history", "--since", "1d", "--by", actor])
    assert.strictEqual(lines((yield* by("ann@example.com")).stdout).length, 74)
    assert.strictEqual(lines((yield* by("eve@example.com")).stdout).length, 0)
  })

  test("counts the grants that it does not find", server, function* () {
    const { cli, cliIn, fake } = yield* world
    yield* fake.setBehavior({ auditReach: "2 days", dashboardEvents: 1 })
    const args = ["history", "--since", "1d"]
    const unknown = lines((yield* exits(0, cli(args))).stdout)
    assert.strictEqual(unknown.filter((line) => line.split("\t")[3] === "").length, 74)
    const { stdout } = yield* exits(0, cliIn({ terminal: true }, [...args, "--project", "proj_gone"]))
    assert.match(stdout, /^74 more changes may match: their checkpoint, project or actor is unknown\.$/m)
    const json = JSON.parse((yield* exits(0, cli([...args, "--project", "proj_gone", "--json"]))).stdout)
    assert.deepStrictEqual(json.filter, { project: "proj_gone", unknown: 74 })
  })

  test(
    "prints all changes in one order at a terminal, also deletes whose grant was found further back",
    server,
    function* () {
      const { cliIn, fake } = yield* world
      yield* fake.grant(weather, "proj_other", "eve@example.com")
      const { stdout } = yield* exits(0, cliIn({ terminal: true, columns: 140 }, ["history", "--since", "1d"]))
      const shown = withoutColors(stdout)
      assert.match(shown, /^\S+ \S+ {2}\+ proj_other +\S+ +eve@example\.com \(Mozilla\/5\.0\)$/m)
      assert.match(shown, /- proj_gone +ft:model-0 +ann@example\.com/)
      assert.match(shown, /^75 changes since .*\.$/m)
      const times = shown.match(/^\d{4}\S+ \S+/gm) ?? []
      assert.lengthOf(times, 75)
      assert.deepStrictEqual(times, times.toSorted().reverse())
      assert.strictEqual(stdout.match(/ann@example\.com/g)?.length, 74)
    }
  )

  test("prints its changes at Ctrl-C", server, function* () {
    const { begin, fake } = yield* world
    yield* fake.setBehavior({ latency: "1 second" })
    const running = yield* begin(["history", "--since", "1d"])
    // the first one shows the time of the server
    yield* fake.awaitRequests(3)
    yield* running.signal("SIGINT")
    const { stderr, stdout } = yield* exits(130, running.outcome)
    assert.strictEqual(lines(stdout).length, 74)
    assert.match(stderr, /history: search of older grants incomplete: stopped\n$/)
  })

  test("is CSV and JSON too, refuses a misspelt project, and shows names", server, function* () {
    const { cli, cliIn, fake } = yield* world
    yield* fake.grant(weather, "proj_gone", "eve@example.com")
    const csv = yield* cli(["history", "--checkpoint", weather, "--format", "csv", "--since", "1h"])
    assert.match(csv.stdout, /^time,action,checkpoint,.*\r\n[^\n]*grant[^\n]*proj_gone[^\n]*\r\n$/)
    const { changes } = JSON.parse((yield* cli(["history", "--json", "--checkpoint", weather, "--since", "1h"])).stdout)
    assert.strictEqual(changes[0].by.user, "eve@example.com")
    const named = yield* cliIn({ terminal: true }, ["history", "--since", "1h", "--project", "proj_gone"])
    assert.match(named.stdout, /proj_gone {2}Fraud/)
    assert.match(
      (yield* exits(2, cli(["history", "--project", "proj_gon", "--since", "1h"]))).stderr,
      /proj_gon is not a project of this organization: did you mean proj_gone \(Fraud\)\?/
    )
    const archived = yield* exits(0, cli(["history", "--project", "proj_x", "--since", "1h"]))
    assert.match(archived.stderr, /^history: proj_x \(X\) is archived$/m)
    yield* fake.inject(Faults.error(403, { message: "no" }), { operation: "list-projects" })
    const unchecked = yield* exits(0, cli(["history", "--project", "proj_gon", "--since", "1h"]))
    assert.match(unchecked.stderr, /^history: project ids not checked: .*no/m)
  })

  test("resolves the actor of --by first, and says if nothing has that name", server, function* () {
    const { cli, fake } = yield* world
    yield* fake.grant(weather, "proj_gone", "eve@example.com")
    yield* fake.seedOrganization({
      adminKeys: [{ id: "key_n", name: "nightly", owner: { type: "user", id: "user-ann", name: "Ann" } }]
    })
    const history = (by: string) => cli(["history", "--since", "1h", "--by", by])
    assert.match((yield* exits(0, history("eve@example.com"))).stdout, /eve@example\.com/)
    const known = yield* exits(0, history("Ann"))
    assert.match(known.stderr, /^history: no change by Ann since \S+\n$/m)
    const unknown = yield* exits(4, history("eve@exmaple.com"))
    assert.match(
      unknown.stderr,
      /history: no change by eve@exmaple\.com since \S+, and no admin key or owner of that name; nearest: eve@example\.com\n$/
    )
    yield* fake.inject(Faults.error(403, { message: "no scope" }), { operation: "list-admin-keys", times: 9 })
    assert.match(
      (yield* exits(4, history("Ann"))).stderr,
      /history: no change by Ann since \S+; admin keys not read: .*no scope/
    )
  })

  test("a key whose owner has sessions is exit code 4, with the search by the owner", server, function* () {
    const { cli, fake } = yield* world
    for (const project of ["proj_gone", "proj_other", "proj_a"])
      yield* fake.grant(weather, project, "carla@example.com")
    const owner = { type: "user", id: "user-carla-example-com", name: "Carla" } as const
    yield* fake.seedOrganization({ adminKeys: [{ id: "key_c", name: "laptop", owner }] })
    const found = yield* exits(4, cli(["history", "--since", "1h", "--by", "key_c"]))
    assert.match(
      found.stderr,
      /history: 3 changes by sessions of carla@example\.com, which may be this key: history --by carla@example\.com\n$/
    )
    const one = ["history", "--since", "1h", "--by", "key_c", "--project", "proj_gone", "--json"]
    assert.deepStrictEqual(JSON.parse((yield* exits(4, cli(one))).stdout).filter, {
      project: "proj_gone",
      by: "key_c",
      unknown: 1,
      sessions: { of: "carla@example.com", changes: 1 }
    })
  })

  test("reports that a checkpoint or a project has no change, in a pipe too", server, function* () {
    const { cli } = yield* world
    const typo = yield* exits(0, cli(["history", "--since", "1d", "--checkpoint", "ft:typo"]))
    assert.strictEqual(typo.stdout, "")
    assert.match(
      typo.stderr,
      /^history: no change at ft:typo since \S+Z; the log has 74 changes at 74 other checkpoints\n$/
    )
    const both = ["--checkpoint", "ft:model-1", "--project", "proj_gone", "--format", "csv"]
    const { stderr } = yield* exits(0, cli(["history", "--since", "1d", ...both]))
    assert.match(stderr, /^history: no change at ft:model-1 of proj_gone since \S+Z; the log has 73 changes at 73 /)
  })
})
