import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, DateTime, Effect, Either, FastCheck as fc } from "effect"
import { AccessMatrix, AccessPolicy, AccessReview } from "../src/index.ts"
import { held, matrix } from "./support/audit.ts"

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10)
const day = fc.integer({ min: 0, max: 40_000 }).map((days) => dayOf(days * 86_400_000))

const settings = { lastReview: day, reviewEvery: fc.integer({ min: 1, max: 9999 }).map((days) => `${days}d`) }

const policyFile = fc.record(
  {
    ...settings,
    version: fc.constant(1 as const),
    checkpoints: fc.dictionary(
      fc.constantFrom("a", "b", "c"),
      fc.record({ ...settings, projects: fc.constant([]) }, { requiredKeys: ["projects"] })
    )
  },
  { requiredKeys: ["version", "checkpoints"] }
)

/** Returns true if an entry is due on a day: by counting days, one at a time of the calendar. */
const oracle = (reviewEvery: string | undefined, lastReview: string | undefined, today: string): boolean => {
  if (reviewEvery === undefined) return false
  if (lastReview === undefined || lastReview > today) return true
  const [year = 0, month = 0, date = 0] = lastReview.split("-").map(Number)
  return dayOf(Date.UTC(year, month - 1, date + Number(reviewEvery.replace("d", "")))) <= today
}

describe("reviews", () => {
  it("are due as an oracle says, for random files and days: an entry's own settings, then those of its file", () => {
    fc.assert(
      fc.property(policyFile, policyFile, day, (one, other, today) => {
        const files = Arr.map(Arr.make(one, other), ({ checkpoints, ...file }, n) => {
          const entries = Object.entries(checkpoints).map(([id, entry]) => [`ft:${n}${id}`, entry] as const)
          return { file, entries, text: JSON.stringify({ ...file, checkpoints: Object.fromEntries(entries) }) }
        })
        const merged = Effect.runSync(AccessPolicy.merge(Arr.map(files, ({ text }) => ({ text }))))
        const entries = Either.getOrThrow(AccessReview.entries(merged, today))
        const due = entries.flatMap(({ checkpoint, isDue }): ReadonlyArray<string> => (isDue ? [checkpoint] : []))
        const expected = files.flatMap(({ entries, file }) =>
          entries.flatMap(([id, { lastReview = file.lastReview, reviewEvery = file.reviewEvery }]) =>
            oracle(reviewEvery, lastReview, today) ? [id] : []
          )
        )
        assert.deepStrictEqual(due.toSorted(), expected.toSorted())
      }),
      { numRuns: 500 }
    )
  })

  it("are sorted: never or not yet reviewed, then the most overdue, with the projects of the day", () => {
    const made = Effect.runSync(
      AccessPolicy.make({
        version: 1,
        reviewEvery: "90d",
        groups: { team: ["proj_t", "proj_u"] },
        checkpoints: {
          "ft:late": { lastReview: "2026-11-30", projects: ["@team", { project: "proj_x", until: "2027-02-28" }] },
          "ft:overdue": { lastReview: "2024-02-29", projects: ["@team", { project: "proj_x", until: "2027-02-27" }] },
          "ft:future": { lastReview: "2027-03-01", projects: [] },
          "ft:never": { owner: "proj_o", projects: [] }
        }
      })
    )
    const shown = (day: string) =>
      Either.getOrThrow(AccessReview.entries(made, day)).map(({ access, checkpoint, dueSince, isDue }) =>
        [checkpoint, dueSince ?? "-", isDue, access.size].join(" ")
      )
    assert.deepStrictEqual(shown("2027-02-28"), [
      "ft:future - true 0",
      "ft:never - true 0",
      "ft:overdue 2024-05-29 true 2",
      "ft:late 2027-02-28 true 3"
    ])
    assert.include(shown("2027-02-27"), "ft:late 2027-02-28 false 3")
  })

  it("of a future day are named with file, line and column", () => {
    const text = `version: 1
lastReview: 2027-02-28
checkpoints: { "ft:a": { lastReview: 2027-03-01, projects: [] } }
`
    const future = (today: string) =>
      AccessReview.futureReviews([{ file: "p.yaml", text }], today).map(AccessPolicy.describe)
    const own =
      'p.yaml:3:38: checkpoints["ft:a"].lastReview: lastReview 2027-03-01 is after today, 2027-02-28: it does not count, so the entry is due'
    assert.deepStrictEqual(future("2027-02-28"), [own])
    assert.deepStrictEqual(future("2027-02-27"), [
      "p.yaml:2:13: lastReview: lastReview 2027-02-28 is after today, 2027-02-27: it does not count, so every entry without its own is due",
      own.replace("today, 2027-02-28", "today, 2027-02-27")
    ])
    assert.deepStrictEqual(future("2027-03-01"), [])
  })
})

