import { Emulator } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { old, weather, world } from "./support/world.ts"

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
  it.scopedLive("shows who did what, of which the journal knows", () =>
    Effect.gen(function* () {
      const { cli, fake } = yield* nightly
      yield* cli(["grant", weather, "proj_b", "--journal", "j"])
      yield* fake.grant(weather, "proj_c", "eve@example.com")
      const table = yield* cli(["history", "--journal", "j"])
      assert.strictEqual(table.code, 0, table.stderr)
      assert.match(table.stdout, /\+ proj_b +ft:\S+ +.*this tool\n/)
      assert.match(table.stdout, /\+ proj_c +ft:\S+ +eve@example\.com\n/)
      const csv = yield* cli(["history", "--project", "proj_c", "--format", "csv", "--since", "1h"])
      assert.match(csv.stdout, /^time,action,checkpoint,.*\r\n[^\n]*grant[^\n]*proj_c[^\n]*\r\n$/)
      const json = JSON.parse((yield* cli(["history", "--json", "--checkpoint", old])).stdout)
      assert.deepStrictEqual(json.changes, [])
    }).pipe(Effect.provide(server))
  )

  it.scopedLive("refuses a time in the future and a file that is no journal in one line, before any request", () =>
    Effect.gen(function* () {
      const { cli, fake, home } = yield* nightly
      yield* fake.clearRequests
      home.write("text", "hello\n")
      for (const [args, why] of [
        [["--since", "2999-01-01"], /--since: 2999-01-01T00:00:00\.000Z lies in the future/],
        [["--since", "soon"], /--since: not a time/],
        [["--journal", "text"], /text is no journal/],
        [["--our-key", "sk-admin-x"], /--our-key: not the id of a key/]
      ] as const) {
        const { code, stderr } = yield* cli(["history", ...args])
        assert.strictEqual(code, 2, stderr)
        assert.match(stderr, why)
        assert.strictEqual(stderr.trimEnd().split("\n").length, 1, stderr)
      }
      assert.deepStrictEqual(yield* fake.requests, [])
    }).pipe(Effect.provide(server))
  )
})

describe("drift", () => {
  it.scopedLive(
    "exits with 3 and shows what was seen, with 0 if nothing was, with 4 if something could not be read",
    () =>
      Effect.gen(function* () {
        const { cli, drift, fake, home } = yield* nightly
        const quiet = yield* drift("--read-all")
        assert.strictEqual(quiet.code, 0, quiet.stderr)
        assert.match(quiet.stdout, /Nothing was seen\. All 2 checkpoints were read in this run\.\n$/)

        yield* fake.grant(weather, "proj_x", "eve@example.com")
        yield* fake.grant(old, "proj_y", "eve@example.com")
        const seen = yield* drift("--out", "next.json")
        assert.strictEqual(seen.code, 3, seen.stderr)
        assert.match(seen.stdout, /\+ proj_x/)
        assert.match(seen.stdout, /eve@example\.com/)
        assert.match(seen.stdout, /With permissions, in no policy\n! ft:\S+old:D2\n\| +proj_y\n/)
        assert.match(
          seen.stdout,
          /Seen: a difference from the former audit; 0 to grant and 1 to revoke by the policy; 2 changes/
        )
        const again = yield* cli(["audit", "--previous", "next.json", "--json"])
        assert.strictEqual(again.code, 0, again.stderr)
        const rows: ReadonlyArray<{ readonly readFrom: string }> = JSON.parse(again.stdout).rows
        assert.strictEqual(rows.length, 2)

        const document = JSON.parse((yield* drift("--json")).stdout)
        assert.deepInclude(document, {
          format: "checkpoint-permissions/drift",
          version: 1,
          isSeen: true,
          isUnread: false
        })
        assert.match((yield* drift("--format", "markdown")).stdout, /### With permissions, in no policy/)

        home.write(
          "access.yaml",
          policy.replace("proj_a]", "proj_a, proj_x]").concat(`  "ft:gone": { projects: [] }\n`)
        )
        yield* fake.setBehavior({ checkpoints: [weather, old], unknownCheckpoints: "not-found" })
        assert.strictEqual((yield* drift()).code, 4)
      }).pipe(Effect.provide(server))
  )
})
