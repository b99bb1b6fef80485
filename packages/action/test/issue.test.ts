import { Drift } from "@checkpoint-permissions/access"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { type Change, changesOf, type Issue, markerOf } from "../src/issue.ts"
import { commentLimit } from "../src/report.ts"

const about = { policy: ["b.yaml", "a.yaml"], runUrl: "https://github.com/run" }

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
    unmanaged: { checkpoints: [], isRead: false },
    names: {},
    ...more
  })
}

/** Makes the changes, as GitHub does, and keeps the comments. */
const hub = () => {
  let issues: ReadonlyArray<Issue> = []
  const comments: Array<string> = []
  const make = (change: Change) => {
    if (change._tag === "Open") {
      issues = [...issues, { number: issues.length + 1, isOpen: true, body: change.body }]
      return
    }
    const { body, comment, isOpen, number } = change
    if (comment !== undefined) comments.push(comment)
    issues = issues.map((one) => (one.number === number ? { number, body, isOpen } : one))
  }
  return {
    comments,
    night: (drift: Drift.Drift) => changesOf(issues, drift, about).forEach(make),
    issues: () => issues,
    body: () => issues.at(-1)?.body ?? "",
    set: (change: (issue: Issue) => Issue) => {
      issues = issues.map(change)
    }
  }
}

const closed = (issue: Issue): Issue => ({ ...issue, isOpen: false })

