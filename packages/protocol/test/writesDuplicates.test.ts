import fc from "fast-check"
import { assert, describe, it } from "vitest"
import * as writes from "../src/writes.ts"

const one = (id: string, created_at: number, project_id = "a"): writes.PermissionFields => ({
  id,
  created_at,
  project_id
})

describe("oldestFirst", () => {
  it("orders by created_at, then by id", () => {
    assert.strictEqual(writes.oldestFirst(one("b", 1), one("a", 2)), -1)
    assert.strictEqual(writes.oldestFirst(one("a", 2), one("b", 1)), 1)
    assert.strictEqual(writes.oldestFirst(one("a", 1), one("b", 1)), -1)
    assert.strictEqual(writes.oldestFirst(one("b", 1), one("a", 1)), 1)
    assert.strictEqual(writes.oldestFirst(one("a", 1), one("a", 1)), 0)
    // not in the order of a language
    assert.strictEqual(writes.oldestFirst(one("Z", 1), one("a", 1)), -1)
  })
})

describe("byProject", () => {
  it("has the permissions of each project, the oldest first", () => {
    const all = [one("c", 3), one("x", 1, "b"), one("b", 2), one("a", 2), one("c", 3)]
    assert.deepStrictEqual(
      [...writes.byProject(all)],
      [
        ["a", [one("a", 2), one("b", 2), one("c", 3)]],
        ["b", [one("x", 1, "b")]]
      ]
    )
  })
})

describe("duplicates", () => {
  /** Pages of permissions such as `a1`, an id and when it was made, or `x1:b` of another project. */
  const snapshotOf = (pages: string) => {
    const all = pages
      .split("|")
      .map((page) => (page.match(/\S+/g) ?? []).map((text) => one(text[0] ?? "", Number(text[1]), text.split(":")[1])))
    return writes.snapshotOf(all, { readFrom: 0, readAt: 0 })
  }
  it.each<readonly [what: string, now: string, before: string | undefined, gone: string, read: string]>([
    ["the oldest stays, others that were seen no later go", "c3 x1:b | b2 a1", undefined, "b c", ""],
    ["nothing goes whose oldest was seen before a younger one", "a1 x1:b | b2 y1:c", undefined, "", "a"],
    ["what was made before something seen no later than the oldest goes", "z3:z a2 | b2 x1:x", undefined, "b", ""],
    ["not if that was seen later", "a2 | z3:z | b2", undefined, "", "a"],
    // Between the pages another actor revokes the project, and grants it again.
    ["nothing of the newest second goes", "y2:y a2 | b2 x1:x", undefined, "", "a"],
    ["the page counts on which a permission was seen last", "a1 | b2 | a1", undefined, "b", ""],
    ["also of a younger one", "b2 | a1 | b2", undefined, "", "a"],
    ["what was seen before goes once the oldest is still listed", "a1 | c3", "a1 | b2", "b", ""],
    ["without its oldest, the new snapshot alone is judged", "c3 b2", "a1 | b2 | c3", "c", ""],
    ["and read again", "b2 | c3", "a1 | b2 | c3", "", "a"],
    ["and may be empty", "", "a1 | b2 | c3", "", ""]
  ])("%s", (_, now, before, ...expected) => {
    const { toDelete, toRead } = writes.duplicates(snapshotOf(now), before === undefined ? before : snapshotOf(before))
    assert.deepStrictEqual([toDelete.map(({ id }) => id).join(" "), toRead.join(" ")], expected)
  })

  /** A permission that others make and delete, at a time of its own each. */
  const life = fc.record({
    project_id: fc.constantFrom("a", "b"),
    /** The page from which on it is there, of all pages that are read. */
    from: fc.nat(8),
    pages: fc.integer({ min: 1, max: 9 }),
    /** Which page of a reading lists it. */
    at: fc.nat(2)
  })

  it("never deletes the only permission of a project, whatever others do meanwhile", () => {
    fc.assert(
      fc.property(fc.array(life, { maxLength: 8 }), (lives) => {
        const all = lives.map((one, n) => ({
          ...one,
          id: `cp_${n}`,
          // Two pages are read a second.
          created_at: Math.floor(one.from / 2),
          until: one.from + one.pages
        }))
        const isThere = ({ from, until }: (typeof all)[number], time: number) => from <= time && time < until
        let before: writes.CheckpointSnapshot<(typeof all)[number]> | undefined
        let open: ReadonlyArray<string> = ["a", "b"]
        let time = 0
        while (open.length > 0) {
          assert.isAtMost(time, 30, "endless")
          const pages = [0, 1, 2].map((at) => {
            const now = time + at
            return all.filter((one) => one.at === at && open.includes(one.project_id) && isThere(one, now))
          })
          time += 3
          const now = writes.snapshotOf(pages, { readFrom: 0, readAt: 0 })
          const { toDelete, toRead } = writes.duplicates(now, before)
          for (const doomed of toDelete) {
            const stays = now.projects.get(doomed.project_id)?.find((one) => !toDelete.includes(one))
            assert(!toRead.includes(doomed.project_id) && stays !== undefined && stays.id !== doomed.id)
            // the one that stays was still there when the other was made: it was not made in its place
            assert.isAbove(stays.until, doomed.from)
            assert.isAtMost(writes.oldestFirst(stays, doomed), -1)
          }
          assert.includeMembers([...now.projects.keys()], [...toRead])
          before = now
          open = toRead
        }
      }),
      { numRuns: Number(process.env["RUNS"] ?? 1000) }
    )
  })
})
