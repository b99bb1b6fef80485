import { Drift } from "@checkpoint-permissions/access"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { type Change, changesOf, type Issue, markerOf } from "../src/issue.ts"
import { commentLimit } from "../src/report.ts"

const about = {
  policy: ["b.yaml", "a.yaml"],
  runUrl: "https://github.com/run",
  workflow: ".github/workflows/access-drift.yml"
}

const checkpoint = (name: string) => `ft:m:org:${name}:1`

/** A permission that is in no policy, with its actor. */
const unwanted = (at: string, project: string, user = "eve@example.com", kind = "not in the policy") => ({
  kind,
  checkpoint: checkpoint(at),
  project,
  permission: `cp_${project}`,
  createdAt: "2026-01-01T00:00:00Z",
  grant: { _tag: "InLog", at: "2026-01-01T00:00:00Z", by: { user } }
})
const unread = (at: string) => ({ kind: "unread", checkpoint: checkpoint(at), reason: "503" })

/** A reading of a night in June. */
const driftOf = (
  day: number,
  differences: ReadonlyArray<{ readonly kind: string }>,
  more: object = {}
): Drift.Drift => {
  const time = `2026-06-${String(day).padStart(2, "0")}T02:00:00.000Z`
  const isUnread = differences.some(({ kind }) => kind === "unread")
  return Schema.decodeUnknownSync(Drift.Drift)({
    format: "checkpoint-permissions/drift",
    version: 2,
    apiUrl: "https://api.openai.com/v1",
    readFrom: time,
    readAt: time,
    checkpoints: 300,
    exitCode: isUnread ? 4 : differences.length > 0 ? 3 : 0,
    differences,
    notes: [],
    log: { requestedAt: time, isComplete: true },
    changes: [],
    unmanaged: { checkpoints: [], grants: [], isRead: false },
    names: {},
    ...more
  })
}

/** Makes the changes, as GitHub does, and keeps the comments. */
const hub = () => {
  let issues: ReadonlyArray<Issue> = []
  const comments: Array<string> = []
  const make = ({ body, comment, isOpen, number = issues.length + 1 }: Change) => {
    if (comment !== undefined) comments.push(comment)
    const changed = { number, body, state: isOpen ? "open" : "closed" }
    issues = [...issues.filter((one) => one.number !== number), changed].sort((a, b) => a.number - b.number)
  }
  return {
    comments,
    night: (drift: Drift.Drift, policy = about.policy) => changesOf(issues, drift, { ...about, policy }).forEach(make),
    issues: () => issues,
    isOpen: () => issues.map(({ state }) => state === "open"),
    body: () => issues.at(-1)?.body ?? "",
    set: (change: (issue: Issue) => Issue) => {
      issues = issues.map(change)
    }
  }
}

const closed = (issue: Issue): Issue => ({ ...issue, state: "closed" })

