import { AccessPolicy } from "@checkpoint-permissions/access"
import { Emulator, Faults, ServerBehavior } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { cli, exits, jsonLines } from "./support/inProcess.ts"
import { test } from "./support/test.ts"
import { old, organization, policyOf, seed, weather, world } from "./support/world.ts"

const server = Emulator.layer({ seed, organization })

describe.concurrent("grant and revoke", () => {
  test("report the result for each project", server, function* () {
    const { fake, cli } = yield* world
    const granted = yield* cli(["grant", weather, "proj_a", "proj_new"])
    assert.deepStrictEqual(granted, {
      code: 0,
      stdout: "granted proj_new\nunchanged: proj_a (Search quality) already has access\n",
      stderr: ""
    })
    const again = yield* cli(["grant", weather, "proj_new", "--json"])
    assert.deepStrictEqual(jsonLines(again.stdout), [
      {
        checkpoint: weather,
        granted: [],
        notListedYet: [],
        alreadyGranted: ["proj_new"],
        ownerProjects: [],
        mayBeDuplicated: []
      }
    ])
    const revoked = yield* cli(["revoke", weather, "proj_x", "proj_never"])
    assert.deepStrictEqual(revoked, {
      code: 0,
      stdout:
        "revoked proj_x (Old team)\nunchanged: proj_never has no permission (the owner of a model always has access)\n",
      stderr: ""
    })
    const gone = yield* cli(["revoke", weather, "proj_y", "--json"])
    assert.deepStrictEqual(jsonLines(gone.stdout), [
      { checkpoint: weather, revoked: ["proj_y"], absent: [], ownerProjects: [] }
    ])
    assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_new"])
  })
})

describe.concurrent("grant and revoke, at their limits", () => {
  const owners = { [weather]: "proj_own" }

  test(
    "a revoke reports that an owner without a permission keeps its access, as an audit of the project does",
    Emulator.layer({ seed, behavior: { owners } }),
    function* () {
      const { cli } = yield* world
      const { stdout } = yield* exits(0, cli(["revoke", weather, "proj_own"]))
      assert.strictEqual(stdout, "unchanged: proj_own has no permission (the owner of a model always has access)\n")
      const shown = yield* exits(0, cli(["audit", weather, "--project", "proj_own", "--format", "text", "--all"]))
      assert.match(shown.stdout, /^• ft:\S+\n +none +proj_own: no /m)
      assert.include(shown.stdout, "1 checkpoint: owner unknown (owners always have access).")
    }
  )

  test("a delete that did not delete is a failure of revoke and of api delete", server, function* () {
    const { cli, fake } = yield* world
    const [permission] = yield* fake.permissions(weather)
    const body = { id: permission?.id, object: "checkpoint.permission", deleted: false }
    yield* fake.inject(Faults.reply(200, { body }), { operation: "delete", times: 2 })
    const revoked = yield* exits(1, cli(["revoke", weather, permission?.project_id ?? ""]))
    assert.strictEqual(revoked.stdout, "")
    assert.include(revoked.stderr, "the server replied `deleted: false` and still lists the permission; try again in")
    const deleted = yield* exits(1, cli(["api", "delete", weather, permission?.id ?? ""]))
    assert.strictEqual(deleted.stdout, "")
    assert.include(deleted.stderr, `the server did not delete ${permission?.id}`)
  })

  test("a revoke takes one checkpoint and at least one project", server, function* () {
    const { cli } = yield* world
    for (const [args, message] of [
      [["ft:a"], /missing argument <project>/],
      [["proj_x", "proj_y"], /pass the model name/],
      [["--everywhere", "proj_x", "--from", "ids.txt"], /everywhere/]
    ] as const) {
      const { stderr } = yield* exits(2, cli(["revoke", ...args]))
      assert.match(stderr, message)
    }
  })

  test("both write a journal as apply does, and refuse another file before any change", server, function* () {
    const { cli, fake, home } = yield* world
    yield* exits(0, cli(["grant", weather, "proj_b", "--journal", "j", "--actor", "ann"]))
    yield* exits(0, cli(["revoke", weather, "proj_a", "--journal", "j"]))
    const entries = jsonLines(home.read("j"))
    assert.deepStrictEqual(
      entries.map(({ action, actor, event, outcome, project }) => [event, action, project, outcome, actor]),
      [
        ["intent", "grant", "proj_b", null, "ann"],
        ["result", "grant", "proj_b", "done", "ann"],
        ["intent", "revoke", "proj_a", null, "tester"],
        ["result", "revoke", "proj_a", "done", "tester"]
      ]
    )
    yield* fake.clearRequests
    const refused = yield* exits(1, cli(["grant", weather, "proj_c", "--journal", "nowhere/j"]))
    assert.match(refused.stderr, /nowhere/)
    assert.deepStrictEqual(yield* fake.requests, [])
  })
})

