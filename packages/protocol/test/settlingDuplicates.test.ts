import fc from "fast-check"
import { assert, describe, it } from "vitest"
import * as settling from "../src/settling.ts"

const one = (id: string, created_at: number, project_id = "a"): settling.Granted => ({ id, created_at, project_id })

const permission = fc.record({
  id: fc.integer({ min: 0, max: 9 }).map((n) => `cp_${n}`),
  created_at: fc.integer({ min: 0, max: 3 }),
  project_id: fc.constantFrom("a", "b", "c")
})
const permissions = fc.uniqueArray(permission, { selector: ({ id }) => id, maxLength: 10 })

describe("oldestFirst", () => {
  it("orders by created_at, then by id", () => {
    assert.strictEqual(settling.oldestFirst(one("b", 1), one("a", 2)), -1)
    assert.strictEqual(settling.oldestFirst(one("a", 2), one("b", 1)), 1)
    assert.strictEqual(settling.oldestFirst(one("a", 1), one("b", 1)), -1)
    assert.strictEqual(settling.oldestFirst(one("b", 1), one("a", 1)), 1)
    assert.strictEqual(settling.oldestFirst(one("a", 1), one("a", 1)), 0)
    // not in the order of a language
    assert.strictEqual(settling.oldestFirst(one("Z", 1), one("a", 1)), -1)
  })
})

describe("byProject", () => {
  it("has the permissions of each project, the oldest first", () => {
    const all = [one("c", 3), one("x", 1, "b"), one("b", 2), one("a", 2), one("c", 3)]
    assert.deepStrictEqual(
      [...settling.byProject(all)],
      [
        ["a", [one("a", 2), one("b", 2), one("c", 3)]],
        ["b", [one("x", 1, "b")]]
      ]
    )
  })

  it("chooses the same permission for everybody who looks", () => {
    fc.assert(
      fc.property(
        permissions.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }), fc.subarray(all))
        ),
        ([all, shuffled, twice]) => {
          const mine = settling.byProject(all)
          const theirs = settling.byProject([...shuffled, ...twice])
          assert.deepStrictEqual(new Map(theirs), new Map(mine))
          const held = [...mine.values()].flat()
          assert.strictEqual(held.length, all.length)
          for (const [project, same] of mine) {
            assert.isTrue(same.every((other) => settling.oldestFirst(same[0], other) <= 0))
            assert.isTrue(same.every(({ project_id }) => project_id === project))
          }
        }
      )
    )
  })
})

describe("duplicates", () => {
  const reading = (...pages: ReadonlyArray<ReadonlyArray<settling.Granted>>) => settling.readingOf(pages, 0)
  const shown = ({ kept, toDelete, toRead }: settling.Duplicates<settling.Granted>) => ({
    kept: [...kept].map(([project, { id }]) => [project, id]),
    toDelete: toDelete.map(({ id }) => id),
    toRead
  })

  it("keeps the oldest of each project and deletes the others that were seen no later", () => {
    const all = reading([one("c", 3), one("x", 1, "b")], [one("b", 2), one("a", 1)])
    assert.deepStrictEqual(shown(settling.duplicates(all)), {
      kept: [
        ["a", "a"],
        ["b", "x"]
      ],
      toDelete: ["b", "c"],
      toRead: []
    })
  })

  it("deletes nothing of a project whose oldest was seen before a younger one", () => {
    const all = reading([one("a", 1), one("x", 1, "b")], [one("b", 2), one("y", 1, "c")])
    assert.deepStrictEqual(shown(settling.duplicates(all)), {
      kept: [
        ["b", "x"],
        ["c", "y"]
      ],
      toDelete: [],
      toRead: ["a"]
    })
  })

  it("deletes what was made before something that was seen no later than the oldest", () => {
    const all = reading([one("z", 3, "z"), one("a", 2)], [one("b", 2), one("x", 1, "x")])
    assert.deepStrictEqual(shown(settling.duplicates(all)).toDelete, ["b"])
    const seenLater = reading([one("a", 2)], [one("z", 3, "z")], [one("b", 2)])
    assert.deepStrictEqual(shown(settling.duplicates(seenLater)).toRead, ["a"])
  })

  it("deletes nothing of the newest second, in which the oldest may have been seen, deleted and replaced", () => {
    const firstPage = [one("y", 2, "y"), one("a", 2)]
    // Now somebody revokes the project, and somebody grants it again.
    const secondPage = [one("b", 2), one("x", 1, "x")]
    assert.deepStrictEqual(shown(settling.duplicates(reading(firstPage, secondPage))), {
      kept: [
        ["y", "y"],
        ["x", "x"]
      ],
      toDelete: [],
      toRead: ["a"]
    })
  })

  it("goes by the page on which a permission was seen last", () => {
    const all = reading([one("a", 1)], [one("b", 2)], [one("a", 1)])
    assert.deepStrictEqual(shown(settling.duplicates(all)).toDelete, ["b"])
    const other = reading([one("b", 2)], [one("a", 1)], [one("b", 2)])
    assert.deepStrictEqual(shown(settling.duplicates(other)).toRead, ["a"])
  })

  it("of a project that was read again, deletes what was seen before once the oldest is still listed", () => {
    const before = reading([one("a", 1)], [one("b", 2)])
    const now = reading([one("a", 1)], [one("c", 3)])
    assert.deepStrictEqual(shown(settling.duplicates(now, before)), {
      kept: [["a", "a"]],
      toDelete: ["b"],
      toRead: []
    })
  })

  it("of a project that was read again without its oldest, judges the new reading alone", () => {
    const before = reading([one("a", 1)], [one("b", 2)], [one("c", 3)])
    assert.deepStrictEqual(shown(settling.duplicates(reading([one("c", 3), one("b", 2)]), before)), {
      kept: [["a", "b"]],
      toDelete: ["c"],
      toRead: []
    })
    assert.deepStrictEqual(shown(settling.duplicates(reading([one("b", 2)], [one("c", 3)]), before)), {
      kept: [],
      toDelete: [],
      toRead: ["a"]
    })
    assert.deepStrictEqual(shown(settling.duplicates(reading([]), before)), { kept: [], toDelete: [], toRead: [] })
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
        let before: settling.Reading<(typeof all)[number]> | undefined
        let open: ReadonlyArray<string> = ["a", "b"]
        let time = 0
        while (open.length > 0) {
          assert.isAtMost(time, 30, "endless")
          const pages = [0, 1, 2].map((at) => {
            const now = time + at
            return all.filter((one) => one.at === at && open.includes(one.project_id) && isThere(one, now))
          })
          time += 3
          const now = settling.readingOf(pages, 0)
          const { kept, toDelete, toRead } = settling.duplicates(now, before)
          for (const doomed of toDelete) {
            const stays = kept.get(doomed.project_id)
            assert(stays !== undefined && stays.id !== doomed.id)
            // the one that stays was still there when the other was made: it was not made in its place
            assert.isAbove(stays.until, doomed.from)
            assert.isAtMost(settling.oldestFirst(stays, doomed), -1)
          }
          for (const project of toRead) assert.isFalse(kept.has(project))
          assert.sameMembers([...kept.keys(), ...toRead], [...now.projects.keys()])
          before = now
          open = toRead
        }
      }),
      { numRuns: Number(process.env["RUNS"] ?? 1000) }
    )
  })
})
