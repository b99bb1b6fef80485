import { Emulator, VirtualClock } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { withoutColors } from "../src/internal/terminal/style.ts"
import { exits, cli as run } from "./support/inProcess.ts"
import { live, test } from "./support/test.ts"
import { folder, old, weather, world } from "./support/world.ts"

const policy = `version: 1
checkpoints:
  "${weather}": { projects: [proj_a] }
`

const server = Emulator.layer({
  behavior: { dashboardEvents: 1 },
  organization: { events: [{ type: "login.succeeded", effective_at: 1 }] },
  seed: { [weather]: ["proj_a"], [old]: [] }
})

const nightly = Effect.gen(function* () {
  const desk = yield* world
  desk.home.write("access.yaml", policy)
  const audited = yield* desk.cli(["audit", weather, old, "--json", "--out", "audit.json"])
  assert.strictEqual(audited.code, 0, audited.stderr)
  const drift = (...more: ReadonlyArray<string>) =>
    desk.cli(["drift", "--previous", "audit.json", "--file", "access.yaml", ...more])
  return { ...desk, drift }
})

describe("history", () => {
  test("shows who did what, of which the journal knows", server, function* () {
    const { cli, fake } = yield* nightly
    yield* cli(["grant", weather, "proj_b", "--journal", "j"])
    yield* fake.grant(weather, "proj_c", "eve@example.com")
    const table = yield* exits(0, cli(["history", "--journal", "j"]))
    assert.match(table.stdout, /\+ proj_b +ft:\S+ +.*this tool\n/)
    assert.match(table.stdout, /\+ proj_c +ft:\S+ +eve@example\.com\n/)
    // What a filter leaves out is in the log all the same.
    assert.match((yield* cli(["history", "--project", "proj_c"])).stdout, /^1 change shown of the audit log since /m)
    const csv = yield* cli(["history", "--project", "proj_c", "--format", "csv", "--since", "1h"])
    assert.match(csv.stdout, /^time,action,checkpoint,.*\r\n[^\n]*grant[^\n]*proj_c[^\n]*\r\n$/)
    const json = JSON.parse((yield* cli(["history", "--json", "--checkpoint", old])).stdout)
    assert.deepStrictEqual(json.changes, [])
  })

  test(
    "refuses a time in the future and a file that is no journal in one line, before any request",
    server,
    function* () {
      const { cli, fake, home } = yield* nightly
      yield* fake.clearRequests
      home.write("text", "hello\n")
      for (const [args, why] of [
        [["--since", "2999-01-01"], /--since: 2999-01-01T00:00:00\.000Z lies in the future/],
        [["--since", "soon"], /--since: not a time/],
        [["--journal", "text"], /text is no journal/],
        [["--our-key", "sk-admin-x"], /--our-key: not the id of a key/]
      ] as const) {
        const { stderr } = yield* exits(2, cli(["history", ...args]))
        assert.match(stderr, why)
        assert.strictEqual(stderr.trimEnd().split("\n").length, 1, stderr)
      }
      assert.deepStrictEqual(yield* fake.requests, [])
    }
  )
})

describe("drift", () => {
  test(
    "exits with 3 and shows what was seen, with 0 if nothing was, with 4 if something could not be read",
    server,
    function* () {
      const { cli, drift, fake, home } = yield* nightly
      const quiet = yield* exits(0, drift("--read-all"))
      assert.match(quiet.stdout, /Nothing was seen\. All 2 checkpoints were read in this run\.\n$/)

      yield* fake.grant(weather, "proj_x", "eve@example.com")
      yield* fake.grant(old, "proj_y", "eve@example.com")
      const seen = yield* exits(3, drift("--out", "next.json"))
      assert.match(seen.stdout, /\+ proj_x/)
      assert.match(seen.stdout, /eve@example\.com/)
      assert.match(seen.stdout, /With permissions, in no policy\n! ft:\S+old:D2\n\| +proj_y\n/)
      assert.match(
        seen.stdout,
        /Seen: a difference from the former audit; 0 to grant and 1 to revoke by the policy; 2 changes/
      )
      const again = yield* exits(0, cli(["audit", "--previous", "next.json", "--json"]))
      assert.strictEqual(JSON.parse(again.stdout).rows.length, 2)
      const before = home.read("audit.json")
      home.write("audit.json", JSON.stringify({ ...JSON.parse(before), names: { proj_x: "Eve's own" } }))
      const named = yield* drift()
      assert.match(named.stdout, /By the policy\nft:\S+\n- proj_x {2}Eve's own {2}cp_/)
      home.write("audit.json", before)

      const document = JSON.parse((yield* drift("--json")).stdout)
      assert.deepInclude(document, { version: 1, isSeen: true, isUnread: false })
      assert.match((yield* drift("--format", "markdown")).stdout, /### With permissions, in no policy/)

      home.write("access.yaml", policy.replace("proj_a]", "proj_a, proj_x]").concat(`  "ft:gone": { projects: [] }\n`))
      yield* fake.setBehavior({ checkpoints: [weather, old], unknownCheckpoints: "not-found" })
      const unread = yield* exits(4, drift("--read-all"))
      assert.match(
        unread.stdout.replaceAll("\n", " "),
        /\. 2 of 3 checkpoints were read in this run; 1 could not be read: what is so there is unknown\. $/
      )
    }
  )

  test("fits a terminal, word by word", server, function* () {
    const { cli, cliIn, fake } = yield* nightly
    yield* fake.grant(weather, "proj_x", "eve@example.com")
    yield* fake.grant(old, "proj_y", "eve@example.com")
    const args = ["drift", "--previous", "audit.json", "--file", "access.yaml"]
    const { stdout } = yield* cliIn({ terminal: true }, args)
    const lines = withoutColors(stdout).split("\n")
    assert.deepStrictEqual(
      lines.filter((line) => line.length > 100),
      []
    )
    const sentence = /Seen: .*/s.exec((yield* cli(args)).stdout)?.[0]
    assert.strictEqual(
      lines.slice(lines.findIndex((line) => line.startsWith("Seen: "))).join(" "),
      sentence?.replace("\n", " ")
    )
  })

  const ids = Array.from({ length: 12 }, (_, n) => `ft:gpt-4o-mini:org:model:${n}`)
  for (const command of [["drift", "--read-all", "--file", "access.yaml"], ["audit"]] as const) {
    live(`${command[0]} --previous stops when its time is over, and says what is unknown`, function* () {
      const home = yield* folder
      home.write("access.yaml", policy)
      home.write("seed.json", JSON.stringify(Object.fromEntries(ids.map((id) => [id, []]))))
      const fake = ["--fake", "--seed-file", "seed.json"]
      const at = { cwd: home.path }
      yield* run(["audit", ...fake, ...ids, "--json", "--out", "audit.json"], at)
      const limits = ["--rate", "1/minute", "--max-duration", "5m"]
      const { code, stderr } = yield* VirtualClock.run(
        run([...command, "--previous", "audit.json", ...fake, ...limits], at)
      )
      assert.strictEqual(code, 4, stderr)
      assert.match(stderr, new RegExp(`${command[0]}: 5m are over: stops, and shows what was read`))
      assert.match(stderr, /\d of 1[23] checkpoints are unknown|\d checkpoints could not be read/)
    })
  }
})
