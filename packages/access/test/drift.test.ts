import { AccessPolicy, Drift } from "@checkpoint-permissions/access"
import { Organization } from "@checkpoint-permissions/client"
import { FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Array as Arr, Clock, DateTime, Deferred, Effect, Schema, Stream, TestClock } from "effect"
import { scoped } from "../../core/test/effects.ts"
import { day, layer, night, test } from "./support/organization.ts"
import { checkpoint, countOf, project } from "./support/world.ts"

const fake = FakePermissions.FakePermissions

const projects = ["proj_a", "proj_b", "proj_own", "proj_x", { id: "proj_old", name: "Old", archived_at: 1 }].map(
  (one) => (typeof one === "string" ? { id: one, name: `Name of ${one}` } : one)
)

const policyOf = (text: string) => AccessPolicy.parse(`version: 1\ncheckpoints:\n${text}`)

const told = ({ differences }: Drift.Drift) =>
  differences.map((one) =>
    [
      one.kind,
      one.checkpoint,
      ...("project" in one ? [one.project] : []),
      ...("permission" in one ? [one.permission] : [])
    ].join(" ")
  )

/** The actor of each permission that differs, or why there is none. */
const authorsOf = ({ differences }: Drift.Drift) =>
  differences.flatMap((one) =>
    "permission" in one ? [one.grant?._tag === "InLog" ? one.grant.by.user : one.grant?._tag] : []
  )

const endsOf = ({ differences }: Drift.Drift) => differences.flatMap((one) => ("end" in one ? [one.end] : []))

const everything = policyOf(`
  "ft:a": { owner: proj_own, projects: [proj_a, proj_missing, { project: proj_b, until: 2026-11-02 }, proj_old, proj_typo] }
  "ft:b": { mode: at-least, projects: [proj_a, proj_b] }
  "ft:gone": { projects: [proj_a] }
  "ft:down": { projects: [proj_a] }
  "ft:same": { projects: [proj_a, { project: proj_b, until: 2026-11-03 }] }
`)

const seed = {
  "ft:a": [
    { id: "cp_a1", project_id: "proj_a" },
    { id: "cp_a2", project_id: "proj_a" },
    { id: "cp_b", project_id: "proj_b" },
    { id: "cp_x", project_id: "proj_x" },
    { id: "cp_own", project_id: "proj_own" }
  ],
  "ft:b": ["proj_a", "proj_b", "proj_x", "proj_x"],
  "ft:same": ["proj_a", "proj_b"]
}

/** So many grants, an hour apart, the newest of an hour ago, none of them of the policy. */
const noise = (length: number) =>
  Array.from({ length }, (_, n) => ({
    type: "checkpoint.permission.created",
    effective_at: night / 1000 - (n + 1) * 3600,
    permission_id: `cp_noise${n}`,
    project_id: "proj_n",
    fine_tuned_model_checkpoint: "ft:z"
  }))

