/** Mistakes that are planted in the library, each of which the simulation has to find: one for each file and oracle. */

/** A change of the library that makes it wrong. */
export interface Mistake {
  /** What the library does then. */
  readonly name: string
  /** What stands in the file, once, and by what it is replaced. */
  readonly changes: ReadonlyArray<readonly [find: string, replace: string]>
  /** A scenario that shows it. */
  readonly seed: number
  /** From `packages`. */
  readonly file: string
}

const within = (
  file: string,
  mistakes: ReadonlyArray<readonly [name: string, seed: number, ...Mistake["changes"]]>
): ReadonlyArray<Mistake> => mistakes.map(([name, seed, ...changes]) => ({ file, name, seed, changes }))

export const mistakes: ReadonlyArray<Mistake> = [
  ...within("protocol/src/listing.ts", [
    [
      "an empty page is taken for the end",
      61,
      ["if (!page.has_more) return", "if (!page.has_more || page.data.length === 0) return"]
    ]
  ]),
  ...within("protocol/src/internal/writes/snapshot.ts", [
    [
      "the youngest permission stays",
      61,
      ["compare(one.created_at, other.created_at) ||", "-compare(one.created_at, other.created_at) ||"]
    ]
  ]),
  ...within("protocol/src/internal/writes/snapshot.ts", [
    ["everything is read in ascending order", 925, ['order: "descending"', 'order: "ascending"']],
    ["permissions of other projects count too", 74, ["wanted?.has(project) ?? true", "true"]]
  ]),
  ...within("access/src/internal/plan/plan.ts", [
    [
      "a row is kept under the checkpoint that was read first",
      1,
      [
        "rows.set(checkpoint, { checkpoint, ...spanOf(outcome.right)",
        "rows.set(checkpoints[0] ?? checkpoint, { checkpoint, ...spanOf(outcome.right)"
      ]
    ]
  ]),
  ...within("access/src/internal/plan/derive.ts", [
    ["`at-least` revokes doubles too", 132, ['return wanted.mode === "exact" && isAsked', "return isAsked"]]
  ]),
  ...within("protocol/src/internal/failure/failures.ts", [
    [
      "a create that may have been executed is sent again",
      1,
      ["const didNothing = !mayHaveExecuted &&", "const didNothing = true || "]
    ]
  ]),
  ...within("protocol/src/internal/writes/create.ts", [
    [
      "a create counts as done for all if its reply names one",
      303,
      ["projects.every((project) => named.has(project))", "projects.some((project) => named.has(project))"]
    ]
  ]),
  ...within("protocol/src/internal/writes/create.ts", [
    [
      "a refusal means that nothing was done",
      37,
      ['verdict === "unknown" ?', 'verdict === "unknown" && !("failure" in reply && !reply.failure.mayHaveExecuted) ?']
    ]
  ]),
  ...within("protocol/src/internal/writes/delete.ts", [
    ["a 404 to a delete is believed", 57, [" && !(yield* calls.isListed(permission))", ""]]
  ]),
  ...within("protocol/src/internal/writes/duplicates.ts", [
    ["doubles are let be", 58, ["younger.length === 0 ? []", "younger.length >= 0 ? []"]],
    [
      "the one that should stay is deleted with the double",
      61,
      [
        "isReadSinceDelete = false",
        "for (const one of snapshot.permissions) if (one.project_id === project && !deleted.has(one.id)) yield* calls.delete(one, { maxWait: 60_000, urgent: false })\n      isReadSinceDelete = false"
      ]
    ]
  ]),
  ...within("protocol/src/internal/writes/grant.ts", [
    [
      "a create's full reply is believed, and not read back",
      18,
      [
        "if (created.granted.size === 0) break",
        "if (created.granted.size === 0 || requested.every((project) => answered.has(project))) break"
      ]
    ],
    ["a project that is left without any after its grant is let be", 543, ["...resolved.none, ", ""]],
    ["only the projects of one's own are read back", 18, ["readBack(calls, scope,", "readBack(calls, requested,"]]
  ]),
  ...within("protocol/src/internal/writes/grant.ts", [
    [
      "a grant does not read first",
      28,
      ["const missing = projects.filter((project) => !had(project))", "const missing = projects"]
    ]
  ]),
  ...within("protocol/src/internal/writes/delete.ts", [
    [
      "one permission of each project is revoked",
      10,
      ["    permissions.map(", "    [...had.values()].map(([first]) => first).map("]
    ],
    [
      "what had no permission counts as revoked",
      19,
      ["had.has(project) && !owners.has(project)", "!owners.has(project)"]
    ]
  ]),
  ...within("access/src/internal/checkpoint/state.ts", [
    [
      "two fibers of one service change a checkpoint at once",
      217,
      ["exclusion.semaphore.withPermits(1)(Effect.suspend(() => self(waited)))", "self(waited)"]
    ]
  ]),
  ...within("access/src/internal/apply/apply.ts", [
    [
      "a loaded plan is treated as a fresh one",
      112,
      ["snapshots?.token !== state.token || !snapshots.checkpoints.has(checkpoint) ||", ""]
    ]
  ]),
  ...within("access/src/internal/apply/apply.ts", [
    ["every checkpoint is treated as `exact`", 18, ['modes.get(checkpoint) ?? "exact"', '"exact"']]
  ]),
  ...within("access/src/internal/apply/checkpoint.ts", [
    [
      "a delete that failed counts as done",
      4,
      ['if (step._tag === "Failed" || step', 'if ((step._tag === "Failed" && step.action !== "revoke") || step']
    ],
    ["drift leaves the checkpoint complete", 11, [' || step._tag === "Drifted"', ""]],
    [
      "revokes follow a grant that failed",
      85,
      ["if (ensured === undefined) return false", "if (ensured === undefined) return true"]
    ],
    [
      "what was granted is not granted, but already there",
      18,
      ['alreadyDone("grant", before.granted)', 'alreadyDone("grant", plan.grants)']
    ]
  ]),
  ...within("access/src/internal/apply/reconcile.ts", [
    ["what is there already is granted", 1, ["!projects.has(project)),\n    granted", "true),\n    granted"]]
  ]),
  ...within("access/src/internal/apply/reconcile.ts", [
    ["a project that lost its permission is overlooked", 284, ["...missing.map(", "...[].map("]]
  ]),
  ...within("access/src/internal/checkpoint/writes.ts", [
    ["what somebody else revoked is claimed", 94, ["result = gone", 'result = { ...gone, outcome: "done" }']],
    [
      "a create may be interrupted before its result is written down",
      23,
      [
        '["create"] = (projects) =>\n    Effect.uninterruptibleMask(',
        '["create"] = (projects) =>\n    Effect.interruptibleMask('
      ]
    ]
  ]),
  ...within("access/src/internal/journal/file.ts", [
    ["a line is not brought to the disk for good", 18, ["Effect.zipRight(opened.sync),", ""]]
  ])
]