describe("the issue", () => {
  it("has a marker for each server, organization and set of policies", () => {
    const one = driftOf(1, [])
    const marker = markerOf(one, about)
    assert.strictEqual(markerOf(one, { ...about, policy: ["a.yaml", "b.yaml"] }), marker)
    const others = [
      markerOf(one, { ...about, policy: ["a.yaml"] }),
      markerOf({ ...one, organization: "org-a" }, about),
      markerOf({ ...one, apiUrl: "https://eu.api.openai.com/v1" }, about)
    ]
    assert.strictEqual(new Set([marker, ...others]).size, 4)
    assert.notInclude(markerOf(one, { ...about, policy: ["--> x"] }).slice(0, -3), "-->")
  })

  it("is opened by a difference, commented on when the list changes, and closed by exit 0 alone", () => {
    const { body, comments, issues, night } = hub()
    night(driftOf(1, []))
    night(driftOf(2, [unread("a")]))
    assert.deepStrictEqual(issues(), [])
    night(driftOf(3, [unwanted("a", "proj_x")]))
    // another actor, another night: the list is the same
    night(driftOf(4, [unwanted("a", "proj_x", "mallory@example.com")]))
    assert.deepStrictEqual(comments, [])
    assert.include(body(), "mallory@example.com")
    assert.isTrue(body().startsWith(markerOf(driftOf(4, []), about)))
    night(driftOf(5, [unwanted("a", "proj_y")]))
    assert.strictEqual(comments.length, 1)
    assert.match(comments[0] ?? "", /New, 1 difference:\n\n```text\nnot in the policy {2}ft:m:org:a:1 {2}proj_y/)
    assert.match(
      comments[0] ?? "",
      /No longer there, 1 difference:\n\n```text\nnot in the policy {2}ft:m:org:a:1 {2}proj_x/
    )
    night(driftOf(6, [unread("a")]))
    assert.isTrue(issues()[0]?.isOpen)
    night(driftOf(7, []))
    assert.deepStrictEqual([issues().length, issues()[0]?.isOpen, comments.length], [1, false, 2])
    assert.include(comments[1] ?? "", "### Access drift: no difference")
    night(driftOf(8, []))
    assert.strictEqual(comments.length, 2)
  })

  it("is reopened after a person closed it when its list changes, also after a night without differences", () => {
    const { comments, issues, night, set } = hub()
    night(driftOf(1, [unwanted("a", "proj_x")]))
    set(closed)
    night(driftOf(2, [unwanted("a", "proj_x")]))
    assert.deepStrictEqual([issues()[0]?.isOpen, comments.length], [false, 0])
    night(driftOf(3, [unwanted("a", "proj_x"), unwanted("b", "proj_x")]))
    assert.deepStrictEqual([issues()[0]?.isOpen, comments.length], [true, 1])
    set(closed)
    night(driftOf(4, []))
    assert.strictEqual(comments.length, 1)
    night(driftOf(5, [unwanted("a", "proj_x"), unwanted("b", "proj_x")]))
    assert.isTrue(issues()[0]?.isOpen)
  })

  it("keeps differences of unread checkpoints, with the day of their last reading", () => {
    const { body, comments, night } = hub()
    night(driftOf(1, [unwanted("a", "proj_x"), unwanted("b", "proj_y")]))
    for (const day of [2, 3]) {
      night(driftOf(day, [unread("a"), unwanted("b", "proj_y")]))
      assert.match(body(), /^not in the policy {2}ft:m:org:a:1 {2}proj_x {2}cp_proj_x {2}not read since 2026-06-01$/m)
      assert.notMatch(body(), /proj_y.*not read since/)
    }
    // a listing that was cut short
    night(driftOf(3, [unread("a"), unwanted("a", "proj_x"), unwanted("b", "proj_y")]))
    assert.notInclude(body(), "not read since")
    assert.deepStrictEqual(comments, [])
    night(driftOf(4, [unwanted("b", "proj_y")]))
    assert.notInclude(body(), "proj_x")
    assert.match(comments[0] ?? "", /No longer there, 1 difference/)
    // unmanaged checkpoints are found by the log
    const unmanaged = { unmanaged: { checkpoints: [], isRead: true } }
    night(driftOf(5, [unwanted("c", "proj_z", "eve", "unmanaged")], unmanaged))
    const noLog = { log: { requestedAt: "2026-06-06T02:00:00.000Z", isComplete: false, failure: "403" }, exitCode: 4 }
    night(driftOf(6, [], { ...unmanaged, ...noLog }))
    assert.match(body(), /^unmanaged {2}ft:m:org:c:1 .*not read since 2026-06-05$/m)
  })

  it("keeps the permissions of a removed entry each night until the log shows their revoke", () => {
    const missing = { kind: "in the policy, no access", checkpoint: checkpoint("a"), project: "proj_y" }
    const { body, comments, issues, night } = hub()
    night(driftOf(1, [unwanted("a", "proj_x"), missing]))
    const removed = { checkpoints: 299, unmanaged: { checkpoints: [checkpoint("a")], isRead: false } }
    for (const day of [2, 3]) {
      night(driftOf(day, [], removed))
      assert.isTrue(issues()[0]?.isOpen)
      assert.match(body(), /^1 difference of earlier nights, at checkpoints that were not read:$/m)
      assert.match(body(), /^not in the policy {2}ft:m:org:a:1 {2}proj_x {2}cp_proj_x {2}not read since 2026-06-01$/m)
    }
    // without a permission, nothing remains of the entry
    assert.strictEqual(comments.length, 1)
    assert.match(comments[0] ?? "", /No longer there, 1 difference:\n\n```text\nin the policy, no access/)
    night(driftOf(4, [], { checkpoints: 299 }))
    assert.isFalse(issues()[0]?.isOpen)
  })

  it("is closed with all of its marker, and detects an edited list", () => {
    const { body, comments, issues, night, set } = hub()
    night(driftOf(1, [unwanted("a", "proj_x")]))
    set((issue) => ({
      ...issue,
      body: issue.body.replace("checkpoint-permissions: list {", "checkpoint-permissions: list [")
    }))
    night(driftOf(2, [unwanted("a", "proj_x")]))
    assert.match(comments[0] ?? "", /1 difference now. The earlier list was not kept/)
    const twice = [...issues(), { number: 2, isOpen: true, body: body() }]
    const changes = changesOf(twice, driftOf(3, []), about)
    assert.deepStrictEqual(
      changes.map((change) => change._tag === "Update" && [change.number, change.isOpen]),
      [
        [1, false],
        [2, false]
      ]
    )
  })

  it("fits with thousands of differences: digests keep the list, and counts are never cut", () => {
    for (const [count, isKept] of [
      [100, true],
      [2000, true],
      [5000, false]
    ] as const) {
      const { body, comments, night } = hub()
      const rows = Array.from({ length: count }, (_, n) => unwanted(`model-${n % 40}`, `proj_${n}`))
      night(driftOf(1, rows))
      assert.isAtMost(body().length, commentLimit)
      assert.include(body(), `${count} differences at 40 checkpoints`)
      night(driftOf(2, [...rows].reverse()))
      assert.deepStrictEqual(comments, [])
      night(driftOf(3, [unread("model-0"), ...rows.filter((row) => row.checkpoint !== checkpoint("model-0"))]))
      assert.isAtMost(body().length, commentLimit)
      assert.strictEqual(body().includes("not read since 2026-06-02"), isKept, String(count))
      assert.strictEqual(body().includes("a difference  ft:m:org:model-0:1  not read since"), count === 2000)
      assert.strictEqual(comments.length, isKept ? 0 : 1)
      for (const text of comments) assert.isAtMost(text.length, commentLimit)
    }
  })

  it("ends no comment of its own, and gives no id a meaning", () => {
    const { body, comments, night } = hub()
    const evil = unwanted("--><b>@octocat</b>", "proj_`x`")
    night(driftOf(1, [evil]))
    night(driftOf(2, [evil, unwanted("a", "proj_```--> @octocat")]))
    const [, , ...rest] = body().split("\n")
    assert.isFalse(
      body()
        .split("\n")
        .slice(0, 2)
        .some((line) => line.slice(0, -3).includes("-->"))
    )
    assert.notMatch(rest.join("\n").replaceAll(/(?<!`)(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, ""), /@octocat/)
    assert.strictEqual(comments.length, 1)
  })
})
