import { behavior } from "@checkpoint-permissions/fake"
import { Emulator, FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { cli, exits } from "./support/inProcess.ts"
import { checkpoint, seed } from "./support/parityServer.ts"
import { test } from "./support/test.ts"
import { folder } from "./support/world.ts"

const key = "sk-admin-0123456789abcdef"
const other = "proj_scratch"

const run = (args: ReadonlyArray<string>, terminal = false, stdin = "") =>
  Effect.flatMap(Emulator.Emulator, ({ baseUrl }) =>
    cli(["parity", "--rate", "500/s", ...args], {
      env: { OPENAI_ADMIN_KEY: key, OPENAI_BASE_URL: baseUrl },
      terminal,
      stdin
    })
  )

const ofWrites = ["--writes", "--checkpoint", checkpoint, "--project", other]

const fake = FakePermissions.FakePermissions

const methods = Effect.map(
  Effect.flatMap(fake, ({ requests }) => requests),
  (requests) => requests.map(({ method }) => method)
)

/** The emulator's permissions, without the earlier ones. */
const added = Effect.map(
  Effect.flatMap(fake, ({ projects }) => projects(checkpoint)),
  (projects) => projects.slice(seed[checkpoint]?.length)
)

const server = (options: Emulator.Options = {}) => Emulator.layer({ seed, ...options })

describe("parity", () => {
  test(
    "sends at most 20 GETs, reports the settings, and records them with date and reasons for the emulator",
    server({
      behavior: { overLimit: "bad-request", underLimit: "default", unknownAfter: "empty-page" },
      organization: {
        events: [
          {
            type: "checkpoint.permission.created",
            effective_at: 1,
            permission_id: "cp_old",
            project_id: "proj_old",
            fine_tuned_model_checkpoint: checkpoint
          }
        ]
      }
    }),
    function* () {
      const home = yield* folder
      const outcome = yield* run(["--checkpoint", checkpoint, "--record", `${home.path}/parity.json`])
      assert.strictEqual(outcome.stderr, "")
      assert.strictEqual(outcome.code, 0)
      const sent = yield* methods
      assert.isAtMost(sent.length, 20)
      assert.isTrue(sent.every((method) => method === "GET"))
      assert.match(outcome.stdout, /^Found\n {2}overLimit +"bad-request"\n/)
      assert.match(outcome.stdout, /\n {2}maxLimit +100\n/)
      assert.match(outcome.stdout, /\nNot observable\n {2}missingScopeStatus +the key may list models too\n/)
      assert.match(outcome.stdout, /\nNot asked\n {2}regrant +needs a grant: pass --writes\n/)
      const record = home.read("parity.json")
      for (const secret of [checkpoint, "proj_", "cp_", key, "127.0.0.1"]) assert.notInclude(record, secret)
      assert.deepStrictEqual(JSON.parse(record).behavior, {
        overLimit: "bad-request",
        underLimit: "default",
        unknownAfter: "empty-page",
        shortPages: "never",
        defaultLimit: 10,
        maxLimit: 100,
        unknownCheckpoints: "accept",
        unsetModelPermissions: "deny-none",
        auditLog: "on",
        auditResources: ["permission"]
      })
      const { date, server, settings } = JSON.parse(record).parity
      assert.match(date, /^20\d\d-\d\d-\d\d$/)
      assert.strictEqual(server, "other")
      assert.sameMembers(Object.keys(settings), Object.keys(behavior.defaults))
      assert.deepInclude(settings, {
        maxLimit: "found",
        missingScopeStatus: "not observable: the key may list models too",
        regrant: "not asked: needs a grant: pass --writes"
      })
      // the emulator refuses a limit as the server did; its default is to lower it
      const script = `fetch(process.env.OPENAI_BASE_URL + "/fine_tuning/checkpoints/ft:a/permissions?limit=101", {
        headers: { authorization: "Bearer sk-admin-a" } }).then(({ status }) => process.exit(status === 400 ? 0 : 7))`
      const emulator = ["emulator", "--settings", `${home.path}/parity.json`, "--"]
      yield* exits(0, cli([...emulator, process.execPath, "-e", script]))
    }
  )

  test("the emulator refuses a recording of an earlier version with one sentence", Layer.empty, function* () {
    const home = yield* folder
    home.write("old.json", JSON.stringify({ behavior: {}, parity: { version: 2, at: "2026-11-01", requests: [] } }))
    const outcome = yield* exits(2, cli(["emulator", "--settings", `${home.path}/old.json`]))
    assert.match(
      outcome.stderr,
      /old\.json"?: parity: this recording is of an earlier version: find the settings again with parity --record\n$/
    )
  })

  test(
    "without a checkpoint lists one that does not exist",
    server({ behavior: { unknownAfter: "empty-page" } }),
    function* () {
      const outcome = yield* exits(0, run([]))
      assert.match(outcome.stdout, /\n {2}unknownAfter +the listing is empty/)
      assert.match(outcome.stdout, /\n {2}shortPages +needs more than 10 permissions/)
    }
  )

  test(
    "--writes: shows its requests, prompts, finds settings that a grant reveals, and undoes its writes",
    server({ behavior: { regrant: "second", deleteGone: "deleted-false" } }),
    function* () {
      const outcome = yield* exits(0, run(ofWrites, true, "yes\n"))
      assert.include(
        outcome.stderr,
        `POST   /fine_tuning/checkpoints/${checkpoint}/permissions {"project_ids":["${other}"]}`
      )
      assert.match(outcome.stdout, /regrant +"second"/)
      assert.match(outcome.stdout, /deleteGone +"deleted-false"/)
      assert.match(outcome.stdout, /listingLag +0 \(at most \d+ ms\)/)
      assert.deepStrictEqual(yield* added, [])
    }
  )

  test("--writes is not sent without a yes, nor where the project already has access", server(), function* () {
    const unasked = yield* exits(5, run(ofWrites))
    assert.include(unasked.stderr, "pass --yes")
    const refused = yield* exits(5, run(ofWrites, true, "no\n"))
    assert.include(refused.stderr, "nothing sent")
    assert.deepStrictEqual(yield* methods, [])
    const granted = yield* exits(5, run(["--writes", "--yes", "--checkpoint", checkpoint, "--project", "proj_7"]))
    assert.include(granted.stderr, `proj_7 has access to ${checkpoint} already (cp_`)
    assert.isTrue((yield* methods).every((method) => method === "GET"))
  })

  test("refuses wrong use before a request", server(), function* () {
    for (const args of [["--writes"], ["--project", other], ["--writes", "--checkpoint", checkpoint]]) {
      yield* exits(2, run(args))
    }
    yield* exits(1, run(["--record", "/nowhere/at/all.json"]))
    assert.deepStrictEqual(yield* methods, [])
  })

  test("reports no setting if the key is refused", server({ behavior: { keys: [] } }), function* () {
    const outcome = yield* exits(1, run(["--checkpoint", checkpoint]))
    assert.include(outcome.stderr, "every listing fails with status 401: check the key and its scopes")
    assert.strictEqual(outcome.stdout, "")
  })

  test(
    "interrupted at any request to a server that refuses a create in part, it undoes its writes",
    server({ behavior: { regrant: "conflict", partialCreate: "others" } }),
    function* () {
      const controls = yield* fake
      yield* run([...ofWrites, "--yes"])
      const sent = yield* methods
      for (let at = sent.indexOf("POST") + 1; at <= sent.length; at++) {
        yield* controls.clearRequests
        const fiber = yield* Effect.fork(run([...ofWrites, "--yes"]))
        yield* controls.awaitRequests(at)
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(yield* added, [], `interrupted at request ${at}`)
      }
    }
  )

  const unknown = /: cp_\w+; the result of a grant is unknown: these permissions may be of this run/
  const failures: ReadonlyArray<
    readonly [string, Faults.Fault, Parameters<FakePermissions.Service["inject"]>[1], number, ReadonlyArray<RegExp>]
  > = [
    [
      "the remaining permissions if a delete fails",
      Faults.error(403),
      { operation: "delete", times: 1000 },
      4,
      [new RegExp(`not deleted at ${checkpoint}, project ${other}: cp_\\w+; `)]
    ],
    ["permissions that an unanswered grant may have made", Faults.dropAfter(), { operation: "create" }, 4, [unknown]],
    [
      "permissions that a failed grant may have made",
      Faults.error(500, { worked: true }),
      { operation: "create" },
      4,
      [unknown, /regrant +the server answered 500 to the grant\n/]
    ],
    [
      "nothing if a delete fails once",
      Faults.error(503),
      { operation: "delete" },
      0,
      [/deleteGone +the server answered 503 to the delete of an existing permission\n/, /regrant +"existing"\n/]
    ]
  ]
  it.live.each(failures)("reports %s, and keeps permissions that may not be its own", ([, fault, where, code, says]) =>
    Effect.gen(function* () {
      yield* (yield* fake).inject(fault, where)
      const outcome = yield* run([...ofWrites, "--yes"])
      assert.strictEqual(outcome.code, code)
      for (const said of says) assert.match(outcome.stdout + outcome.stderr, said)
      assert.deepStrictEqual(yield* added, code === 0 ? [] : [other])
    }).pipe(Effect.provide(server()))
  )
})
