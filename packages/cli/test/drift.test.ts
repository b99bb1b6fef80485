import { Emulator, VirtualClock } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { exits, cli as run } from "./support/inProcess.ts"
import { live, test } from "./support/test.ts"
import { folder, old, policyOf, weather, world } from "./support/world.ts"

const server = Emulator.layer({
  behavior: { dashboardEvents: 1 },
  organization: { projects: ["proj_a", "proj_b", "proj_x", { id: "proj_y", name: "Team Y" }] },
  seed: { [weather]: ["proj_a"], [old]: [] }
})

const nightly = Effect.gen(function* () {
  const desk = yield* world
  desk.home.write("access.yaml", policyOf([weather], "proj_a"))
  const drift = (...more: ReadonlyArray<string>) => desk.cli(["drift", "--file", "access.yaml", ...more])
  return { ...desk, drift }
})

describe("drift", () => {
  test("exits with 0 and the span of the reading if nothing differs", server, function* () {
    const { drift, fake } = yield* nightly
    const { stdout } = yield* exits(0, drift())
    assert.match(stdout, /^No difference at the 1 checkpoint of the policy \(read \d\d:\d\d(?:–\d\d:\d\d)?\)\.\n/)
    assert.deepStrictEqual(
      (yield* fake.requests).map(({ operation }) => operation),
      ["list-projects", "list", "list-audit-logs"]
    )
  })

  test("names the actor of a difference on every night, in each form", server, function* () {
    const { drift, fake, home } = yield* nightly
    yield* fake.grant(weather, "proj_y", "eve@example.com")
    for (let night = 0; night < 2; night++) {
      const { stdout } = yield* exits(3, drift())
      assert.match(
        stdout,
        /^not in the policy +ft:\S+weather\S+ +proj_y {2}Team Y +eve@example\.com \(Mozilla\/5\.0\) +\d{4}-\d\d-\d\d /m
      )
      assert.match(stdout, /^1 difference at 1 checkpoint \(1 in the policy, read .*\): 1 not in the policy\.$/m)
    }
    assert.include(
      (yield* drift("--format", "markdown")).stdout,
      "| `proj_y Team Y` | `eve@example.com (Mozilla/5.0)` |"
    )
    const { differences, exitCode, readAt } = JSON.parse((yield* exits(3, drift("--json"))).stdout)
    assert.strictEqual(exitCode, 3)
    assert.deepInclude(differences[0].grant.by, { user: "eve@example.com" })
    for (const time of [readAt, differences[0].createdAt]) assert.match(time, /^\d{4}-\d\d-\d\dT\S+Z$/)
    assert.deepStrictEqual(home.files(), ["access.yaml", "policy.yaml"])
  })

  test(
    "exits with 4 if nothing can be read, with the reason",
    Emulator.layer({ behavior: { keys: [] }, seed: { [weather]: [] } }),
    function* () {
      const { stderr, stdout } = yield* exits(4, (yield* nightly).drift())
      assert.match(stdout, /^Incomplete, 1 checkpoint not read\. 1 difference at 1 checkpoint/)
      assert.match(stderr, /drift: 1 checkpoint could not be read \(list .*401.*\)\n$/)
    }
  )

  test("an unknown project is a difference, and with --unmanaged a checkpoint in no policy", server, function* () {
    const { drift, fake, home } = yield* nightly
    yield* fake.grant(old, "proj_y", "eve@example.com")
    const { stdout } = yield* exits(0, drift())
    assert.include(
      stdout,
      "1 unmanaged checkpoint with a grant and no later revoke in the log (not read without --unmanaged)."
    )
    assert.match(stdout, /^In no policy, .*:\nCHECKPOINT .*\nft:\S+old:D2 +proj_y {2}Team Y +eve@/m)
    const lines = yield* exits(3, drift("--unmanaged", "--format", "lines"))
    assert.match(lines.stdout, /^unmanaged\tft:\S+old:D2\tproj_y\tTeam Y\t\S+\teve@/m)
    assert.match((yield* exits(3, drift("--unmanaged"))).stdout, /^unmanaged +ft:\S+old:D2 +proj_y {2}Team Y +eve@/m)
    home.write("access.yaml", policyOf([weather], "proj_a", "proj_typo"))
    assert.match((yield* exits(3, drift())).stdout, /^unknown project +ft:\S+ +proj_typo$/m)
    yield* fake.setBehavior({ auditLog: "off" })
    const blind = yield* exits(4, drift("--unmanaged"))
    assert.match(blind.stderr, /drift: the log could not be read: unmanaged checkpoints are unknown\n$/)
  })

  test("takes no file of an earlier run, and writes none", server, function* () {
    const { drift, fake } = yield* nightly
    for (const option of ["--previous", "--out", "--journal", "--our-key"]) {
      assert.match((yield* exits(2, drift(option, "a"))).stderr, new RegExp(`unknown option ${option}`))
    }
    assert.deepStrictEqual(yield* fake.requests, [])
  })

  live("stops after --max-duration, and shows the checkpoints that it read", function* () {
    const ids = Array.from({ length: 12 }, (_, n) => `ft:gpt-4o-mini:org:model:${n}`)
    const home = yield* folder
    home.write("access.yaml", policyOf(ids))
    home.write("seed.json", JSON.stringify(Object.fromEntries(ids.map((id) => [id, []]))))
    const limits = ["--rate", "1/minute", "--max-duration", "5m"]
    const args = ["drift", "--file", "access.yaml", "--fake", "--seed-file", "seed.json", ...limits]
    const { code, stderr, stdout } = yield* VirtualClock.run(run(args, { cwd: home.path }))
    assert.strictEqual(code, 4, stderr)
    assert.match(stderr, /drift: --max-duration of 5m reached: printing partial results/)
    assert.match(
      stdout,
      /^Incomplete, [67] checkpoints not read\. [67] differences at [67] checkpoints \(12 in the policy/
    )
  })
})
