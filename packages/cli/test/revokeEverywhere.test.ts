import { createHash } from "node:crypto"
import { Emulator } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { exits } from "./support/inProcess.ts"
import { test } from "./support/test.ts"
import { world } from "./support/world.ts"

const seed = {
  "ft:a": ["proj_x", "proj_keep"],
  "ft:b": ["proj_x", "proj_y"],
  "ft:c": ["proj_keep"]
}

const server = Emulator.layer({ seed })

const sha256Of = (text: string) => createHash("sha256").update(text).digest("hex")

const desk = Effect.gen(function* () {
  const there = yield* world
  const { cli, fake, home } = there
  yield* cli(["audit", "ft:a", "ft:b", "ft:c", "--json", "--out", "audit.json"])
  const sha256 = sha256Of(home.read("audit.json"))
  yield* fake.clearRequests
  const known = ["--from", "audit.json", "--sha256", sha256]
  const run = (args: ReadonlyArray<string>) => cli(["revoke", "--everywhere", "proj_x", ...args])
  const operations = Effect.map(fake.requests, (all) => all.map(({ operation }) => operation))
  return { ...there, known, operations, run, sha256 }
})

describe("revoke --everywhere with an audit that is known", () => {
  test("deletes what it knows before it reads, and says of what was read", server, function* () {
    const { fake, known, operations, run } = yield* desk
    const done = yield* exits(0, run([...known, "--yes"]))
    assert.deepStrictEqual(yield* operations, ["delete", "delete", "list", "list", "list"])
    assert.include(done.stdout, "- proj_x  cp_")
    assert.include(
      done.stdout,
      "2 permissions known, which go at once; then 3 checkpoints are read, and what is found there goes too.\n"
    )
    assert.match(
      done.stdout,
      /✓ 3 of 3 checkpoints that you named were without a permission of this project when read \(.*\): 0 granted, 2 revoked; a project/
    )
    assert.deepStrictEqual(yield* fake.projects("ft:a"), ["proj_keep"])
    assert.deepStrictEqual(yield* fake.projects("ft:b"), ["proj_y"])
  })

  test("deletes at once what an inventory knows from the log", server, function* () {
    const { cli, fake, home, operations, run } = yield* desk
    yield* fake.setBehavior({ dashboardEvents: 1 })
    yield* fake.grant("ft:c", "proj_x")
    const { stdout } = yield* cli(["discover", "--json"])
    const from = ["--from", home.write("inventory.json", stdout)]
    yield* fake.clearRequests
    const edited = ["--from", home.write("edited.json", stdout.replace("proj_x", "proj_k"))]
    const sha256 = ["--sha256", sha256Of(stdout)]
    const refused = yield* run([...edited, ...sha256, "--yes"])
    assert.deepStrictEqual([refused.code, yield* operations], [2, []])
    yield* exits(0, run([...from, ...sha256, "--yes"]))
    assert.deepStrictEqual(yield* operations, ["delete", "list"])
    assert.deepStrictEqual(yield* fake.projects("ft:c"), ["proj_keep"])
  })

  test("reads an audit first that somebody may have edited", server, function* () {
    const { fake, home, operations, run, sha256 } = yield* desk
    yield* exits(0, run(["--from", "audit.json", "--yes"]))
    assert.strictEqual((yield* operations)[0], "list")
    yield* fake.clearRequests
    const edited = home.write("edited.json", home.read("audit.json").replace("proj_keep", "proj_kept"))
    const refused = yield* exits(5, run(["--from", edited, "--sha256", sha256, "--yes"]))
    assert.match(refused.stderr, /it is not the one with sha256:/)
    assert.deepStrictEqual(yield* operations, [])
  })

  test("shows what it would do, and needs a confirmation of the number", server, function* () {
    const { fake, known, operations, run } = yield* desk
    const dry = yield* run([...known, "--dry-run"])
    assert.deepStrictEqual([dry.code, dry.stderr], [0, ""])
    assert.include(dry.stdout, "2 permissions known")
    yield* exits(5, run(known))
    assert.match(
      (yield* run([...known, "--yes", "--max-revokes", "1"])).stderr,
      /it revokes 2 permissions, more than 1/
    )
    assert.match((yield* run([...known, "--yes", "--backup", "b.yaml"])).stderr, /leave out one of the two/)
    assert.deepStrictEqual(yield* operations, [])
    assert.deepStrictEqual(yield* fake.projects("ft:a"), ["proj_x", "proj_keep"])
  })

  test("leaves what exceeds the number without a terminal, with exit code 4", server, function* () {
    const { fake, known, run } = yield* desk
    yield* fake.grant("ft:c", "proj_x")
    const done = yield* exits(4, run([...known, "--yes", "--max-revokes", "2"]))
    assert.match(done.stderr, /ft:c: proj_x has cp_\S+ too, which is left: it is more than was agreed to/)
    assert.match(
      done.stderr,
      /2 of 3 checkpoints that you named .* 1 not: look at what was left, and run it again with a higher --max-revokes/
    )
    assert.include(yield* fake.projects("ft:c"), "proj_x")
  })

  test(
    "begins with what the audit log knows, or reads first if the log is no help",
    Emulator.layer({ seed, behavior: { dashboardEvents: 1 } }),
    function* () {
      const { fake, home, operations, run } = yield* desk
      yield* fake.grant("ft:c", "proj_x")
      yield* fake.clearRequests
      const from = ["--from", home.write("ids.txt", "ft:a\nft:b\nft:c\n"), "--from-log", "--yes"]
      const done = yield* exits(0, run(from))
      const [log, first] = yield* operations
      assert.deepStrictEqual([log, first], ["list-audit-logs", "delete"])
      assert.match(done.stdout, /3 of 3 checkpoints that you named were without .*: 0 granted, 3 revoked/)
      yield* fake.setBehavior({ auditLog: "off" })
      yield* fake.grant("ft:c", "proj_x")
      const off = yield* exits(0, run(from))
      assert.match(off.stderr, /the audit log is no help \(.*\): everything is read first/)
    }
  )

  test("names the lines by which a policy would grant it again", server, function* () {
    const { home, known, run } = yield* desk
    const policy = home.write(
      "policy.yaml",
      `version: 1
groups:
  some: [proj_keep, proj_x]
  unused: [proj_x]
checkpoints:
  "ft:a":
    projects:
      - "@some"
  "ft:b":
    projects:
      - proj_y
      - proj_x
  "ft:c":
    projects:
      - {project: proj_x, until: 2020-01-31}
`
    )
    const { stderr } = yield* run([...known, "--from", policy, "--dry-run"])
    assert.deepStrictEqual(stderr.trimEnd().split("\n"), [
      `${policy}:3: @some would grant proj_x again at the next apply: take it out there too`,
      `${policy}:12: ft:b would grant proj_x again at the next apply: take it out there too`
    ])
  })
})