describe("differences", () => {
  const world = layer({
    seed,
    organization: { projects: [...projects, { id: "proj_missing" }] },
    behavior: { unknownCheckpoints: "not-found", checkpoints: ["ft:down"] }
  })

  test("are found by a comparison of the policy with a full read", world, function* () {
    yield* (yield* fake).inject(Faults.error(500, { message: "down" }), { checkpoint: "ft:down" })
    const drift = yield* Drift.read(yield* everything)
    assert.deepStrictEqual(told(drift), [
      "ended ft:a proj_b cp_b",
      "not in the policy ft:a proj_x cp_x",
      "unknown project ft:a proj_typo",
      "in the policy, no access ft:a proj_missing",
      "in the policy, no access ft:a proj_old",
      "gone ft:gone",
      "unread ft:down"
    ])
    assert.deepStrictEqual(
      drift.notes.map((note) => Object.values(note).join(" ")),
      [
        "owner listed ft:a proj_own cp_own",
        "duplicate ft:a proj_a cp_a2",
        "archived project ft:a proj_old 0",
        "other projects ft:b 1"
      ]
    )
    assert.deepInclude(drift, { exitCode: 4, checkpoints: 5 })
    assert.strictEqual(yield* countOf("list"), 5)
    const decoded = yield* Schema.decode(Schema.parseJson(Drift.Drift))(Drift.toJson(drift))
    assert.deepStrictEqual(decoded, drift)
  })

  test("an archived project of several checkpoints is one note", world, function* () {
    const policy = yield* policyOf(`  "ft:a": { projects: [proj_old] }\n  "ft:b": { projects: [proj_old] }\n`)
    const drift = yield* Drift.read(policy)
    const notes = drift.notes.filter(({ kind }) => kind === "archived project")
    assert.deepStrictEqual(notes, [
      { kind: "archived project", checkpoint: checkpoint("ft:a"), project: project("proj_old"), others: 1 }
    ])
    assert.match(
      Drift.toText(drift),
      /Archived project in the policy: proj_old {2}Old \(archived\) for ft:a and 1 more checkpoint\./
    )
  })

  test(
    "are none in the mode at-least: a note has the number of projects that the policy does not list",
    world,
    function* () {
      const drift = yield* Drift.read(yield* policyOf(`  "ft:b": { mode: at-least, projects: [proj_a] }\n`))
      assert.deepStrictEqual([drift.exitCode, told(drift)], [0, []])
      const note = "2 projects not in the policy keep access to ft:b (mode: at-least)."
      assert.include(Drift.toText(drift), `\n${note}\n`)
      assert.include(Drift.toMarkdown(drift), note)
    }
  )

  test("have exit code 3, and 0 if there is none", world, function* () {
    const same = yield* policyOf(`  "ft:same": { projects: [proj_a, { project: proj_b, until: 2026-11-03 }] }\n`)
    const drift = yield* Drift.read(same)
    assert.deepStrictEqual([drift.exitCode, drift.differences], [0, []])
    assert.match(Drift.toText(drift), /^No difference at the 1 checkpoint of the policy \(read 02:00\)\.\n/)
    yield* (yield* fake).grant("ft:same", "proj_x", "eve@example.com")
    assert.strictEqual((yield* Drift.read(same)).exitCode, 3)
  })

  test("a 404 is gone only if it is the API's own, and another checkpoint was listed", world, function* () {
    const alone = yield* policyOf(`  "ft:gone": { projects: [] }\n`)
    assert.deepStrictEqual(told(yield* Drift.read(alone)), ["unread ft:gone"])
    const two = yield* policyOf(`  "ft:gone": { projects: [] }\n  "ft:same": { projects: [proj_a, proj_b] }\n`)
    const gone = yield* Drift.read(two)
    assert.deepStrictEqual([told(gone), gone.exitCode], [["gone ft:gone"], 3])
    yield* (yield* fake).inject(Faults.html(404), { checkpoint: "ft:gone" })
    const foreign = yield* Drift.read(two)
    assert.deepStrictEqual([told(foreign), foreign.exitCode], [["unread ft:gone"], 4])
  })

  test("projects that cannot be listed are no difference, and are reported", world, function* () {
    const policy = yield* policyOf(`  "ft:same": { projects: [proj_a, proj_b, proj_typo] }\n`)
    yield* (yield* fake).inject(Faults.error(403, { message: "not for you" }), { operation: "list-projects" })
    const drift = yield* Drift.read(policy)
    assert.deepStrictEqual(told(drift), ["in the policy, no access ft:same proj_typo"])
    assert.match(Drift.toText(drift), /^Project ids not checked: .*not for you/m)
    assert.deepStrictEqual(told(yield* Drift.read(policy)), ["unknown project ft:same proj_typo"])
  })

  test("are all unread if no listing succeeds, and a stop sends nothing more", world, function* () {
    const policy = yield* everything
    yield* (yield* fake).setBehavior({ keys: [] })
    const refused = yield* Drift.read(policy)
    assert.deepStrictEqual(
      [refused.exitCode, new Set(told(refused).map((text) => text.split(" ")[0]))],
      [4, new Set(["unread"])]
    )
    yield* (yield* fake).setBehavior({ keys: "any" })
    assert.strictEqual((yield* Effect.flip(Drift.read(policy, { concurrency: 0 })))._tag, "InvalidInputError")
    yield* (yield* fake).clearRequests
    const stop = yield* Deferred.make<void>()
    const drift = yield* Drift.read(policy, {
      concurrency: 1,
      stop: Deferred.await(stop),
      onRow: (_, { done }) => (done === 2 ? Deferred.succeed(stop, undefined) : Effect.void)
    })
    assert.strictEqual(drift.exitCode, 4)
    assert.strictEqual(told(drift).filter((text) => text.startsWith("unread")).length, 3)
    const [first, ...others] = yield* (yield* fake).requests
    assert.strictEqual(first?.operation, "list-projects")
    for (const { operation } of others) assert.strictEqual(operation, "list")
    assert.strictEqual(drift.log.failure, "stopped")
  })
})

