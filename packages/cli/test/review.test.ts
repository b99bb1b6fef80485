import { createServer } from "node:http"
import { Emulator, Faults } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { withoutColors } from "../src/internal/terminal/style.ts"
import { exits, cli as run } from "./support/inProcess.ts"
import { listen } from "./support/listen.ts"
import { live, test } from "./support/test.ts"
import { folder, old, weather, world } from "./support/world.ts"

const server = Emulator.layer({
  behavior: { dashboardEvents: 1 },
  organization: {
    projects: [
      { id: "proj_meteo", name: "Weather team" },
      { id: "proj_a", name: "Search" },
      "proj_b",
      "proj_x",
      { id: "proj_old", name: "Labs", archived_at: 1 }
    ]
  },
  seed: {
    [weather]: [
      { project_id: "proj_a", id: "cp_1", created_at: Date.parse("2025-03-01T09:00:00Z") / 1000 },
      { project_id: "proj_old", id: "cp_2", created_at: Date.parse("2025-03-10T09:00:00Z") / 1000 }
    ],
    [old]: []
  }
})

const policy = `version: 1
reviewEvery: 90d
checkpoints:
  "${weather}":
    owner: proj_meteo
    lastReview: 2025-03-10
    projects: [proj_a, { project: proj_b, until: 9999-12-31, reason: pilot }]
  "${old}":
    projects: []
`

/** A policy in a folder, and `review` of it, with a grant that the log shows. */
const reviewing = Effect.gen(function* () {
  const desk = yield* world
  desk.home.write("policy.yaml", policy)
  yield* desk.fake.grant(weather, "proj_x", "eve@example.com")
  return { ...desk, review: (...args: ReadonlyArray<string>) => desk.cli(["review", "-f", "policy.yaml", ...args]) }
})

const rowsIn = (stdout: string) =>
  stdout.split("\n").flatMap((line) => {
    const [checkpoint, project, name, access, , , by, , , file, owner, due, since, last, until, why, marks] =
      line.split("\t")
    assert.strictEqual(file, line === "" ? undefined : "policy.yaml")
    return line === "" ? [] : [[checkpoint, project, name, access, by, owner, due, since, last, until, why, marks]]
  })

