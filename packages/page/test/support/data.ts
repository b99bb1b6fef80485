/** Audits for the page. */
import type { PageCheckpoint, PageData } from "../../src/model/data.ts"

/** 2024-07-23T20:01:07Z and so many days later. */
export const day = (days: number): number => 1_721_764_867 + days * 86_400

/** 2026-08-01T12:00:00Z */
export const createdAt = 1_785_585_600

export const data = (
  projects: PageData["projects"],
  checkpoints: ReadonlyArray<PageCheckpoint>,
  others: Partial<PageData> = {}
): PageData => ({ apiUrl: "https://api.openai.com/v1", createdAt, projects, checkpoints, ...others })

/** Every kind of cell, a checkpoint that was read in part and one not at all, names, an owner, a doubled permission. */
export const small = data(
  [
    ["proj_own", "Platform"],
    ["proj_b", ""],
    ["proj_c", ""],
    ["proj_a", "Search quality"]
  ],
  [
    {
      id: "ft:weather-2",
      readAt: createdAt - 120,
      owner: 0,
      permissions: [
        [3, day(0), "cp_0"],
        [1, day(40), "cp_1"],
        [1, day(41), "cp_2"]
      ]
    },
    { id: "ft:legal", readAt: createdAt - 60, error: "the server failed", permissions: [[3, day(3), "cp_3"]] },
    { id: "ft:weather-10", readAt: createdAt - 86_400, permissions: [[2, day(90), "cp_4"]] },
    { id: "ft:old", permissions: [] }
  ],
  { organization: "org-acme" }
)

/** An audit with what an inventory knows. */
export const known = data(
  [
    ["proj_own", "Platform"],
    ["proj_a", "Search"]
  ],
  [
    {
      id: "ft:known",
      readAt: createdAt - 86_000,
      owner: 0,
      retires: "2027-01-31",
      permissions: [
        [1, day(0), "cp_0", "ana@example.com"],
        [1, day(1), "cp_1", "key_ci"]
      ]
    },
    { id: "ft:read", readAt: createdAt, permissions: [[1, day(2), "cp_2"]] }
  ]
)

/** A review: groups by owner, in order, with notes on projects with and without access. */
export const reviewed = data(
  [
    ["proj_b", "Fraud"],
    ["proj_own", "Platform"],
    ["proj_a", "Search"]
  ],
  [
    {
      id: "ft:z",
      group: "proj_own  Platform",
      note: "due since 2024-10-01, last review 2024-07-03",
      owner: 1,
      permissions: [[2, day(0), "cp_0", "ana@example.com"]],
      notes: [
        [0, "until 2027-01-31 (pilot)  ! in the policy, no access"],
        [2, "! not in the policy  ! granted since the last review"]
      ]
    },
    { id: "ft:b", group: "proj_own  Platform", note: "due on 2027-01-01", owner: 1, permissions: [] },
    { id: "ft:c", group: "no owner", note: "due, never reviewed", permissions: [], notes: [[0, "! ended"]] },
    { id: "ft:a", group: "no owner", note: "due, never reviewed", error: "the server failed", permissions: [] }
  ],
  { review: ["3 due on 2026-08-01, 4 of 7 checkpoints listed.", "1 ended; 1 not in the policy."] }
)

/** So many checkpoints and projects, about four of ten cells with access, a checkpoint in eleven incomplete. */
export const large = (checkpoints: number, projects: number): PageData =>
  data(
    Array.from({ length: projects }, (_, p) => [
      `proj_iqGMw1llN8IrBb6SvvY5A${p}`,
      `${["Search", "Ads", "Support", "Research"][p % 4]} ${["quality", "ranking", "bots"][p % 3]} ${p}`
    ]),
    Array.from({ length: checkpoints }, (_, c) => ({
      id: `ft:gpt-4o-mini-2024-07-18:acme:${["weather", "legal", "support", "search"][c % 4]}-${c}:B7R9V${c}`,
      readAt: createdAt - (checkpoints - c) * 6,
      ...(c % 9 === 0 ? { owner: c % projects } : {}),
      ...(c % 11 === 3 ? { error: "list: the server failed (status 500)" } : {}),
      permissions: Array.from({ length: projects }, (_, p) => p)
        .filter((p) => (c * 7 + p * 13 + c * p) % 5 < 2)
        .map((p) => [p, day((c * p) % 700), `cp_${c}_${p}`] as const)
    }))
  )