describe.concurrent("a permission of the owner that the server lists", () => {
  const owned = Emulator.layer({ seed: { [weather]: ["proj_own"] }, behavior: { owners: { [weather]: "proj_own" } } })

  test("is not possible to revoke: exit code 4, no ✓, and the next plan is not empty", owned, function* () {
    const { home, cli } = yield* world
    home.write("none.yaml", `version: 1\ncheckpoints:\n  "${weather}": { projects: [] }\n`)
    const revoked = yield* exits(4, cli(["revoke", weather, "proj_own"]))
    assert.strictEqual(revoked.stdout, "not revoked: proj_own owns the model\n")
    assert.match(
      revoked.stderr,
      /lists a permission of proj_own and refuses to delete it: the project owns the model\n$/
    )
    const applied = yield* exits(4, cli(["apply", "--file", "none.yaml", "--yes"]))
    assert.notInclude(applied.stdout + applied.stderr, "✓")
    assert.include(applied.stderr, "proj_own owns the model: the server lists its permission and refuses to revoke it")
    assert.include(applied.stderr, "apply: incomplete: 0 granted, 0 revoked; 0 of 1 checkpoint verified")
    yield* exits(3, cli(["plan", "--file", "none.yaml", "--exit-code"]))
  })
})

describe.concurrent("plan", () => {
  test("shows the difference with names, saves it, and returns exit code 3 if there is one", server, function* () {
    const { fake, home, cli } = yield* world
    const shown = yield* exits(3, cli(["plan", "--file", "policy.yaml", "--out", "plan.json", "--exit-code"]))
    assert.match(shown.stdout, /^- proj_x {2}Old team {2}cp_\d+, since \d{4}-\d\d-\d\d$/m)
    assert.match(shown.stdout, /- proj_z[\s\S]*\n\+ proj_b\n\+ proj_c\n/)
    assert.include(shown.stdout, "2 checkpoints: 2 to grant, 3 to revoke, 1 unchanged.\n")
    assert.match(shown.stdout, /Estimated: 7 requests \(3 listings, 1 create, 3 deletes\)/)
    assert.match(shown.stdout, /^Plan sha256:[0-9a-f]{64}$/m)
    assert.strictEqual(home.mode("plan.json"), 0o600)
    const json = yield* exits(0, cli(["plan", "--file", "policy.yaml", "--json"]))
    assert.strictEqual(JSON.parse(json.stdout).format, "checkpoint-permissions/plan")
    assert.isTrue((yield* fake.requests).every(({ method }) => method === "GET"))
    yield* cli(["apply", "--file", "policy.yaml", "--yes"])
    const none = yield* exits(0, cli(["plan", "--file", "policy.yaml", "--exit-code"]))
    assert.include(none.stdout, "Nothing to change.")
  })

  test("reports every error of a policy at its place, and needs a policy", server, function* () {
    const { home, cli } = yield* world
    home.write("bad.yaml", 'version: 1\ncheckpoints:\n  "ft:a":\n    projcts: []\n  "ftckpt_a":\n    projects: []\n')
    const bad = yield* exits(2, cli(["plan", "--file", "bad.yaml"]))
    assert.strictEqual(bad.stdout, "")
    assert.match(bad.stderr, /^checkpoint-permissions: bad\.yaml:4:5: .*did you mean projects\?/m)
    assert.match(bad.stderr, /^checkpoint-permissions: bad\.yaml:5:3: /m)
    const none = yield* cli(["plan"])
    assert.deepStrictEqual([none.code, none.stderr.includes("pass --file <policy>")], [2, true])
    const missing = yield* cli(["plan", "--file", "no.yaml"])
    assert.deepStrictEqual([missing.code, missing.stderr.includes("no such file")], [2, true])
  })

  test("names what could not be read, and exits with 4", server, function* () {
    const { fake, cli } = yield* world
    yield* fake.inject(Faults.error(400), { checkpoint: old })
    const { stderr, stdout } = yield* exits(4, cli(["plan", "--file", "policy.yaml", "--exit-code"]))
    assert.include(stdout, "! not read, nothing planned: ")
    assert.match(stderr, /1 checkpoint could not be read/)
    yield* cli(["apply", "--file", "policy.yaml", "--yes"])
    yield* fake.inject(Faults.error(400), { checkpoint: old, times: 2 })
    const plan = ["plan", "--file", "policy.yaml"]
    const some = yield* cli(plan)
    assert.include(some.stdout, "Nothing to change at 1 checkpoint, 1 not read.\n")
    const review = yield* cli([...plan, "--format", "markdown"])
    assert.match(review.stdout, /^### Access plan: nothing to change at 1 checkpoint, 1 not read\n/)
    yield* fake.inject(Faults.error(400), { operation: "list", times: 2 })
    const none = yield* exits(4, cli(plan))
    assert.match(none.stdout, /\nUnknown, 2 checkpoints not read\.\n$/)
  })

  test(
    "prints partial results at Ctrl-C, as export does",
    Emulator.layer({ seed, organization, behavior: { latency: "30 seconds" } }),
    function* () {
      const { begin, fake, home } = yield* world
      const running = yield* begin(["plan", "--file", "policy.yaml", "--out", "plan.json"])
      yield* fake.awaitRequests(1)
      yield* running.signal("SIGINT")
      const { stderr, stdout } = yield* exits(130, running.outcome)
      assert.match(stdout, /^Unknown, 2 checkpoints not read\.$/m)
      assert.match(
        stderr,
        /plan: 2 checkpoints could not be read: .*; partial result written to plan\.json\.partial\n$/
      )
      assert.isFalse(home.exists("plan.json"))
      yield* fake.clearRequests
      yield* fake.setBehavior({ latency: 0 })
      yield* fake.setFaults(
        Faults.scripted([
          { fault: Faults.latency({ before: "1 minute" }), operation: "list", checkpoint: old, times: 2 }
        ])
      )
      const exporting = yield* begin(["export", "--from", "policy.yaml", "--out", "export.yaml"])
      yield* fake.awaitRequests(3)
      yield* exporting.signal("SIGINT")
      const exported = yield* exporting.outcome
      assert.deepStrictEqual([exported.code, exported.stdout], [130, ""])
      assert.match(
        exported.stderr,
        /export: 1 of 2 checkpoints incomplete \(not read: stopped\); partial result written/
      )
      assert.isFalse(home.exists("export.yaml"))
      const partial = home.read("export.yaml.partial")
      assert.include(partial, `# not read, so not in this policy: ${old}`)
      assert.include(partial, `"${weather}":`)
      assert.notInclude(partial, `"${old}":`)
    }
  )

  const hostile = "proj_```|<b>@octocat</b>\u202egpj##[warning]"

  test(
    "keeps untrusted text inside one fence of Markdown, escaped",
    Emulator.layer({ seed: { [weather]: [hostile, "::add-mask::proj"], [old]: [] }, organization }),
    function* () {
      const { cli } = yield* world
      const { stdout } = yield* cli(["plan", "--file", "policy.yaml", "--format", "markdown"])
      const [, fence, inside, after] = /\n(`{3,})diff\n([\s\S]*?)\n\1\n([\s\S]*)$/.exec(stdout) ?? []
      assert.strictEqual(fence, "````")
      assert.include(inside, "proj_```|<b>@octocat</b>")
      assert.notMatch(stdout.replaceAll("\n", ""), /[\p{Cc}\p{Cf}]/u)
      assert.notInclude(stdout, "##[")
      assert.notInclude(stdout.replace(inside ?? "", ""), "octocat")
      assert.include(after, " unchanged, 0 not read")
      const plain = yield* cli(["plan", "--file", "policy.yaml"])
      assert.notMatch(plain.stdout.replaceAll("\n", ""), /[\p{Cc}\p{Cf}]/u)
      assert.notMatch(plain.stdout, /^\s*::/m)
      assert.notInclude(plain.stdout, "##[")
      const json = yield* cli(["plan", "--file", "policy.yaml", "--json"])
      assert.notInclude(json.stdout, "##[")
      assert.include(JSON.stringify(JSON.parse(json.stdout)), "##[")
      const listed = yield* cli(["list", weather])
      assert.notMatch(listed.stdout, /^\s*::/m)
    }
  )
})

describe.concurrent("audit and export", () => {
  const readOnly = "sk-read-only-0123456789"

  test(
    "pass with a key that may only list, and so does plan; apply does not",
    Emulator.layer({ seed, organization, behavior: { keys: [ServerBehavior.readOnlyKey(readOnly)] } }),
    function* () {
      const { home, cli } = yield* world
      const key = { OPENAI_ADMIN_KEY: readOnly }
      const table = yield* exits(0, cli(["audit", weather, old], key))
      assert.include(table.stdout, weather)
      const html = yield* cli(["audit", weather, "--file", "policy.yaml", "--out", "audit.html"], key)
      assert.deepStrictEqual(html, {
        code: 0,
        stdout: "",
        stderr: html.stderr
      })
      assert.include(home.read("audit.html"), "Search quality")
      assert.strictEqual(home.mode("audit.html"), 0o600)
      const csv = yield* cli(["audit", "--from", "policy.yaml", "--format", "csv", "--project", "proj_a"], key)
      assert.match(csv.stdout, /^checkpoint,/)
      const exported = yield* cli(["export", "--from", "policy.yaml"], key)
      assert.match(exported.stdout, /^# Expiry dates \(until\) are not stored.*\nversion: 1\n/)
      yield* exits(0, cli(["plan", "--file", "policy.yaml"], key))
      const applied = yield* exits(1, cli(["apply", "--file", "policy.yaml", "--yes"], key))
      assert.match(applied.stderr, /the key lacks api\.fine_tuning\.checkpoints\.write/)
    }
  )

  test(
    "an apply after an export deletes the announced duplicates, which its plan notes, and marks archived projects",
    Emulator.layer({
      behavior: { regrant: "second" },
      organization: {
        projects: [
          { id: "proj_a", name: "Search\n# \u202equality" },
          "proj_z",
          { id: "proj_lab", name: "Labs", archived_at: 1_767_225_600 }
        ]
      }
    }),
    function* () {
      const { cli, home } = yield* world
      const grant = (checkpoint: string, project: string) => cli(["api", "create", checkpoint, project])
      for (const project of ["proj_a", "proj_a", "proj_lab", "proj_a"]) yield* exits(0, grant(weather, project))
      yield* exits(0, grant(old, "proj_z"))
      yield* cli(["discover", "--out", "found.json"])
      const named = ["--from", "found.json"]
      const exported = yield* exits(0, cli(["export", ...named, "--out", "now.yaml"]))
      assert.match(exported.stderr, /export: an apply of this policy would only delete 2 duplicates at 1 checkpoint\n$/)
      assert.match(home.read("now.yaml"), /^ +- proj_lab # archived: Labs$/m)
      assert.match(home.read("now.yaml"), /^ +- proj_a # Search # \\u202equality$/m)
      yield* exits(0, cli(["validate", "-f", "now.yaml"]))
      const planned = yield* exits(0, cli(["plan", "--file", "now.yaml", "--exit-code", "--json"]))
      assert.deepInclude(JSON.parse(planned.stdout).counts, { checkpoints: 2, grants: 0, revokes: 0, duplicates: 2 })
      assert.match(planned.stderr, /proj_lab \(Labs\) is archived: it already has a permission/)
      const shown = yield* exits(0, cli(["plan", "--file", "now.yaml", "--exit-code"]))
      assert.match(
        shown.stdout,
        /^! proj_a +Search # \\u202equality +cp_\w+, since [\d-]+: a duplicate: an apply deletes it$/m
      )
      assert.match(shown.stdout, /^Nothing to change except 2 duplicates\.$/m)
      const drift = yield* exits(0, cli(["drift", "--file", "now.yaml"]))
      assert.match(drift.stdout, /^Duplicate permission: proj_a {2}Search.* has an older one than cp_\w+ for ft:/m)
      const asked = yield* exits(5, cli(["apply", "--file", "now.yaml"]))
      assert.match(asked.stderr, /no terminal to ask for confirmation/)
      yield* exits(0, cli(["apply", "--file", "now.yaml", "--yes", "--max-revokes", "0"]))
      const again = yield* exits(0, cli(["export", ...named]))
      assert.match(again.stderr, /export: an apply of this policy changes nothing\n$/)
      yield* exits(0, cli(["plan", "--file", "now.yaml", "--exit-code"]))
      home.write(
        "stated.yaml",
        policyOf([weather], "proj_a").replace("    projects", "    owner: proj_lab\n    projects")
      )
      const stated = yield* exits(0, cli(["export", "--from", "stated.yaml"]))
      assert.match(stated.stdout, /^ +- proj_lab # archived: Labs$/m)
    }
  )
})

describe("export of one owner", () => {
  const [first, second, third] = ["ft:a", "ft:b", "ft:c"] as const
  const server = Emulator.layer({
    seed: { [first]: ["proj_x", "proj_y"], [second]: ["proj_x"], [third]: ["proj_x"] },
    organization: {
      projects: ["proj_o", { id: "proj_x", name: "Search" }, "proj_y"],
      jobs: [{ id: "ftjob-1", fine_tuned_model: first, project: "proj_o", checkpoints: [first, second] }]
    }
  })

  test(
    "has its checkpoints, with names and ends as comments; ids without an owner are named once",
    server,
    function* () {
      const { cli, home } = yield* world
      home.write("keys", "proj_o=sk-any\n")
      home.chmod("keys", 0o600)
      yield* exits(0, cli(["discover", "--project-keys", "keys", "-o", "inventory.json"]))
      home.write("ids.txt", `${third}\n`)
      const ends = `[{ project: proj_x, until: 9999-12-31, reason: pilot }, { project: proj_y, until: 9998-12-31 }]`
      home.write("ends.yaml", `version: 1\ncheckpoints: { "${first}": { projects: ${ends} } }\n`)
      const files = ["inventory.json", "ids.txt", "ends.yaml"].flatMap((file) => ["--from", file])
      const { stderr, stdout } = yield* exits(0, cli(["export", ...files, "--owner", "proj_o"]))
      assert.strictEqual(
        stderr.match(/^export: 1 checkpoint without an owner in --from, left out: pass an inv.*$/gm)?.length,
        1
      )
      const { checkpoints } = yield* AccessPolicy.parse(stdout)
      assert.deepStrictEqual<unknown>(checkpoints, {
        [first]: { owner: "proj_o", projects: ["proj_x", "proj_y"] },
        [second]: { owner: "proj_o", projects: ["proj_x"] }
      })
      assert.match(
        stdout,
        new RegExp(`- proj_x # Search, until 9999-12-31 \\(pilot\\) at ${first}\n +- proj_y # until 9998-12-31\n`)
      )
      const all = yield* exits(0, cli(["export", ...files]))
      assert.match(all.stderr, /^export: 1 checkpoint without an owner in --from: pass an inventory/m)
      assert.include(all.stdout, third)
      const none = yield* exits(2, cli(["export", "--from", "inventory.json", "--owner", "proj_y"]))
      assert.include(none.stderr, "export: no checkpoint in --from has the owner proj_y: check the id\n")
    }
  )
})

describe("checkpoints", () => {
  const models = JSON.stringify({
    object: "list",
    data: [
      { id: "gpt-4o-mini", object: "model" },
      { id: "ft:a", object: "model" },
      { id: "ft:b", object: "model" }
    ]
  })
  const job = (model: string | null) => ({ id: "ftjob-1", object: "fine_tuning.job", fine_tuned_model: model })
  const jobs = JSON.stringify({ object: "list", data: [job("ft:b"), job(null)], has_more: true })
  const inputs: ReadonlyArray<readonly [what: string, stdin: string, found: ReadonlyArray<string>]> = [
    ["lines", "# mine\nft:a # the first\n\n  ft:b\r\nft:a\n", ["ft:a", "ft:b"]],
    ["the reply to GET /fine_tuning/jobs", jobs, ["ft:b"]],
    ["pages one after the other", `${jobs}\n${jobs}\n${models}\n`, ["ft:b", "ft:a"]],
    ["any document", '{"rows": [{"checkpoint": "gpt-ft-a", "id": "x"}, "ft:b"], "note": "ft:c"}', ["gpt-ft-a", "ft:b"]],
    ["a journal", '{"event":"intent","checkpoint":"ft:a"}\n{"event":"result","checkpoint":"ft:b"}\n', ["ft:a", "ft:b"]],
    ["a policy", 'version: 1\ncheckpoints:\n  "ft:a":\n    projects: []\n', ["ft:a"]]
  ]

  it.effect.each(inputs)("are read from %s", ([what, stdin, found]) =>
    Effect.gen(function* () {
      const { stderr, stdout } = yield* exits(0, cli(["audit", "--from", "-", "--fake", "--json"], { stdin }))
      assert.deepStrictEqual(
        JSON.parse(stdout).rows.map((row: { checkpoint: string }) => row.checkpoint),
        found
      )
      assert.strictEqual(stderr.includes("one page of several"), what.endsWith("/jobs"))
      const times = stderr.split("jobs contain only their final model").length - 1
      assert.strictEqual(times, stdin.includes("ftjob-1") ? 1 : 0)
    })
  )

  const mistakes: ReadonlyArray<readonly [stdin: string, says: RegExp]> = [
    ["ft:a\nftckpt_x\n", /standard input, line 2: .*pass the model name ft:/],
    ["ft:a\nft:b two\n", /standard input, line 2: "ft:b two" contains a space: write one id per line/],
    ["", /no checkpoints: pass ids/],
    ['{"data": []}', /contains no fine-tuned model/],
    ['{"data": [', /is not valid JSON/],
    ['version: 1\ncheckpoints:\n  "ft:a": {}\n', /standard input:3:3: .*projects is missing/]
  ]

  it.effect.each(mistakes)("%j is refused", ([stdin, says]) =>
    Effect.gen(function* () {
      const { stderr, stdout } = yield* exits(2, cli(["audit", "--from", "-", "--fake"], { stdin }))
      assert.strictEqual(stdout, "")
      assert.match(stderr, says)
    })
  )
})