describe("the review of a matrix", () => {
  const entry = { projects: ["proj_a", "proj_gone", { project: "proj_end", until: "2026-07-31", reason: "pilot" }] }
  const policy = Effect.runSync(
    AccessPolicy.make({
      version: 1,
      reviewEvery: "90d",
      checkpoints: {
        "ft:a": { owner: "proj_own", lastReview: "2024-07-24", ...entry },
        "ft:b": { projects: [] },
        "ft:c": { owner: "proj_own", lastReview: "2024-07-24", ...entry }
      }
    })
  )
  const read = matrix([
    { checkpoint: "ft:a", access: held("proj_a 0", "proj_end 0", "proj_own 0", "proj_new 1", "proj_new 2") },
    { checkpoint: "ft:b" },
    { checkpoint: "ft:c", unknown: "the server failed", access: held("proj_x 0") }
  ])
  const listed = Either.getOrThrow(AccessReview.entries(policy, "2026-08-01"))
  const days = { day: "2026-08-01", dueBy: "2026-08-01", entries: 3 }
  const logged = {
    ...read,
    logSince: DateTime.unsafeMake("2024-07-23"),
    rows: read.rows.map((row) => (row.checkpoint === "ft:b" ? { ...row, notInLog: true as const } : row))
  }
  const review = AccessReview.make(logged, { listed, ...days })
  const marksAt = (checkpoint: string) =>
    review.rows.flatMap((row) =>
      row.checkpoint === checkpoint
        ? (row.review?.projects ?? []).map(({ marks, project }) => [project, ...marks].join(": "))
        : []
    )

  it("marks what only the server or only the policy has, and what is not older than the last review", () => {
    assert.deepStrictEqual(marksAt("ft:a"), [
      "proj_a",
      "proj_end: ended",
      "proj_own",
      "proj_new: not in the policy: granted since the last review",
      "proj_gone: in the policy, no access"
    ])
    // a permission that was not read is not missing
    assert.deepStrictEqual(marksAt("ft:c"), ["proj_x: not in the policy", "proj_a", "proj_gone"])
  })

  it("marks access outside of an entry that revokes nothing, and every permission if the last review is to come", () => {
    const marks = (lastReview: string) => {
      const checkpoints = { "ft:a": { lastReview, mode: "at-least" as const, projects: ["proj_a"] } }
      const of = Effect.runSync(AccessPolicy.make({ version: 1, checkpoints }))
      const made = AccessReview.make(read, { listed: Either.getOrThrow(AccessReview.entries(of, days.day)), ...days })
      return made.rows[0]?.review?.projects.map(({ marks }) => marks)
    }
    const other = "not in the policy (mode: at-least)"
    assert.deepStrictEqual(marks("2026-07-31"), [[], [other], [other], [other]])
    const young = "granted since the last review"
    assert.deepStrictEqual(marks("2026-08-02"), [[young], [other, young], [other, young], [other, young]])
  })

  it("ends a file with the day that records its review, only if every entry of the day was listed and read", () => {
    const files = (own: string) =>
      Arr.make(
        {
          file: "a.yaml",
          text: `version: 1
reviewEvery: 90d
checkpoints:
  "ft:a": { owner: proj_own, projects: [proj_a] }
  "ft:b": { projects: [] }
  "ft:d":
    lastReview: 2024-01-31
    projects: []
`
        },
        { file: "c.yaml", text: `version: 1\nreviewEvery: 1d\ncheckpoints:\n  "ft:c": { ${own}projects: [proj_x] }\n` }
      )
    const read = (unknown?: string) =>
      matrix([
        { checkpoint: "ft:a", access: held("proj_x 0") },
        { checkpoint: "ft:b", ...(unknown === undefined ? {} : { unknown }) },
        { checkpoint: "ft:c", access: held("proj_x 0") },
        { checkpoint: "ft:d" }
      ])
    const lines = (
      sources: Arr.NonEmptyReadonlyArray<AccessPolicy.Source>,
      read: AccessMatrix.AccessMatrix,
      isListed: (review: AccessReview.Review) => boolean = () => true
    ) => {
      const policy = Effect.runSync(AccessPolicy.merge(sources))
      const listed = Either.getOrThrow(AccessReview.entries(policy, "2026-08-01")).filter(isListed)
      const made = AccessReview.make(read, { sources, listed, ...days })
      const text = AccessMatrix.toText(made)
      const shown = text.split("\n").filter((line) => /^(a|c)\.yaml:|record|decide/.test(line))
      for (const line of shown.filter((one) => !one.includes(".yaml: ")))
        assert.include(AccessMatrix.toMarkdown(made), line)
      return shown
    }
    const own = "To record the review of ft:d: its own lastReview, a.yaml:7"
    const differ = "1 of them differs: decide first: ft:a"
    assert.deepStrictEqual(lines(files(""), read()), [
      ...["a.yaml: proj_own", "a.yaml: no owner", differ, own],
      "To record this review: `lastReview: 2026-08-01` in a.yaml (2 entries)",
      "c.yaml: no owner",
      "To record this review: `lastReview: 2026-08-01` in c.yaml (1 entry)"
    ])
    const cannot = "The day of a.yaml cannot record this review: 1 of its 2 entries not listed or not read"
    assert.include(lines(files(""), read("the server failed")), cannot)
    assert.include(
      lines(files(""), read(), ({ checkpoint }) => checkpoint !== "ft:b"),
      cannot
    )
    assert.deepStrictEqual(
      lines(files("lastReview: 2024-01-31, "), read(), ({ checkpoint }) => checkpoint === "ft:c"),
      ["c.yaml: no owner", "To record the review of ft:c: its own lastReview, c.yaml:4"]
    )
  })

  it("has the entries of an owner together, and is read back from its file", async () => {
    assert.deepStrictEqual(
      review.rows.map(({ checkpoint, owner }) => `${checkpoint} ${owner}`),
      ["ft:b undefined", "ft:a proj_own", "ft:c proj_own"]
    )
    assert.deepStrictEqual(await Effect.runPromise(AccessMatrix.fromJson(AccessMatrix.toJson(review))), review)
  })

  // comparing each project with all others takes longer
  it("of 50,000 projects at a checkpoint ends before the time limit of a test", () => {
    const access = held(...Array.from({ length: 50_000 }, (_, index) => `proj_${index} 0`))
    const big = AccessReview.make(matrix([{ checkpoint: "ft:b", access }]), { listed, ...days })
    assert.lengthOf(big.rows[0]?.review?.projects ?? [], 50_000)
  })

  it("shows the same entries, marks and summary in each form", async () => {
    const review = AccessReview.make(logged, { listed, ...days })
    const lines = [AccessMatrix.toCsv(review), AccessMatrix.toLines(review)]
    const html = await Effect.runPromise(AccessMatrix.toHtml(review))
    const page = html.replace(/<noscript>.*/, "")
    const sentence = "3 due on 2026-08-01, 3 of 3 checkpoints listed."
    for (const text of [...lines, AccessMatrix.toText(review), AccessMatrix.toMarkdown(review), page]) {
      for (const { checkpoint, review: { projects = [] } = {} } of review.rows) {
        assert.include(text, checkpoint)
        for (const { marks } of projects) for (const mark of marks) assert.include(text, mark)
      }
      if (!lines.includes(text)) assert.include(text, sentence)
      assert.include(text, "not named in the audit log since 2024-07-23")
      for (const shown of ["2026-07-31", "pilot", "2024-10-22", "the server failed"]) assert.include(text, shown)
    }
  })
})
