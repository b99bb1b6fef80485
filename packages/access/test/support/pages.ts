/** Audits for the page. */
import type { AccessMatrix } from "@checkpoint-permissions/access"
import { day, held, matrix, project } from "./audit.ts"

const given = matrix(
  [
    { checkpoint: "ft:weather-2", access: held("proj_a 0", "proj_b 40", "proj_b 41"), owner: "proj_own" },
    { checkpoint: "ft:legal", access: held("proj_a 3"), unknown: "the server failed", minutes: 1 },
    { checkpoint: "ft:weather-10", access: held("pr\u043ej_a 90"), minutes: 2 },
    { checkpoint: "ft:old", owner: "proj_own", minutes: 3 }
  ],
  { names: { proj_a: "Search quality", proj_own: "Platform" } }
)

/** An audit with the actor of each grant, and a retirement day. */
export const small: AccessMatrix.AccessMatrix = {
  ...given,
  rows: given.rows.map((row) => ({
    ...row,
    retires: "2027-01-31",
    permissions: row.permissions.map((permission) => ({
      ...permission,
      by: permission.project_id === "proj_b" ? "not in the log" : { user: "ana@example.com", key: "key_ci" }
    }))
  }))
}

const review = (
  dueSince: string,
  ...projects: NonNullable<AccessMatrix.Row["review"]>["projects"]
): NonNullable<AccessMatrix.Row["review"]> => ({
  isDue: dueSince < "2026-08",
  dueSince,
  lastReview: "2024-07-03",
  projects
})

/** A review: neighbors with the same owner, and notes on projects with and without access. */
export const reviewed: AccessMatrix.AccessMatrix = {
  ...small,
  review: { day: "2026-08-01", dueBy: "2026-08-01", entries: 7 },
  rows: [0, 3, 1, 2].flatMap((n) => {
    const row = small.rows[n]
    const pilot = { project: project("proj_b"), until: "2027-01-31", reason: "pilot", marks: [] }
    const marked = {
      project: project("proj_a"),
      marks: ["not in the policy", "granted since the last review"] as const
    }
    if (row === undefined) return []
    return n === 0
      ? [{ ...row, review: review("2024-10-01", pilot, marked) }]
      : [{ ...row, review: review("2027-01-01", ...(n === 2 ? [{ ...pilot, marks: ["ended"] as const }] : [])) }]
  })
}

/** So many checkpoints and projects, two of five cells with access, a checkpoint in eleven incomplete. */
export const large = (checkpoints: number, projects: number): AccessMatrix.AccessMatrix => {
  const ids = Array.from({ length: projects }, (_, at) => `proj_iqGMw1llN8IrBb6SvvY5A${at}`)
  return matrix(
    Array.from({ length: checkpoints }, (_, n) => ({
      checkpoint: `ft:gpt-4o-mini-2024-07-18:acme:weather-${n}:B7R9V${n}`,
      access: ids.filter((_, at) => (n + at) % 5 < 2).map((id, at) => [id, day(at), `cp_${n}_${at}`] as const),
      ...(n % 11 === 3 ? { unknown: "the server failed" } : {})
    }))
  )
}