describe("the issue", () => {
  it("has a marker for each server, organization and workflow file", () => {
    const one = driftOf(1, [])
    const marker = markerOf(one, about)
    const others = [
      markerOf(one, { ...about, workflow: ".github/workflows/access-drift-eu.yml" }),
      markerOf({ ...one, organization: "org-a" }, about),
      markerOf({ ...one, apiUrl: "https://eu.api.openai.com/v1" }, about)
    ]
    for (const other of others) assert.isFalse(other.startsWith(marker) || marker.startsWith(other))
    assert.notInclude(markerOf(one, { ...about, workflow: "--> x" }), "-->")
  })

  it("of another set of policies is closed by the new one, also in a night that lists nothing", () => {
    const { comments, isOpen, night } = hub()
    night(driftOf(1, [unwanted("a", "proj_x")]))
    night(driftOf(2, [unwanted("a", "proj_x")]), ["a.yaml", "b.yaml"])
    assert.deepStrictEqual([isOpen(), comments], [[true], []], "their order makes no difference")
    night(driftOf(3, [unwanted("a", "proj_x")]), ["access"])
    assert.deepStrictEqual([isOpen(), comments], [[false, true], ["The workflow compares other policies now.\n"]])
    night(driftOf(4, []), ["teams"])
    assert.deepStrictEqual([isOpen(), comments.length], [[false, false], 2])
    night(driftOf(5, [unwanted("a", "proj_x")]))
    assert.deepStrictEqual([isOpen(), comments.length], [[true, false], 3], "the former set has its issue again")
  })

  it("is opened by a difference, commented on when the list changes, and closed by a night that lists nothing", () => {
    const { body, comments, isOpen, night } = hub()
    night(driftOf(1, []))
    night(driftOf(2, [unread("a")]))
    assert.deepStrictEqual(isOpen(), [])
    night(driftOf(3, [unwanted("a", "proj_x"), unwanted("b", "proj_x")]))
    // another actor, order and night: the list is the same
    night(driftOf(4, [unwanted("b", "proj_x"), unwanted("a", "proj_x", "mallory@example.com")]))
    assert.deepStrictEqual(comments, [])
    assert.include(body(), "mallory@example.com")
    assert.isTrue(body().startsWith(markerOf(driftOf(4, []), about)))
    night(driftOf(5, [unwanted("a", "proj_y")]))
    assert.strictEqual(comments.length, 1)
    assert.match(comments[0] ?? "", /^### Access drift: 1 difference\n[\s\S]*^\| `not in the policy` \|.*proj_y/m)
    assert.deepStrictEqual(isOpen(), [true])
    night(driftOf(6, []))
    assert.deepStrictEqual([isOpen(), comments.length], [[false], 2])
    assert.include(comments[1] ?? "", "### Access drift: no difference")
    night(driftOf(7, []))
    assert.strictEqual(comments.length, 2)
  })

  it("stays open and lists a checkpoint that was not read, and a log that was not read to its end", () => {
    const { body, comments, isOpen, night } = hub()
    night(driftOf(1, [unwanted("a", "proj_x")]))
    assert.notInclude(body(), "edit history")
    for (const day of [2, 3]) {
      night(driftOf(day, [unread("a")]))
      assert.deepStrictEqual([isOpen(), comments.length], [[true], 1])
      assert.match(body(), /^\| `unread` \| `ft:m:org:a:1`/m)
      assert.match(body(), /earlier differences of checkpoints that were not read.* edit history/)
    }
    const unmanaged = { unmanaged: { checkpoints: [], grants: [], isRead: true } }
    const noLog = { log: { requestedAt: "2026-06-06T02:00:00.000Z", isComplete: false, failure: "403" }, exitCode: 4 }
    for (const day of [4, 5]) {
      night(driftOf(day, [], { ...unmanaged, ...noLog }))
      assert.deepStrictEqual([isOpen(), comments.length], [[true], 1])
      assert.include(body(), "Checkpoints in no policy are unknown")
    }
    night(driftOf(6, [], unmanaged))
    assert.deepStrictEqual(isOpen(), [false])
  })

  it("is open while the log shows access at checkpoints in no policy, and a night without the log changes nothing", () => {
    const { body, comments, isOpen, night } = hub()
    const grant = { event: "audit_1", at: "2026-01-01T00:00:00Z", action: "grant", project: "proj_x", by: {} }
    const unmanaged = {
      checkpoints: [checkpoint("old")],
      grants: [{ ...grant, checkpoint: checkpoint("old") }],
      isRead: false
    }
    night(driftOf(1, [], { unmanaged }))
    assert.deepStrictEqual(isOpen(), [true])
    assert.match(body(), /^\| `ft:m:org:old:1` \| `proj_x`/m)
    night(driftOf(2, [], { log: { requestedAt: "2026-06-02T02:00:00.000Z", isComplete: false, failure: "403" } }))
    assert.deepStrictEqual([isOpen(), comments.length], [[true], 0])
    assert.match(body(), /Checkpoints in no policy are known only as far as the log was read/)
    night(driftOf(3, []))
    assert.deepStrictEqual([isOpen(), comments.length], [[false], 1])
  })

  it("lists the reviews that are due, and stays open until none is", () => {
    const { body, comments, isOpen, night } = hub()
    const due = [{ file: "b.yaml", checkpoints: 1, accesses: 4, since: "2026-05-30" }]
    for (const day of [1, 2]) {
      night(driftOf(day, [], { due }))
      assert.deepStrictEqual([isOpen(), comments.length], [[true], 0])
      assert.include(
        body(),
        "`checkpoint-permissions review -f b.yaml -f a.yaml`\n\n| file | checkpoints | accesses in the policy | due since |\n| --- | --- | --- | --- |\n| `b.yaml` | `1` | `4` | `2026-05-30` |"
      )
    }
    night(driftOf(3, [unwanted("a", "proj_x")], { due }))
    night(driftOf(4, [], { due: [...due, { checkpoints: 2, accesses: 1 }] }))
    assert.deepStrictEqual([isOpen(), comments.length], [[true], 2])
    night(driftOf(5, []))
    assert.deepStrictEqual([isOpen(), comments.length], [[false], 3])
  })

  it("is opened again by another list after a person closed it", () => {
    const { comments, isOpen, night, set } = hub()
    night(driftOf(1, [unwanted("a", "proj_x")]))
    set(closed)
    night(driftOf(2, [unwanted("a", "proj_x")]))
    // a night without a read changes nothing
    night(driftOf(3, [unread("a")]))
    night(driftOf(4, [unwanted("a", "proj_x")]))
    assert.deepStrictEqual([isOpen(), comments.length], [[false], 0])
    const both = [unwanted("a", "proj_x"), unwanted("b", "proj_x")]
    night(driftOf(5, both))
    assert.deepStrictEqual([isOpen(), comments.length], [[true], 1])
    set(closed)
    night(driftOf(6, []))
    assert.strictEqual(comments.length, 1)
    night(driftOf(7, both))
    assert.deepStrictEqual(isOpen(), [true])
  })

  it("is neither commented on nor opened again by a night without the audit log, whose list is the same", () => {
    const { body, comments, isOpen, night, set } = hub()
    const known = unwanted("a", "proj_x")
    const all = [known, unwanted("b", "proj_x", "eve@example.com", "unmanaged")]
    const asked = { unmanaged: { checkpoints: [], grants: [], isRead: true } }
    const failed = { requestedAt: "2026-06-06T02:00:00.000Z", isComplete: false, failure: "503" }
    const bad = { ...asked, log: failed, exitCode: 4 }
    night(driftOf(1, all, asked))
    for (const day of [2, 3]) night(driftOf(day, [known], bad))
    assert.notInclude(body(), "unmanaged")
    night(driftOf(4, all, asked))
    assert.deepStrictEqual([isOpen(), comments.length], [[true], 0])
    set(closed)
    night(driftOf(5, [known], bad))
    night(driftOf(6, all, asked))
    assert.deepStrictEqual([isOpen(), comments.length], [[false], 0])
    night(driftOf(7, [known, unwanted("a", "proj_y")], bad))
    assert.deepStrictEqual([isOpen(), comments.length], [[false], 0])
    night(driftOf(8, [known, unwanted("a", "proj_y")], asked))
    assert.deepStrictEqual([isOpen(), comments.length], [[true], 1])
  })

  it("is written again with all of its marker, also below a line of a person, and if the marker was edited", () => {
    const { body, comments, isOpen, issues, night, set } = hub()
    night(driftOf(1, [unwanted("a", "proj_x")]))
    set((issue) => ({ ...issue, body: `Ann looks at this.\r\n${issue.body?.replaceAll("\n", "\r\n")}` }))
    for (const day of [2, 3]) {
      night(driftOf(day, [unwanted("a", "proj_x", `user-${day}`)]))
      assert.match(body(), /^Ann looks at this\.\n<!-- checkpoint-permissions: drift .* -->\n### /)
      assert.include(body(), `user-${day}`)
    }
    assert.strictEqual(comments.length, 0)
    set((issue) => ({ ...issue, body: (issue.body ?? "").replace(/\w -->/, " -->") }))
    night(driftOf(3, [unwanted("a", "proj_x")]))
    assert.deepStrictEqual([isOpen(), comments.length], [[true], 1])
    const twice = [
      ...issues(),
      { number: 2, state: "open", body: body() },
      { number: 3, state: "closed", body: body() }
    ]
    assert.deepStrictEqual(
      changesOf(twice, driftOf(3, []), about).map((change) => [change.number, change.isOpen]),
      [[2, false]]
    )
  })

  it("fits with thousands of differences, and has their number", () => {
    const { body, comments, night } = hub()
    const rows = Array.from({ length: 5000 }, (_, n) => unwanted(`model-${n % 40}-${"m".repeat(200)}`, `proj_${n}`))
    night(driftOf(1, rows.slice(1)))
    night(driftOf(2, rows))
    for (const text of [body(), comments[0] ?? ""]) {
      assert.isAtMost(text.length, commentLimit)
      assert.include(text, "5000 differences at 40 checkpoints")
      assert.include(text, "From the [summary of the run](https://github.com/run)")
    }
  })

  it("ends no comment of its own, and gives no id a meaning", () => {
    const { body, comments, night } = hub()
    const evil = unwanted("--><b>@octocat</b>", "proj_`x`")
    night(driftOf(1, [evil]))
    night(driftOf(2, [evil, unwanted("a", "proj_```--> @octocat")]))
    const [marker = "", ...rest] = body().split("\n")
    assert.notInclude(marker.slice(0, -3), "-->")
    assert.notMatch(rest.join("\n").replaceAll(/(?<!`)(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, ""), /@octocat/)
    assert.strictEqual(comments.length, 1)
  })
})