describe("the actor of a difference", () => {
  const seed = { "ft:a": [{ project_id: "proj_a", id: "cp_a" }], "ft:z": [] }

  test(
    "is not searched where the log cannot be read",
    layer(
      {
        seed: { "ft:a": [{ project_id: "proj_0", created_at: night / 1000 - 400 * day }], "ft:z": [] },
        organization: { events: noise(200) }
      },
      5
    ),
    function* () {
      const server = yield* fake
      const organization = yield* Organization.Organization
      const events: typeof organization.events = (options) =>
        options?.until === undefined
          ? organization.events(options)
          : Stream.unwrap(Effect.as(server.setBehavior({ auditLog: "off" }), organization.events(options)))
      const drift = yield* Effect.provideService(
        Drift.read(yield* policyOf(`  "ft:a": { projects: [] }\n`)),
        Organization.Organization,
        { ...organization, events }
      )
      assert.deepStrictEqual(authorsOf(drift), ["NotSearched"])
      assert.isDefined(drift.log.failure)
    }
  )

  test(
    "of missing access is the last revoke with its id, with later deletes, an open grant, or none",
    layer({ seed, organization: { projects } }),
    function* () {
      const server = yield* fake
      const policy = yield* policyOf(`  "ft:a": { projects: [proj_a, proj_b] }\n`)
      const none = yield* Drift.read(policy)
      assert.deepStrictEqual(endsOf(none), [{ _tag: "NotGranted", laterDeletes: 0, isComplete: true }])
      assert.include(Drift.toText(none), "no grant in the log: perhaps not applied yet")

      yield* server.grant("ft:a", "proj_b", "ann@example.com")
      const [, granted] = yield* server.permissions("ft:a")
      const id = granted?.id ?? ""
      yield* TestClock.adjust("1 hour")
      yield* server.remove("ft:a", id, "bob@example.com")
      const revoked = yield* Drift.read(policy)
      assert.match(
        Drift.toText(revoked),
        new RegExp(`last revoke in the log: bob@example\\.com \\(Mozilla/5.0\\), 2026-11-03 \\(${id}\\)`)
      )

      yield* TestClock.adjust("1 hour")
      yield* server.remove("ft:a", "cp_a", "carl@example.com")
      yield* server.seed({ "ft:a": [{ project_id: "proj_a", id: "cp_new" }] })
      assert.match(
        Drift.toText(yield* Drift.read(policy)),
        new RegExp(
          `last revoke in the log: bob@example\\.com \\(Mozilla/5.0\\), 2026-11-03 \\(${id}\\), or one of 1 later delete  2026`
        )
      )

      yield* TestClock.adjust("1 day")
      yield* server.grant("ft:a", "proj_b", "ann@example.com")
      const open = (yield* server.permissions("ft:a")).find(({ project_id }) => project_id === "proj_b")?.id ?? ""
      yield* server.setBehavior({ dashboardEvents: 0 })
      yield* server.remove("ft:a", open)
      const text = Drift.toText(yield* Drift.read(policy))
      assert.match(text, new RegExp(`granted 2026-11-04 \\(${open}\\), no revoke in the log`))
      assert.notInclude(text, "last revoke")
    }
  )
})

