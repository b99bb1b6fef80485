import { linkSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { Emulator, FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import { exits, jsonLines, longWaitsUntil } from "./support/inProcess.ts"
import { test } from "./support/test.ts"
import { old, organization, policyOf, seed, weather, world } from "./support/world.ts"

const server = Emulator.layer({ seed, organization })
const apply = ["apply", "--file", "policy.yaml"]
const wanted: Record<string, ReadonlyArray<string>> = { [weather]: ["proj_a", "proj_b", "proj_c"], [old]: [] }

/** The permissions of the server, by project. */
const held = Effect.gen(function* () {
  const fake = yield* FakePermissions.FakePermissions
  const all = yield* fake.allPermissions
  return Object.fromEntries(
    Object.entries(all).map(([id, permissions]) => [id, permissions.map(({ project_id }) => String(project_id)).sort()])
  )
})

/** So many checkpoints, each with one to grant and one to revoke. */
const many = Array.from({ length: 12 }, (_, i) => `ft:m${i}`)
const manySeed = Object.fromEntries(many.map((id) => [id, ["proj_out"]]))
const manyPolicy = policyOf(many, "proj_in")
const manyWanted = Object.fromEntries(many.map((id) => [id, ["proj_in"]]))
const all = ["apply", "--file", "many.yaml", "--yes", "--max-revokes", "12"]
const slow = Emulator.layer({
  seed: manySeed,
  organization: { projects: ["proj_in", "proj_out"] },
  behavior: { latency: "60 millis", regrant: "second" }
})

describe.concurrent("apply", () => {
  test("applies a policy, writes a journal, and plan --undo plans the inverse", server, function* () {
    const { home, cli } = yield* world
    const done = yield* exits(0, cli([...apply, "--yes", "--journal", "access.journal", "--out", "executed.json"]))
    assert.strictEqual(done.stderr, "")
    assert.include(done.stdout, `\n+ proj_b  ${weather}\n`)
    assert.match(done.stdout, /\n- proj_x \(Old team\) {2}ft:/)
    assert.match(
      done.stdout,
      /\n✓ Apply complete: 2 granted, 3 revoked, \d+ unchanged \(read \d\d:\d\d(–\d\d:\d\d)? UTC\)\.\n/
    )
    assert.deepStrictEqual(yield* held, wanted)
    const journal = jsonLines(home.read("access.journal"))
    assert.deepStrictEqual(
      journal.map(({ actor }) => actor),
      Array(10).fill("tester")
    )
    for (const name of ["access.journal", "executed.json"]) assert.strictEqual(home.mode(name), 0o600)
    const again = yield* exits(5, cli(["apply", "executed.json", "--yes"]))
    assert.match(again.stderr, /the plan is refused: it was already applied at \S+Z: make a new plan\n$/)
    const undo = ["plan", "--undo", "access.journal", "-o", "undo.json"]
    const foreign = yield* exits(5, cli(undo, { OPENAI_ORG_ID: "org-b" }))
    assert.match(foreign.stderr, /it was made for no named organization, not for organization "org-b"/)
    const planned = yield* exits(0, cli(undo))
    assert.match(planned.stdout, /3 to grant, 2 to revoke/)
    const back = yield* exits(0, cli(["apply", "undo.json", "--yes", "--json"]))
    assert.deepInclude(jsonLines(back.stdout).at(-1), {
      _tag: "Summary",
      granted: 3,
      revoked: 2,
      complete: 2,
      checkpoints: 2
    })
    assert.deepStrictEqual(yield* held, { [weather]: ["proj_a", "proj_x", "proj_y"], [old]: ["proj_z"] })
  })

  test(
    "revokes nothing without --yes, nothing above the limit, and nothing of another plan or server",
    server,
    function* () {
      const { home, cli } = yield* world
      yield* cli(["plan", "--file", "policy.yaml", "--out", "plan.json"])
      home.write("edited.json", home.read("plan.json").replace(/"revokes": 3/, '"revokes": 2'))
      const refusals: ReadonlyArray<readonly [args: ReadonlyArray<string>, says: RegExp]> = [
        [apply, /apply: no terminal to ask for confirmation: .* --yes\n$/],
        [[...apply, "--yes", "--max-revokes", "2"], /revokes 3 permissions, the limit is 2: .*--max-revokes 3\n$/],
        [
          ["apply", "plan.json", "--yes", "--api-url", "http://127.0.0.1:1/v1"],
          /it was made for .*, not for http:\/\/127\.0\.0\.1:1\/v1: apply it there, or make a new plan for this server\n$/
        ],
        [
          ["apply", "plan.json", "--yes", "--sha256", "0".repeat(64)],
          /its digest is not sha256:0+: apply the reviewed file/
        ],
        [["apply", "edited.json", "--yes"], /its digest does not match its content, so it was edited: make it again\n$/]
      ]
      for (const [args, says] of refusals) {
        const { stderr } = yield* exits(5, cli(args))
        assert.match(stderr, /^checkpoint-permissions: [^\n]*\n$/)
        assert.match(stderr, says)
      }
      const { stderr } = yield* exits(5, cli(["apply", "plan.json", "--yes"], { OPENAI_ORG_ID: "org-b" }))
      assert.match(
        stderr,
        /it was made for no named organization, not for organization "org-b": set that organization, or make a new plan/
      )
      yield* exits(2, cli([...apply, "plan.json"]))
      yield* exits(2, cli(["apply"]))
      assert.deepStrictEqual(yield* held, { [weather]: ["proj_a", "proj_x", "proj_y"], [old]: ["proj_z"] })
    }
  )

  test("prompts for the number of revokes at a terminal", server, function* () {
    const { cli, cliIn, home } = yield* world
    const wrong = yield* exits(5, cliIn({ terminal: true, stdin: "yes\n" }, apply))
    assert.match(wrong.stderr, /Grants 2 permissions\. Type .*3.* to confirm 3 revocations: /)
    assert.include(wrong.stderr, "not confirmed, nothing changed")
    assert.deepStrictEqual(home.files(), ["policy.yaml"])
    yield* exits(0, cli(["plan", "-f", "policy.yaml", "-o", "plan.json"]))
    const saved = yield* exits(5, cliIn({ terminal: true, stdin: "no\n" }, ["apply", "plan.json"]))
    assert.match(saved.stderr, /Type .*3.* to confirm at most 3 revocations; those already made are skipped: /)
    const right = yield* exits(0, cliIn({ terminal: true, stdin: "3\n" }, apply))
    assert.match(right.stdout, /\p{Cc}\[31m- proj_x/u)
    assert.match(right.stderr, /apply: \d of 2; \d granted, \d revoked/)
    assert.deepStrictEqual(yield* held, wanted)
  })

  test("prompts before grants too, and not when nothing changes", server, function* () {
    const { cli, cliIn, fake, home } = yield* world
    home.write("more.yaml", policyOf([old], "proj_z", "proj_new"))
    const args = ["apply", "-f", "more.yaml"]
    const piped = yield* exits(5, cli(args))
    assert.match(piped.stderr, /no terminal to ask for confirmation: review the plan, then pass --yes\n$/)
    const no = yield* cliIn({ terminal: true, stdin: "\n" }, args)
    assert.match(no.stderr, /Grant 1 permission\? \[y\/N\] /)
    assert.deepStrictEqual([no.code, no.stderr.includes("not confirmed, nothing changed")], [5, true])
    assert.isTrue((yield* fake.requests).every(({ method }) => method === "GET"))
    yield* exits(0, cliIn({ terminal: true, stdin: "y\n" }, args))
    assert.deepStrictEqual((yield* held)[old], ["proj_new", "proj_z"])
    yield* exits(0, cli(args))
  })

  test(
    "with --dry-run shows the changes, and neither prompts, locks, writes nor changes anything",
    server,
    function* () {
      const { cli: run, fake, home, state } = yield* world
      const args = [...apply, "--dry-run", "--journal", "j", "--out", "b.json"]
      const shown = yield* run(args)
      assert.deepStrictEqual([shown.code, shown.stderr], [0, ""])
      assert.match(shown.stdout, /2 to grant, 3 to revoke/)
      const json = JSON.parse((yield* run([...args, "--json"])).stdout)
      assert.deepInclude(json.counts, { grants: 2, revokes: 3 })
      const revoke = yield* run(["revoke", weather, "proj_x", "proj_new", "--dry-run"])
      assert.strictEqual(
        revoke.stdout,
        "would revoke proj_x (Old team)\nunchanged: proj_new has no permission (the owner of a model always has access)\n"
      )
      const revoked = JSON.parse((yield* run(["revoke", weather, "proj_x", "--dry-run", "--json"])).stdout)
      assert.deepStrictEqual(revoked, { checkpoint: weather, dryRun: true, revoked: ["proj_x"], absent: [] })
      const grant = yield* run(["grant", weather, "proj_a", "proj_new", "--dry-run"])
      assert.strictEqual(grant.stdout, "would grant proj_new\nunchanged: proj_a (Search quality) already has access\n")
      const lists = JSON.parse((yield* run(["grant", weather, "proj_new", "--dry-run", "--json"])).stdout)
      assert.deepStrictEqual(lists, {
        checkpoint: weather,
        dryRun: true,
        granted: ["proj_new"],
        alreadyGranted: []
      })
      assert.isTrue((yield* fake.requests).every(({ method }) => method === "GET"))
      assert.deepStrictEqual(home.files(), ["policy.yaml"])
      assert.isFalse(state.exists("checkpoint-permissions"))
    }
  )

  test("applies a saved plan, and does not change a checkpoint that another client changed", server, function* () {
    const { fake, cli } = yield* world
    const planned = yield* cli(["plan", "--file", "policy.yaml", "--out", "plan.json"])
    const [, sha256 = ""] = /^Plan (sha256:\S+)$/m.exec(planned.stdout) ?? []
    yield* fake.seed({ [old]: ["proj_stranger"] })
    const part = yield* exits(5, cli(["apply", "plan.json", "--yes", "--sha256", sha256]))
    assert.match(
      part.stderr,
      /ft:\S+:old:D2: changed since the plan: nothing was changed here; plan again \(.*proj_stranger is new\)/
    )
    // The same plan again would be refused again.
    assert.match(
      part.stderr,
      /1 of 2 checkpoints verified \(read .*\)\. Make a new plan \(plan --out\), review it, and apply it\.\n$/
    )
    yield* exits(5, cli(["apply", "plan.json", "--yes"]))
    assert.deepStrictEqual((yield* held)[old], ["proj_stranger", "proj_z"])
    yield* exits(0, cli([...apply, "--yes"]))
    assert.deepStrictEqual(yield* held, wanted)
  })

  test("exits with 4 when a part failed, and the same command reads all and applies the rest", server, function* () {
    const { fake, cli } = yield* world
    yield* fake.inject(Faults.error(400), { checkpoint: old, operation: "delete" })
    const part = yield* exits(4, cli([...apply, "--yes"]))
    assert.match(part.stderr, /ft:\S+:old:D2: revoke proj_z failed: /)
    assert.match(part.stderr, /1 of 2 checkpoints verified \(read .*\)\. Run the same command again\./)
    yield* fake.clearRequests
    yield* exits(0, cli([...apply, "--yes"]))
    assert.deepStrictEqual((yield* fake.requests).map(({ method }) => method).sort(), ["DELETE", "GET", "GET", "GET"])
  })

  test("a signal lets requests in flight finish, and the same command applies the rest", slow, function* () {
    const { begin, fake, home, cli } = yield* world
    home.write("many.yaml", manyPolicy)
    const first = yield* begin([...all, "--journal", "j", "--out", "b.json"])
    yield* first.says("+ proj_in  ft:")
    yield* first.signal("SIGTERM")
    const ended = yield* first.outcome
    assert.strictEqual(ended.code, 143, ended.stderr)
    assert.include(ended.stderr, "apply: SIGTERM: finishing requests in flight")
    const summary =
      /: Interrupted: (\d+) permissions? granted, (?:(\d+) permissions? revoked, )?(\d+) checkpoints not verified\. Run the same command again\.\n$/
    const [, granted, revoked, unverified] = summary.exec(ended.stderr) ?? []
    assert.isAbove(Number(unverified), 0, ended.stderr)
    const changed = yield* held
    const count = (project: string) => Object.values(changed).filter((some) => some.includes(project)).length
    assert.deepStrictEqual([Number(granted), Number(revoked ?? 0)], [count("proj_in"), 12 - count("proj_out")])
    assert.match(ended.stderr, /^apply: executed plan saved to b\.json\.partial$/m)
    const { executed } = JSON.parse(home.read("b.json.partial"))
    assert.strictEqual(executed.complete, false)
    assert.isFalse(home.exists("b.json"))
    // No write that was sent was left without its answer.
    const writes = (yield* fake.requests).filter(({ method }) => method !== "GET")
    assert.isTrue(writes.every(({ outcome }) => outcome === "replied"))
    const events = jsonLines(home.read("j")).map(({ event }) => event)
    const intents = events.filter((event) => event === "intent").length
    assert.strictEqual(events.length, 2 * intents)
    yield* fake.clearRequests
    yield* exits(0, cli(all))
    const read = new Set((yield* fake.requests).flatMap(({ checkpoint = [] }) => checkpoint))
    assert.strictEqual(read.size, 12)
    assert.deepStrictEqual(yield* held, manyWanted)
  })

  test("--max-duration stops it", slow, function* () {
    const { fake, home, cli } = yield* world
    home.write("many.yaml", manyPolicy)
    // An hour that is over once the server has had so many requests.
    const hour = (requests: number, ...more: ReadonlyArray<string>) =>
      cli([...all, "--max-duration", "1h", ...more]).pipe(
        longWaitsUntil("30 minutes", fake.awaitRequests(requests)),
        Effect.tap(fake.clearRequests)
      )
    yield* fake.inject(Faults.latency({ before: "1 hour" }), { operation: "list", times: 24 })
    const unread = yield* exits(4, hour(1))
    assert.match(unread.stderr, /apply: --max-duration of 1h reached before any change: allow more time\n$/)
    yield* fake.setFaults(Faults.none)
    const part = yield* exits(4, hour(14))
    assert.match(part.stderr, /--max-duration of 1h reached: finishing requests in flight/)
    assert.match(part.stderr, /: Stopped: .* checkpoints not verified\. Run the same command again\.\n$/)
    const json = yield* hour(14, "--json")
    const { complete, remaining, unfinished } = JSON.parse(json.stdout.trimEnd().split("\n").at(-1) ?? "")
    assert.strictEqual(complete + remaining + unfinished, 12)
    assert.isAbove(remaining, 0)
    yield* exits(0, cli(all))
    assert.deepStrictEqual(yield* held, manyWanted)
  })

  test("--max-duration ends an unanswered prompt, and its lock is released", server, function* () {
    const { cliIn, fake, state } = yield* world
    const asked = yield* Deferred.make<void>()
    const left = yield* exits(
      4,
      cliIn({ terminal: true, asked }, [...apply, "--max-duration", "1h"]).pipe(
        longWaitsUntil("30 minutes", Deferred.await(asked))
      )
    )
    assert.match(left.stderr, /apply: --max-duration of 1h reached before any change: allow more time\n$/)
    assert.isTrue((yield* fake.requests).every(({ method }) => method === "GET"))
    assert.deepStrictEqual(state.files("checkpoint-permissions"), [])
  })
})

describe.concurrent("files", () => {
  test("are written whole or not at all, not over others, not through links", server, function* () {
    const { fake, home, cli } = yield* world
    const out = (name: string, ...more: ReadonlyArray<string>) =>
      cli(["plan", "--file", "policy.yaml", "--out", name, ...more])
    home.write("mine.txt", "mine")
    yield* fake.clearRequests
    const there = yield* out("mine.txt")
    assert.deepStrictEqual([there.code, there.stdout], [2, ""])
    assert.match(there.stderr, /plan file "mine.txt" already exists: pass --force/)
    symlinkSync(join(home.path, "mine.txt"), join(home.path, "link.json"))
    for (const force of [[], ["--force"]]) {
      const link = yield* out("link.json", ...force)
      assert.deepStrictEqual([link.code, link.stderr.includes("is a symbolic link")], [2, true])
    }
    yield* fake.clearRequests
    const journals: ReadonlyArray<readonly [name: string, code: number, says: RegExp]> = [
      ["link.json", 2, /journal "link\.json" is a symbolic link: pass the file itself/],
      [".", 2, /journal "\." is not a regular file/],
      ["/dev/full", 2, /journal "\/dev\/full" is not a regular file/],
      ["none/journal", 1, /journal "none\/journal": no such file or folder/]
    ]
    for (const [name, code, says] of journals) {
      const refused = yield* cli([...apply, "--yes", "--journal", name])
      assert.deepStrictEqual([refused.code, refused.stdout], [code, ""], refused.stderr)
      assert.match(refused.stderr, says)
    }
    assert.isEmpty(yield* fake.requests)
    assert.match((yield* out("none/plan.json")).stderr, /no such file or folder/)
    const folder = yield* out(".")
    assert.deepStrictEqual([folder.code, folder.stderr.includes("is not a regular file")], [2, true])
    assert.strictEqual(home.read("mine.txt"), "mine")
    assert.isTrue((yield* fake.requests).every(({ method }) => method === "GET"))
    linkSync(join(home.path, "mine.txt"), join(home.path, "mine.too"))
    yield* exits(0, out("mine.txt", "--force"))
    // Not written into the old file, which another name still has: put in its place.
    assert.strictEqual(home.read("mine.too"), "mine")
    assert.include(home.read("mine.txt"), "checkpoint-permissions/plan")
    assert.isEmpty(home.files().filter((name) => name.endsWith(".tmp")))
  })
})
