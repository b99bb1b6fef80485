import type { Failure } from "../../failure.ts"

/**
 * Which of the projects the server refuses because it owns the model. That project always has access and can be neither
 * granted nor revoked. Where the server does not name one of them, it is the only one that was asked for, or unknown.
 */
export const owningProject = <Project extends string>(
  failure: Pick<Failure, "kind" | "detail">,
  projects: ReadonlyArray<Project>
): Project | undefined => {
  if (failure.kind !== "BadRequestError" || failure.detail === undefined) return undefined
  const about = /owning project\b:?(.*)/is.exec(failure.detail)?.[1]
  if (about === undefined) return undefined
  const named = about.trim().replace(/^['"`]+|[.'"`]+$/g, "")
  return projects.find((project) => project === named) ?? (projects.length === 1 ? projects[0] : undefined)
}