describe("a drift without differences", () => {
  const seed = { "ft:a": ["proj_a"], "ft:least": [], "ft:free": [] }
  const policy = policyOf(`  "ft:a": { projects: [proj_a] }\n  "ft:least": { mode: at-least, projects: [] }\n`)

  test("lists changes of eight days, and open grants in no policy", layer({ seed }), function* () {
    const server = yield* fake
    yield* server.grant("ft:least", "proj_x", "ann@example.com")
    yield* server.grant("ft:free", "proj_y", "bob@example.com")
    yield* TestClock.adjust("7 days")
    const drift = yield* Drift.read(yield* policy)
    assert.strictEqual(drift.exitCode, 0)
    assert.deepStrictEqual(
      drift.changes.map(({ by, checkpoint }) => [checkpoint, by.user]),
      [
        ["ft:free", "bob@example.com"],
        ["ft:least", "ann@example.com"]
      ].sort()
    )
    const { grants, ...unmanaged } = drift.unmanaged
    assert.deepStrictEqual(unmanaged, { checkpoints: ["ft:free"], isRead: false })
    assert.deepStrictEqual(
      grants.map(({ by, checkpoint }) => [checkpoint, by.user]),
      [["ft:free", "bob@example.com"]]
    )
    const table =
      /^#### In no policy, with a grant and no later revoke in the log\n\n.*\n.*\n\| `ft:free` \| .* \| `bob@/m
    assert.match(Drift.toMarkdown(drift), table)
    assert.match(Drift.toText(drift), /^In no policy, [^\n]*:\nCHECKPOINT .*\nft:free .* bob@/m)
    assert.notMatch(Drift.toMarkdown(yield* Drift.read(yield* policy, { unmanaged: true })), table)
    yield* server.inject(Faults.error(500, { message: "down" }), { checkpoint: "ft:least" })
    const unread = yield* Drift.read(yield* policy)
    assert.deepStrictEqual(
      unread.changes.map(({ checkpoint }) => checkpoint),
      ["ft:free"]
    )
    const text = Drift.toText(drift)
    assert.match(
      text,
      /^1 unmanaged checkpoint with a grant and no later revoke in the log \(not read without --unmanaged\)\.$/m
    )
    assert.match(text, /^2 changes of the last eight days left no difference:$/m)
    yield* TestClock.adjust("2 days")
    assert.deepStrictEqual((yield* Drift.read(yield* policy)).changes, [])
  })

  test(
    "with a log that was not read to its end says nothing of checkpoints in no policy",
    layer({ seed: { "ft:a": ["proj_a"], "ft:z": [] }, organization: { projects, events: noise(200) } }, 5),
    function* () {
      const policy = yield* policyOf(`  "ft:a": { projects: [proj_a] }\n  "ft:z": { projects: [] }\n`)
      assert.strictEqual((yield* Drift.read(policy)).exitCode, 0)
      const drift = yield* Drift.read(policy, { unmanaged: true })
      assert.deepStrictEqual([drift.exitCode, drift.log.isComplete, drift.differences], [4, false, []])
      const [first, , ...rest] = Drift.toText(drift).split("\n")
      assert.match(first ?? "", /Checkpoints in no policy are unknown\.$/)
      assert.match(rest.join("\n"), /^Audit log read back to 2026-10-27 20:00/m)
    }
  )

  test("reads checkpoints in no policy on demand, and counts them then", layer({ seed }), function* () {
    const server = yield* fake
    yield* server.grant("ft:free", "proj_y", "bob@example.com")
    const progress: Array<string> = []
    const drift = yield* Drift.read(yield* policy, {
      unmanaged: true,
      onRow: (_, { done, total }) => Effect.sync(() => void progress.push(`${done} of ${total}`))
    })
    assert.deepStrictEqual(progress, ["1 of 2", "2 of 2", "3 of 3"])
    assert.strictEqual(drift.exitCode, 3)
    assert.match(told(drift).join(), /^unmanaged ft:free proj_y cp_\d+$/)
    assert.deepStrictEqual(authorsOf(drift), ["bob@example.com"])
    assert.strictEqual(yield* countOf("list"), 3)
    yield* server.inject(Faults.error(500, { message: "down" }), { checkpoint: "ft:free" })
    assert.strictEqual((yield* Drift.read(yield* policy, { unmanaged: true })).exitCode, 4)
    yield* server.setBehavior({ auditLog: "off" })
    const unknown = yield* Drift.read(yield* policy, { unmanaged: true })
    assert.strictEqual(unknown.exitCode, 4)
    assert.match(Drift.toText(unknown), /^No difference at .*\. Checkpoints in no policy are unknown\.$/m)
    assert.strictEqual((yield* Drift.read(yield* policy)).exitCode, 0)
  })
})

