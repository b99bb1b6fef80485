import { Emulator, FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { exits, withoutPauses } from "./support/inProcess.ts"
import { test } from "./support/test.ts"
import { organization, policyOf, world } from "./support/world.ts"

const closed = Object.assign(new Error("EPIPE"), { code: "EPIPE" })
const full = Object.assign(new Error("ENOSPC"), { code: "ENOSPC" })

const apply = ["apply", "--file", "policy.yaml", "--yes"]

const desk = Effect.tap(world, ({ home }) =>
  Effect.sync(() => home.write("policy.yaml", policyOf(["ft:a"], "proj_new")))
)

const projects = Effect.flatMap(FakePermissions.FakePermissions, (fake) => fake.projects("ft:a"))

const server = Emulator.layer({ seed: { "ft:a": [{ project_id: "proj_old", id: "cp_old" }] }, organization })

describe("a closed standard output", () => {
  test("changes neither the work of apply nor the exit codes of plan and audit", server, function* () {
    const { cliIn } = yield* desk
    for (const [args, code] of [
      [["plan", "--file", "policy.yaml", "--exit-code"], 3],
      [["audit", "ft:a", "ft:b"], 0],
      [apply, 0]
    ] as const) {
      assert.strictEqual((yield* cliIn({ closed }, args)).code, code)
    }
    assert.deepStrictEqual(yield* projects, ["proj_new"])
    yield* exits(0, cliIn({ closed }, ["offboard", "proj_new", "--from", "policy.yaml", "--yes", "--permissions-only"]))
    assert.deepStrictEqual(yield* projects, [])
  })

  test("on a full disk, apply does not start", server, function* () {
    const { cliIn } = yield* desk
    const outcome = yield* exits(1, cliIn({ closed: full }, apply))
    assert.include(outcome.stderr, "standard output cannot be written: ENOSPC")
    assert.deepStrictEqual(yield* projects, ["proj_old"])
  })

  it.scopedLive.each([
    ["its steps", "1 to revoke"],
    ["its summary", "\n- proj_old  ft:a"]
  ])("on a disk that is full before %s, apply finishes and reports its changes on standard error", ([, closedAfter]) =>
    Effect.gen(function* () {
      const { cliIn } = yield* desk
      const { stderr } = yield* exits(1, cliIn({ closed: full, closedAfter }, apply))
      assert.match(
        stderr,
        /apply: standard output cannot be written: ENOSPC; Apply complete: 1 granted, 1 revoked, \d+ unchanged .*\n$/
      )
      assert.deepStrictEqual(yield* projects, ["proj_new"])
    }).pipe(Effect.provide(server))
  )

  it.scopedLive.each([
    ["api create", "proj_new", ["proj_old", "proj_new"]],
    ["grant", "proj_new", ["proj_old", "proj_new"]],
    ["revoke", "proj_old", []],
    ["api delete", "cp_old", []]
  ] as const)("on a full disk, %s reports its change on standard error", ([command, target, after]) =>
    Effect.forEach([[], ["--json"]], (flags) =>
      Effect.gen(function* () {
        const { cliIn } = yield* desk
        const outcome = yield* exits(1, cliIn({ closed: full }, [...command.split(" "), "ft:a", target, ...flags]))
        assert.match(
          outcome.stderr,
          new RegExp(
            `${command} ft:a: standard output cannot be written: ENOSPC; the write was executed: check with list`
          )
        )
        assert.sameMembers([...(yield* projects)], [...after])
      }).pipe(Effect.provide(server))
    )
  )
})

describe("a grant or a revoke that fails on the way", () => {
  test("reports that a part may be done, if a write was sent that was not certainly refused", server, function* () {
    const { cli, fake } = yield* desk
    const run = (args: ReadonlyArray<string>, ...faults: Parameters<typeof Faults.scripted>[0]) =>
      Effect.zipRight(fake.setFaults(Faults.scripted(faults)), cli([...args, "--no-lock"]))
    const part = /; some changes may have been made: run the same command again\n$/
    const unread = yield* exits(
      4,
      run(["grant", "ft:a", "proj_new"], { fault: Faults.error(400), operation: "list", nth: 2 })
    )
    assert.match(unread.stderr, part)
    assert.deepStrictEqual(yield* projects, ["proj_old", "proj_new"])
    const lost = yield* exits(
      4,
      run(
        ["grant", "ft:a", "proj_other"],
        { fault: Faults.dropAfter(), operation: "create" },
        { fault: Faults.error(400), operation: "list", nth: 2 }
      )
    )
    assert.match(lost.stderr, part)
    const revoked = yield* exits(
      4,
      run(["revoke", "ft:a", "proj_new", "proj_old"], {
        fault: Faults.error(403),
        operation: "delete",
        nth: 2
      })
    )
    assert.match(revoked.stderr, part)
    for (const args of [
      ["grant", "ft:a", "proj_third"],
      ["revoke", "ft:a", "proj_other"]
    ]) {
      const refused = yield* exits(
        1,
        run(args, { fault: Faults.error(403), operation: args[0] === "grant" ? "create" : "delete" })
      )
      assert.notInclude(refused.stderr, "may be done")
    }
  })
})

describe("a grant on a server whose listing lags", () => {
  test(
    "reports the server's reply, and exits with 4",
    Emulator.layer({ organization, behavior: { listingLag: "10 minutes" } }),
    function* () {
      const { cli } = yield* desk
      const outcome = yield* withoutPauses("20 seconds")(cli(["grant", "ft:a", "proj_new", "--no-lock"]))
      assert.strictEqual(outcome.code, 4)
      assert.strictEqual(outcome.stdout, "granted proj_new (not verified)\n")
      assert.include(outcome.stderr, "granted, but not verified")
    }
  )
})