describe.concurrent("review", () => {
  test("lists due entries by owner, with names, actors, ends and marks; sends only reads", server, function* () {
    const { cliIn, fake, review } = yield* reviewing
    yield* fake.clearRequests
    const { stderr, stdout } = yield* exits(3, review("--exit-code"))
    assert.match(stderr, /^2 checkpoints: log since [^;]*, 2 listed\n/)
    assert.match(stderr, /\nreview: 2 due on \d{4}-\d\d-\d\d, 2 of 2 checkpoints listed\.\n/)
    const due = ["proj_meteo", "yes", "2025-06-08", "2025-03-10"]
    const both = "not in the policy; granted since the last review"
    assert.deepStrictEqual(rowsIn(stdout), [
      [old, "", "", "no permission", "", "", "yes", "", "", "", "", ""],
      [weather, "proj_old", "Labs (archived)", "yes", "not in the log", ...due, "", "", both],
      [weather, "proj_b", "", "no permission", "", ...due, "9999-12-31", "pilot", "in the policy, no access"],
      [weather, "proj_x", "", "yes", "eve@example.com (Mozilla/5.0)", ...due, "", "", both],
      [weather, "proj_a", "Search", "yes", "not in the log", ...due, "", "", ""],
      [weather, "proj_meteo", "Weather team", "owner by the policy", "", ...due, "", "", ""]
    ])
    assert.isTrue((yield* fake.requests).every(({ method }) => method === "GET"))
    const text = withoutColors((yield* cliIn({ terminal: true }, ["review", "-f", "policy.yaml"])).stdout)
    assert.match(
      text,
      new RegExp(
        `^policy.yaml: no owner\n• ${old}  due, never reviewed\n {4}none {8}no permission;.*\n\npolicy.yaml: proj_meteo`
      )
    )
    assert.include(
      text,
      `\npolicy.yaml: proj_meteo  Weather team\n• ${weather}  due since 2025-06-08, last review 2025-03-10\n`
    )
    assert.match(
      text,
      /^ {4}none {8}proj_b: no permission {2}until 9999-12-31 \(pilot\) {2}! in the policy, no access$/m
    )
    yield* exits(0, review())
  })

  test("asks only for the date if nothing is due, and lists what --due and --all ask for", server, function* () {
    const { fake, home, review } = yield* reviewing
    const today = new Date().toISOString().slice(0, 10)
    home.write(
      "policy.yaml",
      policy.replace("2025-03-10", today).replace("    projects: []", `    lastReview: ${today}\n    projects: []`)
    )
    yield* fake.clearRequests
    const none = yield* exits(0, review("--exit-code"))
    assert.strictEqual(none.stdout, "")
    assert.include(none.stderr, `review: No review of 2 checkpoints is due by ${today}.\n`)
    assert.strictEqual((yield* fake.requests).length, 1)
    const soon = yield* exits(3, review("--exit-code", "--due", "90d"))
    assert.isTrue(rowsIn(soon.stdout).every(([, , , , , , due]) => due === "no"))
    const far = yield* exits(3, review("--exit-code", "--due", "9000000d", "--json"))
    assert.strictEqual(JSON.parse(far.stdout).rows.length, 2)
    const all = yield* exits(0, review("--exit-code", "--all"))
    assert.include(all.stderr, `review: 0 due on ${today}, 2 of 2 checkpoints listed.\n`)
    home.write("policy.yaml", policy.replace("reviewEvery: 90d\n", ""))
    const never = yield* exits(0, review("--exit-code", "--format", "text"))
    assert.include(never.stdout, "No review of 2 of 2 checkpoints is ever due: without reviewEvery.\n")
    yield* fake.clearRequests
    assert.match((yield* exits(2, review("--all", "--due", "1d"))).stderr, /--all cannot be combined with --due\n$/)
    home.write("policy.yaml", policy.replace("2025-03-10", "2025-02-29"))
    assert.match((yield* exits(2, review())).stderr, /policy\.yaml:6:17: .*lastReview is the text "2025-02-29"/)
    assert.deepStrictEqual(yield* fake.requests, [])
  })

  test("--on lists what was due on a day, without a key or a request", server, function* () {
    const { fake, home, review } = yield* reviewing
    home.write("policy.yaml", policy.replace("    projects: []", "    lastReview: 2025-12-31\n    projects: []"))
    yield* fake.clearRequests
    const on = (day: string) => exits(3, review("--exit-code", "--on", day, "--format", "text"))
    const { stdout } = yield* on("2026-03-30")
    assert.include(stdout, `policy.yaml: proj_meteo\n? ${weather}  due since 2025-06-08, last review 2025-03-10\n`)
    assert.include(stdout, "    unknown     every other project: not read with --on\n")
    assert.include(stdout, "1 due on 2026-03-30, 1 of 2 checkpoints listed.\n")
    assert.notMatch(stdout, /record|no access/)
    assert.include((yield* on("2026-03-31")).stdout, `${old}  due since 2026-03-31`)
    assert.match((yield* exits(2, review("--on", "2026-02-30"))).stderr, /--on: not a day: pass one such as 2026-09-30/)
    assert.deepStrictEqual(yield* fake.requests, [])
  })

  test("names a review of a future day, unknown projects and an unreadable log", server, function* () {
    const { fake, home, review } = yield* reviewing
    home.write("policy.yaml", policy.replace("2025-03-10", "9999-01-01").replace("proj_b", "proj_bb"))
    yield* fake.setBehavior({ auditLog: "off" })
    const { stderr, stdout } = yield* exits(0, review("--format", "text"))
    assert.match(stderr, /^review: policy\.yaml:6:17: .* lastReview 9999-01-01 is after today, .*: it does not count/m)
    assert.match(
      stderr,
      /^review: policy\.yaml:7:\d*.*proj_bb is not a project of this organization: did you mean proj_b\?/m
    )
    assert.include(stdout, `${weather}  due, last review 9999-01-01 (after today)`)
    assert.match(stdout, /proj_a {2}Search {2}actor not searched {2}! granted since the last review$/m)
    assert.match(stdout, /^Actors of grants may be missing: .*\.$/m)
    const page = yield* exits(0, review("--format", "html"))
    assert.match(page.stdout, /<title>Access review of \d{4}-\d\d-\d\d – actors of grants may be missing: /)
  })

  test("exits with 4 if a checkpoint cannot be read, and shows the others", server, function* () {
    const { fake, home, review } = yield* reviewing
    const fault = { fault: Faults.error(400), operation: "list", checkpoint: weather } as const
    yield* fake.setFaults(Faults.scripted([fault]))
    const part = yield* exits(4, review("--exit-code", "-o", "review.md"))
    assert.match(
      part.stderr,
      /review: 1 of 2 checkpoints incomplete \(.*\); partial result written to review\.md\.partial\n$/
    )
    const text = home.read("review.md.partial")
    assert.match(text, /^### Access review of \d{4}-\d\d-\d\d: incomplete\n/)
    assert.notInclude(text, "in the policy, no access", "an unread checkpoint shows no missing access")
    assert.include(text, "To record this review: `lastReview: ")
    assert.include(text, "in policy.yaml (1 entry)")
    assert.match(text, new RegExp(`\`${weather}\` \\|  \\|  \\| \`unknown\``))
    yield* fake.setFaults(Faults.none)
    yield* exits(0, review("-o", "review.json"))
    const { review: head, rows } = JSON.parse(home.read("review.json"))
    assert.deepStrictEqual([head.entries, rows.length], [2, 2])
    assert.strictEqual(rows[1].review.dueSince, "2025-06-08")
    yield* exits(0, review("-o", "review.html"))
    assert.match(home.read("review.html"), /<title>Access review of \d{4}-\d\d-\d\d<\/title>/)
  })

  live("counts days by the server's time, and a wrong key is an error", function* () {
    const home = yield* folder
    const tomorrow = new Date(Date.now() + 24 * 60 * 60_000)
    const day = tomorrow.toISOString().slice(0, 10)
    home.write(
      "policy.yaml",
      policy.replace("2025-03-10", day).replace("    projects: []", `    lastReview: ${day}\n    projects: []`)
    )
    const ahead = createServer((_, response) => {
      response.writeHead(401, { date: tomorrow.toUTCString(), "content-type": "application/json" })
      response.end(JSON.stringify({ error: { message: "Incorrect API key", code: "invalid_api_key" } }))
    })
    const env = { OPENAI_ADMIN_KEY: "sk-admin-0123456789", OPENAI_BASE_URL: `${yield* listen(ahead)}/v1` }
    const review = (...more: ReadonlyArray<string>) =>
      run(["review", "-f", "policy.yaml", ...more], { cwd: home.path, env })
    const none = yield* exits(0, review())
    assert.notMatch(none.stderr, /is after today/)
    assert.match(none.stderr, /the clock of this machine is 1d behind the server: using server time/)
    const refused = yield* exits(1, review("--all"))
    assert.match(refused.stderr, /Incorrect API key[^\n]*\n$/)
    assert.strictEqual(refused.stdout, "")
  })
})