describe("the output of a drift", () => {
  scoped("has the span from the start of the first read to the end of the last", function* () {
    const at = (seconds: number) => DateTime.unsafeMake(seconds * 1000)
    const row = (id: string, readFrom: number, readAt: number) =>
      ({
        checkpoint: checkpoint(id),
        readFrom: at(readFrom),
        readAt: at(readAt),
        complete: true,
        permissions: []
      }) as const
    const drift = yield* Drift.make(
      yield* policyOf(`  "ft:a": { projects: [] }\n`),
      {
        format: "checkpoint-permissions/matrix",
        version: 3,
        createdAt: at(0),
        apiUrl: "http://x",
        names: {},
        projects: [],
        rows: [row("ft:a", 10, 20), row("ft:b", 5, 12), row("ft:c", 11, 18)]
      },
      { requestedAt: at(30), changes: [], olderGrants: [], windows: [], isComplete: true }
    )
    assert.deepStrictEqual([drift.readFrom, drift.readAt], [at(5), at(20)])
  })

  const evil = "proj_`|<b>@all"
  const seed = {
    "ft:a": [
      { project_id: "proj_x", id: "cp_x" },
      { project_id: evil, id: "cp_e" }
    ]
  }
  const world = layer({ seed, organization: { projects: [{ id: "proj_x", name: "Line\nbreak" }] } })

  test("is one table in text and Markdown, in which no id has a meaning", world, function* () {
    const drift = yield* Drift.read(yield* policyOf(`  "ft:a": { projects: [] }\n`))
    const text = Drift.toText(drift)
    assert.match(text, /^DIFFERENCE +CHECKPOINT +PROJECT +ACTOR +WHEN$/m)
    assert.match(text, /^not in the policy +ft:a +proj_x {2}Line\\u000abreak +not in the log +1970-01-01 00:00$/m)
    assert.match(text, /^2 differences at 1 checkpoint \(1 in the policy, read 02:00\): 2 not in the policy\.$/m)
    for (const line of Drift.toText(drift, { width: 60 }).split("\n")) assert.isAtMost(line.length, 60)
    const markdown = Drift.toMarkdown(drift)
    assert.include(markdown, "| `not in the policy` | `ft:a` | `` proj_`\\|<b>@all `` | `not in the log` |")
    assert.include(markdown, "| difference | checkpoint | project | actor | when |")
    const csv = Drift.toCsv(drift).split("\r\n")
    assert.strictEqual(csv[0], "difference,checkpoint,project,name,permission,actor,when")
    assert.include(csv, "not in the policy,ft:a,proj_x,Line\\u000abreak,cp_x,not in the log,1970-01-01 00:00")
    const row = `not in the policy\tft:a\t${evil}\t\tcp_e\tnot in the log\t1970-01-01 00:00\n`
    assert.include(Drift.toLines(drift), row)
  })

  test(
    "cuts rows, never counts",
    layer({ seed: { "ft:a": Array.from({ length: 50 }, (_, n) => `proj_${n}`) } }),
    function* () {
      const drift = yield* Drift.read(yield* policyOf(`  "ft:a": { projects: [] }\n`))
      const markdown = Drift.toMarkdown(drift, { rows: 10 })
      assert.strictEqual(markdown.match(/^\| `not in the policy`/gm)?.length, 10)
      assert.include(markdown, "and 40 more.")
      assert.include(markdown, "50 not in the policy")
      assert.strictEqual(Drift.toText(drift).match(/^not in the policy/gm)?.length, 50)
      assert.strictEqual(yield* Clock.currentTimeMillis, night)
    }
  )

  const of = ["proj_own", "proj_a"]
  const none = { "ft:a": ["proj_own"], "ft:b": [], "ft:c": [], "ft:d": [], "ft:e": of, "ft:f": of }
  test(
    "has the access that is due for a review, by file, and it is no difference",
    layer({ seed: none }),
    function* () {
      const head = "version: 1\nreviewEvery: 30d\n"
      const sources = Arr.make(
        { file: "a.yaml", text: `${head}checkpoints: { "ft:d": { projects: [] } }` },
        {
          file: "b.yaml",
          text: `${head}lastReview: 2026-10-01
checkpoints:
  "ft:a": { owner: proj_own, projects: [] }
  "ft:b": { owner: proj_own, lastReview: 2026-10-03, projects: [{ project: proj_a, until: 2026-11-01 }] }
  "ft:c": { lastReview: 2026-10-20, projects: [] }
  "ft:e": { owner: proj_own, projects: [proj_own, proj_a] }
  "ft:f": { owner: proj_own, lastReview: 9999-01-01, projects: [proj_a] }
`
        }
      )
      const drift = yield* Drift.read(yield* AccessPolicy.merge(sources), { sources })
      assert.deepStrictEqual(told(drift), [])
      assert.deepStrictEqual(drift.due, [
        { file: "a.yaml", checkpoints: 1, accesses: 0, neverReviewed: 1 },
        { file: "b.yaml", checkpoints: 4, accesses: 2, since: "2026-10-31", futureReviews: 1 }
      ])
      assert.deepStrictEqual(JSON.parse(Drift.toJson(drift)).due, drift.due)
      const files = ["a.yaml", "it's b.yaml"]
      assert.match(
        Drift.toText(drift, { files }),
        /^Review due: checkpoint-permissions review -f a.yaml -f 'it'\\''s b.yaml'\nFILE .*\na.yaml +1 +0 +1 never reviewed\nb.yaml +4 +2 +2026-10-31, 1 last review after today$/m
      )
      const markdown = Drift.toMarkdown(drift)
      assert.include(
        markdown,
        "\n#### Review due\n\n`checkpoint-permissions review`\n\n| file | checkpoints | accesses in the policy | due since |\n"
      )
      assert.include(markdown, "| `b.yaml` | `4` | `2` | `2026-10-31, 1 last review after today` |\n")
    }
  )
})
