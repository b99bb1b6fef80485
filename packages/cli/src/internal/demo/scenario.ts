/** What the demo does, and what has to come of it. */
import { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as FakePermissions from "@checkpoint-permissions/testing/FakePermissions"
import * as Faults from "@checkpoint-permissions/testing/Faults"

export interface Part {
  readonly name: string
  readonly checkpoint: CheckpointId
  readonly projects: ReadonlyArray<ProjectId>
  /** The projects that lose their access again. */
  readonly revoked: ReadonlySet<ProjectId>
}

/** Projects a create takes, and permissions a page holds. */
export const perCreate = 100
export const perPage = 50

const projectsOf = (from: number, count: number): ReadonlyArray<ProjectId> =>
  Array.from({ length: count }, (_, i) => ProjectId.make(`proj_${String(from + i).padStart(4, "0")}`))

const part = (name: string, id: string, from: number, count: number): Part => {
  const projects = projectsOf(from, count)
  return {
    name,
    checkpoint: CheckpointId.make(`ft:gpt-4o-mini-2024-07-18:acme:${name}:${id}`),
    projects,
    revoked: new Set(projects.filter((_, i) => i % 10 === 9))
  }
}

/** Some projects have access to several checkpoints. */
export const parts: ReadonlyArray<Part> = [
  part("weather", "B7R9VjQd", 1, 180),
  part("legal", "C1uTq0Xz", 61, 120),
  part("support", "D4mWk8Pe", 121, 90),
  part("search", "E9sLa2Rf", 1, 60)
]

export const count = (of: (part: Part) => number): number => parts.reduce((sum, one) => sum + of(one), 0)

const creates = count(({ projects }) => Math.ceil(projects.length / perCreate))

/** A server that takes a moment, and twice does not do what it should. */
export const fake = FakePermissions.layer({
  behavior: { latency: "25 millis" },
  faults: Faults.scripted([
    { fault: Faults.rateLimited({ "retry-after": "2" }), operation: "create", nth: creates },
    { fault: Faults.html(502), operation: "list", nth: 6 }
  ])
})

/** The statuses that the demo has to get past. */
export const trouble: ReadonlyArray<number> = [429, 502]

/** What the server holds in the end. */
export const wanted: Readonly<Record<string, ReadonlyArray<string>>> = Object.fromEntries(
  parts.map(({ checkpoint, projects, revoked }) => [checkpoint, projects.filter((project) => !revoked.has(project))])
)
